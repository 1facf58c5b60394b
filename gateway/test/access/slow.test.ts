import { SlowProof } from '@crosscomm/testing/slow-proof';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdmittedSession } from '../../src/access/principal.ts';
import { MAX_HELD_LENGTH } from '../../src/protocols/held-input.ts';
import { type Newcomer, ONLINE, type WireHouse, type WireKind } from './wires.ts';

let wire: WireHouse | undefined;
afterEach(async () => {
  await wire?.close();
  wire = undefined;
});

interface Pending extends WireHouse {
  proof: SlowProof;
  newcomer: Newcomer;
  /** The numbers that came to `news`. */
  heard(): number[];
}

/** A client that has asked to be let in, whose proof takes its time, and somebody who listens to `news`. */
async function begin(kind: WireKind): Promise<Pending> {
  const proof = new SlowProof();
  wire = await kind.open({ prove: proof.prove });
  const { house } = wire;
  const listener = new MemorySession('listener', 'another');
  house.hub.join(listener);
  house.hub.subscribe(listener, 'news');
  const newcomer = await wire.join('anna');
  await expect.poll(() => proof.claims.length).toBe(1);
  const heard = (): number[] => listener.received.map(({ text }) => (JSON.parse(text) as { n: number }).n);
  return { ...wire, house, proof, newcomer, heard };
}

describe.each(ONLINE)('a client of $name whose proof takes its time', (kind) => {
  it('is not online before', async () => {
    const { house, proof, newcomer, heard } = await begin(kind);
    newcomer.send(1);
    expect(house.hub.session('anna')).toBeUndefined();
    expect(heard()).toEqual([]);
    await proof.settle();
    await expect.poll(() => house.hub.session('anna')).toBeDefined();
  });

  it('has what it sends meanwhile sent in its order, once', async () => {
    const { house, proof, newcomer, heard } = await begin(kind);
    for (let n = 1; n <= 20; n++) newcomer.send(n);
    await proof.settle();
    for (let n = 21; n <= 30; n++) newcomer.send(n);
    const all = Array.from({ length: 30 }, (_, index) => index + 1);
    await expect.poll(heard).toEqual(all);
    expect(house.incidents.counts()).toEqual({});
  });

  it('takes its subscriptions and what follows them in their order', async () => {
    const { house, proof, newcomer } = await begin(kind);
    newcomer.subscribe('lights');
    newcomer.send(1);
    expect(house.hub.members('lights')).toEqual([]);
    await proof.settle();
    await expect.poll(() => house.hub.members('lights')).toEqual(['anna']);
  });

  it('leaves nothing behind where it goes before the answer', async () => {
    const { house, proof, newcomer, heard } = await begin(kind);
    newcomer.send(1);
    newcomer.leave();
    const timers = house.clock.timers;
    // A socket's end takes a moment to be heard of.
    if (kind.listener === 'mqtt') await expect.poll(() => proof.claims[0]?.isGone()).toBe(true);
    await proof.settle();
    expect(house.hub.session('anna')).toBeUndefined();
    expect(house.hub.client('anna')).toBeUndefined();
    expect(heard()).toEqual([]);
    expect(house.clock.timers).toBeLessThan(timers);
    expect(house.incidents.counts()).toEqual({});
  });

  it('is refused after all, and what it sent goes nowhere', async () => {
    const { house, proof, newcomer, heard } = await begin(kind);
    newcomer.send(1);
    await proof.settle({ reason: 'password', why: 'wrong password' });
    await expect.poll(() => newcomer.isRefused).toBe(true);
    expect(house.hub.client('anna')).toBeUndefined();
    expect(heard()).toEqual([]);
    expect(house.incidents.counts()).toMatchObject({ [`${kind.listener} PEER_NOT_ALLOWED`]: 1 });
  });

  it('loses its name to who comes first', async () => {
    const { house, proof, newcomer } = await begin(kind);
    const first = new MemorySession('anna', 'another');
    house.hub.join(first);
    await proof.settle();
    await expect.poll(() => newcomer.isRefused).toBe(true);
    expect(house.hub.session('anna')).toBe(first);
    expect(house.incidents.counts()).toMatchObject({ [`${kind.listener} PEER_NAME_TAKEN`]: 1 });
  });
});

describe('what a client sends while its proof takes its time is bounded', () => {
  const PAD = 'x'.repeat(1000);
  const COUNT = 200;

  it.each(ONLINE.filter(({ listener }) => listener !== 'mqtt'))('by $name: the last finds no room', async (kind) => {
    const { house, proof, newcomer, heard } = await begin(kind);
    for (let n = 1; n <= COUNT; n++) newcomer.send(n, PAD);
    const left = house.incidents.counts()[`${kind.listener} PEER_TOO_MANY`] ?? 0;
    await proof.settle();
    const kept = COUNT - left;
    expect(heard()).toEqual(Array.from({ length: kept }, (_, index) => index + 1));
    expect(kept * PAD.length).toBeLessThan(MAX_HELD_LENGTH);
    expect(kept * PAD.length).toBeGreaterThan(MAX_HELD_LENGTH / 2);
  });

  it('by MQTT: the connection waits, and nothing is lost', async () => {
    const kind = ONLINE.find(({ listener }) => listener === 'mqtt') as WireKind;
    const { proof, newcomer, heard } = await begin(kind);
    for (let n = 1; n <= COUNT; n++) newcomer.send(n, PAD);
    await proof.settle();
    await expect.poll(heard).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  });

  it('by CrossComm: one message has room whatever its length', async () => {
    const kind = ONLINE.find(({ listener }) => listener === 'crosscomm') as WireKind;
    const { proof, newcomer, heard } = await begin(kind);
    newcomer.send(1, 'x'.repeat(2 * MAX_HELD_LENGTH));
    await proof.settle();
    expect(heard()).toEqual([1]);
  });
});

describe('an admission that is taken back', () => {
  it.each(ONLINE)('ends a client of $name that is online', async (kind) => {
    wire = await kind.open();
    const { house } = wire;
    await wire.join('anna');
    await expect.poll(() => house.hub.session('anna')).toBeDefined();
    const session = house.hub.session('anna') as AdmittedSession;
    session.principal?.revoke();
    await expect.poll(() => session.principal).toBeUndefined();
  });

  it.each(ONLINE)('keeps a client of $name out that is on its way in', async (kind) => {
    const { house, proof, newcomer } = await begin(kind);
    const { enter } = house.access;
    house.access.enter = (principal, ...rest) => {
      principal.revoke();
      return enter.call(house.access, principal, ...rest);
    };
    await proof.settle();
    await expect.poll(() => newcomer.isRefused).toBe(true);
    expect(house.hub.client('anna')).toBeUndefined();
  });
});
