import type { ClientCounts } from '../common/client-counts.ts';
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

/** By protocol: all sessions of one have the same. */
const known = new WeakMap<Metrics, Map<string, Traffic>>();

/** What counts the messages of a protocol. Ask once for each session, or seldomer. */
export function trafficOf(metrics: Metrics, protocol: string): Traffic {
  let traffics = known.get(metrics);
  if (traffics === undefined) {
    traffics = new Map();
    known.set(metrics, traffics);
  }
  let traffic = traffics.get(protocol);
  if (traffic === undefined) {
    traffic = { received: metrics.counters(RECEIVED).of({ protocol }), sent: metrics.counters(SENT).of({ protocol }) };
    traffics.set(protocol, traffic);
  }
  return traffic;
}

/** How many messages all clients sent and were sent, whatever their protocol. */
export function totalTraffic(metrics: Metrics): { received: number; sent: number } {
  let [received, sent] = [0, 0];
  for (const [, { value }] of metrics.counters(RECEIVED)) received += value;
  for (const [, { value }] of metrics.counters(SENT)) sent += value;
  return { received, sent };
}

/** Counts the messages of one client, and with it those of its protocol: two additions for each. */
export class ClientTraffic implements ClientCounts {
  received = 0;
  sent = 0;
  lost = 0;
  readonly #all: Traffic;

  constructor(metrics: Metrics, protocol: string) {
    this.#all = trafficOf(metrics, protocol);
  }

  /** It sent a message that was taken. */
  countReceived(): void {
    this.received++;
    this.#all.received.value++;
  }

  /** A message was queued for it. */
  countSent(): void {
    this.sent++;
    this.#all.sent.value++;
  }
}
