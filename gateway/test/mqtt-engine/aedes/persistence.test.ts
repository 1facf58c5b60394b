import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import AsyncLevelPersistence, { type StoredPacket } from 'aedes-persistence-level/asyncPersistence.js';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  INCOMING,
  idIn,
  keyOf,
  OUTGOING,
  OUTGOING_IDS,
  rangeOf,
  SUBSCRIPTIONS,
} from '../../../src/mqtt-engine/store/session-keys.ts';

const ID = 'lamp:1/ü';
const on: StoredPacket = { cmd: 'publish', topic: 'x:y', payload: Buffer.from('on'), qos: 1, retain: false };
const numbered = (brokerId: string, brokerCounter: number): StoredPacket => ({ ...on, brokerId, brokerCounter });

let db: Level<string, Buffer>;
let persistence: AsyncLevelPersistence;
beforeEach(async () => {
  db = new Level<string, Buffer>(await temporaryFolder(), { valueEncoding: 'buffer' });
  await db.open();
  persistence = new AsyncLevelPersistence(db);
  await persistence.setup({ id: 'broker' });
});
afterEach(() => db.close());

const keys = (prefix: string): Promise<string[]> => db.keys(rangeOf(prefix)).all();

describe('aedes’ persistence', () => {
  it('has a subscription under subscriptions:<id>:<filter>; else sessions on disk are not found at start, nor taken away', async () => {
    await persistence.addSubscriptions({ id: ID }, [{ topic: 'a/b:c', qos: 1, nl: true }]);
    const [key = ''] = await keys(SUBSCRIPTIONS);
    expect(key).toBe(`${keyOf(SUBSCRIPTIONS, ID)}:a/b:c`);
    expect(idIn(key, SUBSCRIPTIONS)).toBe(ID);
    // Else a bridge’s “no local” is forgotten by a restart.
    expect(await persistence.subscriptionsByClient({ id: ID })).toEqual([{ topic: 'a/b:c', qos: 1, nl: true }]);
    await persistence.removeSubscriptions({ id: ID }, ['a/b:c']);
    expect(await keys(SUBSCRIPTIONS)).toEqual([]);
  });

  it('has a queued message under outgoing:<id>:<run>:<number>, in their order; else queues are not counted, or come back in another order', async () => {
    for (const [run, number] of [
      ['run-0000000002', 1],
      ['run-0000000001', 11],
      ['run-0000000001', 2],
    ] as const) {
      await persistence.outgoingEnqueue({ clientId: ID }, numbered(run, number));
    }
    expect((await keys(OUTGOING)).every((key) => idIn(key, OUTGOING) === ID)).toBe(true);
    const order: string[] = [];
    for await (const { brokerId, brokerCounter } of persistence.outgoingStream({ id: ID })) {
      order.push(`${brokerId} ${brokerCounter}`);
    }
    expect(order).toEqual(['run-0000000001 2', 'run-0000000001 11', 'run-0000000002 1']);
  });

  it('notes a packet id under outgoing-id:<id>:<number>, and takes both away; else firstFreeId reads none, and queues grow for ever', async () => {
    await persistence.outgoingEnqueue({ clientId: ID }, numbered('run', 1));
    await persistence.outgoingUpdate({ id: ID }, { ...numbered('run', 1), messageId: 12 });
    const [key = ''] = await keys(OUTGOING_IDS);
    expect(Number(key.slice(`${keyOf(OUTGOING_IDS, ID)}:`.length))).toBe(12);
    expect(await persistence.outgoingClearMessageId({ id: ID }, { ...on, messageId: 12 })).toMatchObject({
      topic: 'x:y',
    });
    expect([...(await keys(OUTGOING)), ...(await keys(OUTGOING_IDS))]).toEqual([]);
    expect(await persistence.outgoingClearMessageId({ id: ID }, { ...on, messageId: 12 })).toBeUndefined();
  });

  it('says “no such packet” of one in no queue; else QueuePersistence.outgoingUpdate ends connections for it', async () => {
    await expect(persistence.outgoingUpdate({ id: ID }, { ...numbered('run', 1), messageId: 1 })).rejects.toThrow(
      /^no such packet$/,
    );
  });

  it('has a received message under incoming:<id>:<number>; else who has unreleased ones is not known at start', async () => {
    await persistence.incomingStorePacket({ id: ID }, { ...on, messageId: 5 });
    const [key = ''] = await keys(INCOMING);
    expect(idIn(key, INCOMING)).toBe(ID);
    expect(await persistence.incomingGetPacket({ id: ID }, { ...on, messageId: 5 })).toMatchObject({ messageId: 5 });
    await persistence.incomingDelPacket({ id: ID }, { ...on, messageId: 5 });
    await expect(persistence.incomingGetPacket({ id: ID }, { ...on, messageId: 5 })).rejects.toThrow('no such packet');
    await persistence.incomingStorePacket({ id: ID }, { ...on, messageId: 6 });
    await persistence.cleanIncoming({ id: ID });
    expect(await keys(INCOMING)).toEqual([]);
  });

  it('has a retained message by its topic, whole, and deletes it where the payload is empty; else restarts lose or raise them', async () => {
    await persistence.storeRetained({ ...on, clientId: 'a', address: '::1', retain: true });
    const all: StoredPacket[] = [];
    for await (const packet of persistence.createRetainedStream('#')) all.push(packet);
    expect(all).toMatchObject([{ topic: 'x:y', qos: 1, clientId: 'a', address: '::1' }]);
    expect(all[0]?.payload).toEqual(Buffer.from('on'));
    await persistence.storeRetained({ ...on, payload: Buffer.alloc(0), retain: true });
    expect(await keys('retained:')).toEqual([]);
  });

  it('lists the wills of all clients, each with its client’s id; else AedesEngine.start publishes none after a power cut', async () => {
    const client = { id: ID };
    const store = persistence as AsyncLevelPersistence & {
      putWill(client: object, packet: StoredPacket): Promise<void>;
    };
    await store.putWill(client, { ...on });
    const wills: StoredPacket[] = [];
    for await (const will of persistence.streamWill({})) wills.push(will);
    expect(wills).toMatchObject([{ clientId: ID, topic: 'x:y' }]);
    await persistence.delWill(client);
    expect(await keys('will:')).toEqual([]);
  });

  it('asks its database for no more than OrderedDb has; else an update of it reads or writes what is not there', async () => {
    const asked = new Set<string>();
    const seen = new Proxy(db, {
      get(target, name) {
        asked.add(String(name));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const watched = new AsyncLevelPersistence(seen);
    await watched.setup({ id: 'broker' });
    await watched.addSubscriptions({ id: ID }, [{ topic: 'a', qos: 1 }]);
    await watched.outgoingEnqueue({ clientId: ID }, numbered('run', 1));
    await watched.outgoingUpdate({ id: ID }, { ...numbered('run', 1), messageId: 1 });
    await watched.outgoingClearMessageId({ id: ID }, { ...on, messageId: 1 });
    await watched.incomingStorePacket({ id: ID }, { ...on, messageId: 1 });
    await watched.incomingDelPacket({ id: ID }, { ...on, messageId: 1 });
    await watched.cleanIncoming({ id: ID });
    await watched.storeRetained({ ...on, retain: true });
    await watched.delWill({ id: ID });
    expect([...asked].sort()).toEqual(['batch', 'clear', 'del', 'get', 'put', 'values']);
  });
});
