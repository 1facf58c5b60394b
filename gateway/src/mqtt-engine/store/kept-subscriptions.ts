import type { QoS } from '../codec/packets.ts';
import type { Disk } from './disk.ts';
import { sealedRecord } from './records.ts';
import { idIn, keyOf, SUBSCRIPTIONS } from './session-keys.ts';
import type { SubscriptionInit } from './subscription.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

const SUBSCRIPTION = 1;
const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;

/** Subscriptions, in the index, and those of sessions on disk also there. */
export class KeptSubscriptions {
  readonly #disk: Disk;
  readonly #index: SubscriptionIndex;

  constructor(disk: Disk, index: SubscriptionIndex) {
    this.#disk = disk;
    this.#index = index;
  }

  /** Has a client subscribe. */
  set(subscription: SubscriptionInit): void {
    const { id, filter, qos, durable, noLocal = false, retainAsPublished = false, identifier = 0 } = subscription;
    if (!durable) {
      this.#index.set(subscription);
      return;
    }
    const before = this.#index.of(id).get(filter);
    this.#index.set(subscription);
    // What is as it was is on disk already.
    if (this.#index.of(id).get(filter) === before) return;
    const record = sealedRecord(6, (bytes) => {
      bytes[0] = SUBSCRIPTION;
      bytes[1] = qos | (noLocal ? NO_LOCAL : 0) | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0);
      bytes.writeUInt32BE(identifier, 2);
    });
    this.#disk.put(subscriptionKey(id, filter), record);
  }

  /** Has it subscribe no more. */
  delete(id: string, filter: string): void {
    const isStored = this.#index.of(id).get(filter)?.durable;
    this.#index.delete(id, filter);
    if (isStored) this.#disk.del(subscriptionKey(id, filter));
  }

  /** Takes everything away that a client subscribes to. */
  deleteAll(id: string): void {
    for (const filter of [...this.#index.of(id).filters()]) this.delete(id, filter);
  }

  /** Takes in what an earlier run left; false where it is nothing of today's. */
  restore(key: string, record: Buffer): boolean {
    if (record[0] !== SUBSCRIPTION) return false;
    const id = idIn(key, SUBSCRIPTIONS);
    const flags = record[1] as number;
    this.#index.set({
      id,
      filter: key.slice(key.indexOf(':', SUBSCRIPTIONS.length) + 1),
      qos: (flags & 3) as QoS,
      durable: true,
      noLocal: (flags & NO_LOCAL) !== 0,
      retainAsPublished: (flags & RETAIN_AS_PUBLISHED) !== 0,
      identifier: record.readUInt32BE(2),
    });
    return true;
  }
}

function subscriptionKey(id: string, filter: string): string {
  return `${keyOf(SUBSCRIPTIONS, id)}:${filter}`;
}
