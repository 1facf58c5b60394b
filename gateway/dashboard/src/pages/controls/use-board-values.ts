import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, part } from '../../api/client.ts';
import { useFeed } from '../../api/feed.ts';
import type { BoardItem, ChannelHistory as Earlier, MessageView, SentMessage } from '../../api/types.ts';
import { gatewayNow } from '../../common/gateway-clock.ts';
import { detailsOf } from '../channels/channel-details.ts';
import { historyOf } from '../channels/channel-history.ts';
import { BoardValues } from './board-values.ts';

/** How many messages of before are asked for. */
const MAX_RECENT = 300;

export interface LiveValues {
  values: BoardValues;
  /** Takes what this page has sent, before the gateway tells of it. */
  note: (message: MessageView) => void;
}

/** The last values that these controls are bound to, kept up to date while the component is shown. */
export function useBoardValues(items: readonly BoardItem[]): LiveValues {
  const values = useRef(new BoardValues());
  const [, redraw] = useState(0);
  const names = namesOf(items);
  const charts = namesOf(items.filter(({ kind }) => kind === 'chart'));
  const key = JSON.stringify([names, charts]);
  const take = (messages: readonly MessageView[], isOfBefore = false): void => {
    for (const message of messages) {
      if (isOfBefore) values.current.remember(message);
      else values.current.take(message);
      if (charts.includes(message.to)) historyOf(message.to).add(message, gatewayNow());
    }
    if (messages.length > 0) redraw((count) => count + 1);
  };
  const load = async (): Promise<void> => {
    if (names.length === 0) return;
    try {
      for (const name of charts) {
        historyOf(name).begin(await get<Earlier>(`/api/v1/channels/${part(name)}/history`));
      }
      const query = { channel: names, limit: MAX_RECENT };
      const { messages } = await get<{ messages: SentMessage[] }>('/api/v1/messages', query);
      take(messages, true);
      // What is retained may have been said long ago.
      for (const name of names) {
        if (values.current.last(name) !== undefined) continue;
        const retained = (await detailsOf(name))?.retained;
        if (retained) take([retained], true);
      }
    } catch (error) {
      // What is said from now on is shown all the same.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  useFeed(
    names.length === 0
      ? {}
      : { missed: () => void load(), channels: (news) => take(news.values.map(({ last }) => last)) },
    names.length === 0 ? undefined : { channel: names },
  );
  useEffect(() => void load(), [key]);
  return { values: values.current, note: (message) => take([message]) };
}

/** The channels that controls are bound to, each once. */
function namesOf(items: readonly BoardItem[]): string[] {
  return [...new Set(items.flatMap(({ channel }) => channel ?? []))].sort();
}
