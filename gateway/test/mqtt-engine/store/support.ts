import { FakeClock } from '@crosscomm/testing/fake-clock';
import { onTestFinished } from 'vitest';
import { silentLog } from '../../../src/common/log.ts';
import { SharedBudget } from '../../../src/common/shared-budget.ts';
import { EngineMessage, type EngineMessageInit } from '../../../src/mqtt-engine/message.ts';
import type { Handing, QueuedMessage, SessionQueue } from '../../../src/mqtt-engine/store/contract.ts';
import { MqttStore, type StoreLimits } from '../../../src/mqtt-engine/store/store.ts';
import { SubscriptionIndex } from '../../../src/mqtt-engine/store/subscription-index.ts';
import { MemoryDb } from './memory-db.ts';

export interface TestStore {
  store: MqttStore;
  index: SubscriptionIndex;
  db: MemoryDb;
  clock: FakeClock;
  /** What was told: of full queues, of the disk, and in the log. */
  told: string[];
  /** Another one on the same disk, as after a kill: what is staged is lost. */
  again(limits?: Partial<StoreLimits>): Promise<TestStore>;
}

export async function openStore(
  limits: Partial<StoreLimits> = {},
  { db = new MemoryDb(), clock = new FakeClock() } = {},
): Promise<TestStore> {
  const told: string[] = [];
  const index = new SubscriptionIndex(() => false);
  const store = new MqttStore({
    ...{ db, clock, index, askHeld: () => undefined },
    log: { ...silentLog, info: (_context: object, text: string) => told.push(text) },
    limits: {
      maxQueued: 1000,
      maxQueuedBytes: 1e6,
      maxSessions: 100,
      maxExpiryMs: Number.POSITIVE_INFINITY,
      ...limits,
    },
    events: {
      queueFull: (id, topic) => told.push(`full: ${id} ${topic}`),
      retainedFull: (id, topic) => told.push(`retained full: ${id} ${topic}`),
      damaged: (message) => told.push(message),
    },
    retainedBudget: new SharedBudget({ maxCount: 10_000, maxBytes: 1e8 }),
  });
  await store.open();
  onTestFinished(() => store.close());
  return { store, index, db, clock, told, again: (others = limits) => openStore(others, { db, clock }) };
}

export function text(body: string, init: Partial<EngineMessageInit> = {}): EngineMessage {
  return new EngineMessage({
    topic: 't',
    payload: Buffer.from(body),
    qos: 1,
    retain: false,
    clientId: 'sender',
    ...init,
  });
}

export const PLAIN: Handing = { qos: 1, retain: false, identifiers: undefined };

/** Everything in a queue, as its client would be sent it. */
export async function readAll(queue: SessionQueue, most = 7): Promise<QueuedMessage[]> {
  const all: QueuedMessage[] = [];
  for (let seq = queue.firstSeq; ; ) {
    const read = await queue.read(seq, most);
    const last = read.at(-1);
    if (last === undefined) return all;
    all.push(...read);
    seq = last.seq + 1;
  }
}

/** The texts of what is in a queue; of what was released, its number. */
export async function texts(queue: SessionQueue): Promise<string[]> {
  return (await readAll(queue)).map(({ message, seq }) => message?.payload.toString() ?? `#${seq}`);
}
