import type { Counter, FamilySpec, Metrics } from '../common/metrics.ts';

/** What goes in and out by one protocol. */
export interface Traffic {
  /** Messages that its clients sent and that were taken. */
  readonly received: Counter;
  /** Messages that were queued for its clients: one for each that gets it. */
  readonly sent: Counter;
}

const RECEIVED: FamilySpec<'protocol'> = {
  name: 'crosscomm_received_messages_total',
  help: 'Messages that clients sent and that were taken, by protocol.',
  labels: ['protocol'],
};
const SENT: FamilySpec<'protocol'> = {
  name: 'crosscomm_sent_messages_total',
  help: 'Messages that were queued for clients, one for each recipient, by protocol.',
  labels: ['protocol'],
};

/** What counts the messages of a protocol. Ask once for each session, or seldomer. */
export function trafficOf(metrics: Metrics, protocol: string): Traffic {
  return { received: metrics.counters(RECEIVED).of({ protocol }), sent: metrics.counters(SENT).of({ protocol }) };
}
