import { get, part } from '../../api/client.ts';
import type { ChannelDetails } from '../../api/types.ts';

/** What is known of a channel; undefined for one of which nobody knows. */
export async function detailsOf(name: string): Promise<ChannelDetails | undefined> {
  const { channels } = await get<{ channels: object[] }>('/api/v1/channels', { name });
  return channels.length > 0 ? await get<ChannelDetails>(`/api/v1/channels/${part(name)}`) : undefined;
}
