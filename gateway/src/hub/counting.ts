import type { Counter, FamilySpec, Metrics } from '../common/metrics.ts';
import type { HubCounters } from './contract.ts';
import type { Refusal } from './receipt.ts';

const MESSAGES: FamilySpec = {
  name: 'crosscomm_messages_total',
  help: 'Messages that were sent in the conversation, whoever got them; those between MQTT clients alone are not among them.',
};
const DELIVERIES: FamilySpec = {
  name: 'crosscomm_deliveries_total',
  help: 'Recipients of these messages that have it in their queue.',
};
const REFUSALS: FamilySpec<'reason'> = {
  name: 'crosscomm_refused_messages_total',
  help: 'Recipients that did not get a message, and messages that nobody got, by the first reason.',
  labels: ['reason'],
};

/** Running totals of what is sent. */
export class Counting {
  readonly messages: Counter;
  readonly deliveries: Counter;
  readonly refusals: Readonly<Record<Refusal, Counter>>;

  constructor(metrics: Metrics) {
    const refusals = metrics.counters(REFUSALS);
    const of = (reason: Refusal): Counter => refusals.of({ reason });
    this.messages = metrics.counter(MESSAGES);
    this.deliveries = metrics.counter(DELIVERIES);
    this.refusals = {
      no_recipient: of('no_recipient'),
      not_allowed: of('not_allowed'),
      too_large: of('too_large'),
      queue_full: of('queue_full'),
      closed: of('closed'),
      store_full: of('store_full'),
      bad_name: of('bad_name'),
      timeout: of('timeout'),
    };
  }

  totals(): HubCounters {
    const refusals = Object.entries(this.refusals).map(([reason, { value }]) => [reason, value]);
    return {
      messages: this.messages.value,
      deliveries: this.deliveries.value,
      refusals: Object.fromEntries(refusals) as HubCounters['refusals'],
    };
  }
}
