import { secretPassword } from '@crosscomm/testing/secrets';
import { SlowProof } from '@crosscomm/testing/slow-proof';
import { type HouseOptions, MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMISSION_MS } from '../../src/access/admission.ts';
import { ALL, NAMED, type Newcomer, ONLINE, OOCSI_WEB, WITH_PASSWORD, type WireHouse, type WireKind } from './wires.ts';

let wire: WireHouse | undefined;
afterEach(async () => {
  await wire?.close();
  wire = undefined;
});

async function open(kind: WireKind, options?: HouseOptions): Promise<WireHouse> {
  wire = await kind.open(options);
  return wire;
}

/** Waits until a newcomer is refused, and says what the log has of it. */
async function refusal({ house }: WireHouse, newcomer: Newcomer): Promise<Record<string, number>> {
  await expect.poll(() => newcomer.isRefused).toBe(true);
  return house.incidents.counts();
}

describe('the same refusal has the same code on every wire:', () => {
  // A page whose first words are no handle is given one.
  describe.each(NAMED.filter((kind) => kind !== OOCSI_WEB))('$name', (kind) => {
    it.each([
      ['a name with a control character', 'new\u0007line'],
      ['a name that is too long', 'x'.repeat(257)],
    ])('%s', async (_, id) => {
      const opened = await open(kind);
      expect(await refusal(opened, await opened.join(id))).toEqual({ [`${kind.listener} PEER_BAD_NAME`]: 1 });
    });
  });

  describe.each(NAMED)('$name', (kind) => {
    it.each([
      ['a name of the gateway', 'server', 'PEER_BAD_NAME'],
      ['a channel of the gateway', 'OOCSI_events', 'PEER_BAD_NAME'],
      ['the name of a client on another wire', 'python', 'PEER_NAME_TAKEN'],
      ['a private name without its password', 'anna', 'PEER_NOT_ALLOWED'],
    ])('%s', async (_, id, code) => {
      const opened = await open(kind, { users: new Map([['anna', secretPassword()]]) });
      opened.house.hub.join(new MemorySession('python', 'another'));
      expect(await refusal(opened, await opened.join(id))).toEqual({ [`${kind.listener} ${code}`]: 1 });
    });

    it('who is not allowed to join', async () => {
      const opened = await open(kind, { prove: () => ({ reason: 'not_allowed', why: 'it may not join here' }) });
      expect(await refusal(opened, await opened.join('anna'))).toEqual({ [`${kind.listener} PEER_NOT_ALLOWED`]: 1 });
    });
  });

  it.each(WITH_PASSWORD)('$name: a wrong password', async (kind) => {
    const opened = await open(kind, { users: new Map([['anna', secretPassword()]]) });
    expect(await refusal(opened, await opened.join('anna', 'wrong'))).toEqual({
      [`${kind.listener} PEER_NOT_ALLOWED`]: 1,
    });
    expect(opened.house.hub.session('anna')).toBeUndefined();
  });

  describe.each(ALL)('$name', (kind) => {
    it('as many on disk, or at once, as there may be', async () => {
      const opened = await open(kind, { prove: () => ({ reason: 'too_many', why: 'there are enough' }) });
      expect(await refusal(opened, await opened.join('anna'))).toEqual({ [`${kind.listener} PEER_TOO_MANY`]: 1 });
    });

    it('a proof that takes too long', async () => {
      const proof = new SlowProof();
      const opened = await open(kind, { prove: proof.prove });
      const newcomer = await opened.join('anna');
      await expect.poll(() => proof.claims.length).toBe(1);
      expect(newcomer.isRefused).toBe(false);
      opened.house.clock.advance(ADMISSION_MS);
      expect(await refusal(opened, newcomer)).toEqual({ [`${kind.listener} PEER_TOO_MANY`]: 1 });
    });

    it('a proof that fails', async () => {
      const proof = new SlowProof();
      const opened = await open(kind, { prove: proof.prove });
      const newcomer = await opened.join('anna');
      await expect.poll(() => proof.claims.length).toBe(1);
      await proof.fail();
      // HTTP has a line of the log for its own faults.
      expect(await refusal(opened, newcomer)).toEqual(
        kind.listener === 'http' ? {} : { [`${kind.listener} INTERNAL`]: 1 },
      );
    });
  });
});

describe('the same refusal of a subscription has the same code on every wire:', () => {
  const PRIVATE = ONLINE.filter(({ listener }) => listener !== 'mqtt');

  it.each(ONLINE)('$name: a channel that it may not subscribe to', async (kind) => {
    const opened = await open(kind);
    const { house } = opened;
    house.access.maySubscribe = (_, channel) => channel !== 'hidden';
    const newcomer = await opened.join('anna');
    await expect.poll(() => house.hub.session('anna')).toBeDefined();
    newcomer.subscribe('hidden');
    await expect.poll(() => house.incidents.counts()).toEqual({ [`${kind.listener} PEER_NOT_ALLOWED`]: 1 });
    expect(house.hub.members('hidden')).toEqual([]);
  });

  it.each(PRIVATE)('$name: a channel with another password, and a name that no channel can have', async (kind) => {
    const opened = await open(kind);
    const { house } = opened;
    const owner = new MemorySession('owner');
    house.hub.join(owner);
    house.hub.subscribe(owner, 'locked:secret');
    const newcomer = await opened.join('anna');
    newcomer.subscribe('locked:other');
    newcomer.subscribe('open[');
    expect(house.incidents.counts()).toEqual({
      [`${kind.listener} PEER_NOT_ALLOWED`]: 1,
      [`${kind.listener} PEER_BAD_NAME`]: 1,
    });
  });

  it.each(PRIVATE)('$name: more channels than a client may have', async (kind) => {
    // A CrossComm client has `all` from the start.
    const opened = await open(kind, { maxSubscriptions: 2 });
    const newcomer = await opened.join('anna');
    for (const channel of ['a', 'b', 'c']) newcomer.subscribe(channel);
    const code = `${kind.listener} PEER_TOO_MANY`;
    expect(opened.house.incidents.counts()).toEqual({ [code]: kind.listener === 'crosscomm' ? 2 : 1 });
  });
});
