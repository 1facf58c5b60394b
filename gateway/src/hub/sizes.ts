import type { FamilySpec, Labels, Metrics } from '../common/metrics.ts';
import type { SharedBudget } from '../common/shared-budget.ts';
import type { ChannelTable } from './channels.ts';
import type { ClientTable } from './clients.ts';

const ONLINE: FamilySpec<'protocol'> = {
  name: 'crosscomm_online_clients',
  help: 'Clients that are online now, by protocol.',
  labels: ['protocol'],
};

/** Makes known how much there is of what the hub keeps: clients, channels and retained messages. */
export function showSizes(
  metrics: Metrics,
  { clients, channels, retained }: { clients: ClientTable; channels: ChannelTable; retained: SharedBudget },
): void {
  metrics.gauge(ONLINE, () => onlineByProtocol(clients));
  const known = 'Clients that are known, online or offline.';
  metrics.gauge({ name: 'crosscomm_known_clients', help: known }, () => clients.size);
  const subscribed = 'Channels with subscribers beside those of MQTT.';
  metrics.gauge({ name: 'crosscomm_channels', help: subscribed }, () => channels.size);
  const messages = 'Messages that are retained, those of MQTT clients included.';
  metrics.gauge({ name: 'crosscomm_retained_messages', help: messages }, () => retained.count);
  const bytes = 'Memory that retained messages take.';
  metrics.gauge({ name: 'crosscomm_retained_bytes', help: bytes, unit: 'bytes' }, () => retained.bytes);
}

function onlineByProtocol(clients: ClientTable): (readonly [Labels<'protocol'>, number])[] {
  const counts = new Map<string, number>();
  for (const { protocol } of clients.sessions()) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  return Array.from(counts, ([protocol, count]) => [{ protocol }, count] as const);
}
