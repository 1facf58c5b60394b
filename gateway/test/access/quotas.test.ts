import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountOf } from '@crosscomm/testing/accounts';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/access/account.ts';
import type { AdmittedSession, Principal } from '../../src/access/principal.ts';
import { QUOTA_REFUSALS, Quotas } from '../../src/access/quotas.ts';
import type { Quota } from '../../src/access/roles.ts';
import { keepUsed, readUsed } from '../../src/storage/quotas-file.ts';
import { ONLINE, type WireHouse } from './wires.ts';

const HOUR_MS = 3_600_000;

let wire: WireHouse | undefined;
afterEach(async () => {
  await wire?.close();
  wire = undefined;
});

describe.each(ONLINE.filter(({ listener }) => listener !== 'serial'))('a quota of clients of $name', (kind) => {
  it('stops those that send too often, and nobody else', async () => {
    wire = await kind.open({ quotas: { anonymous: { messagesPerSecond: 5 } } });
    const { house } = wire;
    const listener = new MemorySession('listener', 'another');
    house.hub.join(listener);
    house.hub.subscribe(listener, 'news');
    const flooder = await wire.join('flooder');
    await expect.poll(() => house.hub.session('flooder')).toBeDefined();
    for (let n = 1; n <= 50; n++) flooder.send(n);
    await expect.poll(() => listener.received.length).toBe(5);
    if (kind.listener === 'mqtt') {
      // An MQTT client waits, as its connection is read more slowly.
      const begunMs = house.clock.monotonicMs();
      const later = (): number => {
        house.clock.advance(500);
        return listener.received.length;
      };
      await expect.poll(later, { interval: 20 }).toBe(50);
      expect(house.clock.monotonicMs() - begunMs).toBeGreaterThanOrEqual(9000);
      const numbers = listener.received.map(({ text }) => (JSON.parse(text) as { n: number }).n);
      expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      return;
    }
    expect(house.incidents.counts()).toMatchObject({ [`${kind.listener} PEER_TOO_MANY`]: 45 });
    house.clock.advance(1000);
    for (let n = 1; n <= 50; n++) flooder.send(n);
    expect(listener.received).toHaveLength(10);
  });
});

/** An account with a token, and what it joins as. */
function account(name: string, roles: string[]): Account {
  return accountOf(name, { token: tokenOf(name), roles });
}

const tokenOf = (name: string): string => name.padEnd(32, 'x');

class Client extends MemorySession implements AdmittedSession {
  principal: Principal | undefined;
}

async function houseWith(quotas: Record<string, Quota>, ...accounts: Account[]): Promise<TestHouse> {
  const house = buildHouse({ quotas });
  await house.accounts.addAll(accounts);
  return house;
}

function principalOf(house: TestHouse, id: string, account?: string, peer = '10.0.0.7:4000'): Principal {
  let found: Principal | undefined;
  const secret = account === undefined ? undefined : tokenOf(account);
  house.access.admit({ id, protocol: 'oocsi', peer, account, secret, isGone: () => false }, ({ principal }) => {
    found = principal;
  });
  if (found === undefined) throw new Error(`${id} was not admitted`);
  return found;
}

/** Brings a client online, or tells why it may not. */
function enter(house: TestHouse, id: string, account?: string): { client: Client; why: string | undefined } {
  const client = new Client(id);
  client.principal = principalOf(house, id, account);
  return { client, why: house.access.enter(client.principal, client)?.why };
}

describe('a quota', () => {
  it('belongs to an account, whatever its clients are called', async () => {
    const house = await houseWith({ device: { messagesPerSecond: 2 } }, account('anna', ['device']));
    const { quotas } = house.access;
    expect(quotas.spend(principalOf(house, 'anna-1', 'anna'), 10, 'room')).toBeUndefined();
    expect(quotas.spend(principalOf(house, 'anna-2', 'anna'), 10, 'room')).toBeUndefined();
    const over = quotas.spend(principalOf(house, 'anna-3', 'anna'), 10, 'room');
    expect(over).toMatchObject({ code: 'PEER_TOO_MANY', why: 'it may send 2 messages a second (auth.quotas)' });
    house.clock.advance(500);
    expect(quotas.spend(principalOf(house, 'anna-3', 'anna'), 10, 'room')).toBeUndefined();
  });

  it('of anonymous clients belongs to their address', async () => {
    const house = await houseWith({ anonymous: { messagesPerSecond: 1 } });
    const { quotas } = house.access;
    expect(quotas.spend(principalOf(house, 'a', undefined, '10.0.0.7:1'), 10, 'room')).toBeUndefined();
    expect(quotas.spend(principalOf(house, 'b', undefined, '10.0.0.7:2'), 10, 'room')).toBeDefined();
    expect(quotas.spend(principalOf(house, 'c', undefined, '10.0.0.8:1'), 10, 'room')).toBeUndefined();
  });

  it('of anonymous clients by IPv6 belongs to their network, of which each has any number of addresses', async () => {
    const house = await houseWith({ anonymous: { messagesPerSecond: 1 } });
    const { quotas } = house.access;
    const spend = (id: string, peer: string) => quotas.spend(principalOf(house, id, undefined, peer), 10, 'room');
    expect(spend('a', '[2001:db8:0:1::7]:1')).toBeUndefined();
    expect(spend('b', '[2001:db8:0:1:aaaa:bbbb:cccc:dddd]:2')?.code).toBe('PEER_TOO_MANY');
    expect(spend('c', '[2001:db8:0:2::7]:1')).toBeUndefined();
    // A link has one network for all machines, and an IPv4 address may be written as one of IPv6.
    expect(['[fe80::1]:1', '[fe80::2]:1'].map((peer, at) => spend(`link-${at}`, peer))).toEqual([undefined, undefined]);
    expect(spend('d', '10.0.0.7:1')).toBeUndefined();
    expect(spend('e', '[::ffff:10.0.0.7]:2')?.code).toBe('PEER_TOO_MANY');
  });

  it('costs nothing where no role has one', async () => {
    const house = await houseWith({}, account('anna', ['device']));
    expect(principalOf(house, 'anna', 'anna').meter).toBeUndefined();
    expect(principalOf(house, 'ben').meter).toBeUndefined();
  });

  it('is the most generous one of several roles', async () => {
    const quotas = { device: { messagesPerSecond: 1, connections: 1 }, viewer: { messagesPerSecond: 3 } };
    const house = await houseWith(quotas, account('anna', ['device', 'viewer']), account('ben', ['device', 'member']));
    expect(principalOf(house, 'anna', 'anna').meter?.quota).toEqual({ messagesPerSecond: 3 });
    expect(principalOf(house, 'ben', 'ben').meter).toBeUndefined();
  });

  it('changes with the roles of an account that is online', async () => {
    const house = await houseWith({ device: { messagesPerSecond: 1 } }, account('anna', ['device']));
    const { client } = enter(house, 'anna', 'anna');
    expect(client.principal?.meter).toBeDefined();
    await house.accounts.update('anna', (present) => ({ ...present, roles: ['member'] }));
    expect(client.principal?.meter).toBeUndefined();
    await house.accounts.update('anna', (present) => ({ ...present, roles: ['device'] }));
    expect(client.principal?.meter?.quota).toEqual({ messagesPerSecond: 1 });
  });

  it('of bytes is that of any 24 hours', async () => {
    const house = await houseWith({ device: { bytesPerDay: 100 } }, account('anna', ['device']));
    const { quotas } = house.access;
    const anna = principalOf(house, 'anna', 'anna');
    expect(quotas.spend(anna, 60, 'room')).toBeUndefined();
    house.clock.advance(2 * HOUR_MS);
    expect(quotas.spend(anna, 41, 'room')).toMatchObject({ why: 'it may send 100 bytes in 24 hours (auth.quotas)' });
    expect(quotas.spend(anna, 40, 'room')).toBeUndefined();
    house.clock.advance(22 * HOUR_MS);
    expect(quotas.spend(anna, 60, 'room')).toBeUndefined();
    expect(quotas.spend(anna, 1, 'room')).toBeDefined();
  });

  it('of bytes outlives a restart', async () => {
    const house = await houseWith({ device: { bytesPerDay: 100 } }, account('anna', ['device']));
    house.access.quotas.spend(principalOf(house, 'anna', 'anna'), 90, 'room');
    house.clock.advance(HOUR_MS);
    const used = JSON.parse(JSON.stringify(house.access.quotas.used())) as ReturnType<Quotas['used']>;
    const { hub, clock, metrics } = house;
    const later = new Quotas({ hub, clock, metrics, quotas: { device: { bytesPerDay: 100 } }, used });
    const anna = principalOf(house, 'anna', 'anna');
    anna.meter = later.meterOf(anna, () => ['device']);
    expect(later.spend(anna, 11, 'room')).toBeDefined();
    clock.advance(24 * HOUR_MS);
    expect(later.used().accounts).toEqual({});
    expect(later.spend(anna, 100, 'room')).toBeUndefined();
  });

  it('of an address outlives a restart, and a second has as many messages as before', async () => {
    const quotas = { anonymous: { bytesPerDay: 100, messagesPerSecond: 3 } };
    const house = await houseWith(quotas);
    house.access.quotas.spend(principalOf(house, 'x'), 90, 'room');
    const { hub, clock, metrics } = house;
    const later = new Quotas({ hub, clock, metrics, quotas, used: house.access.quotas.used() });
    const again = principalOf(house, 'y');
    again.meter = later.meterOf(again, () => ['anonymous']);
    expect(later.spend(again, 11, 'room')?.why).toContain('100 bytes');
    expect([later.spend(again, 5, 'room'), later.spend(again, 5, 'room')]).toEqual([undefined, undefined]);
    expect(later.spend(again, 0, 'room')?.why).toContain('3 messages');
  });

  it('is kept of so many addresses at most, those that came last', async () => {
    const quotas = { anonymous: { bytesPerDay: 100 } };
    const house = await houseWith(quotas);
    for (let number = 0; number < 5010; number++) {
      const principal = { account: undefined, peer: `10.0.${number >> 8}.${number & 255}`, proof: 'none' } as const;
      house.access.quotas.meterOf(principal, () => ['anonymous'])?.message(1, house.clock.monotonicMs());
    }
    const kept = Object.keys(house.access.quotas.used().addresses);
    expect([kept.length, kept[0]]).toEqual([5000, '10.0.0.10']);
  });

  it('lets messages of those who are gone wait for a minute at most, so that nobody uses up hours to come', async () => {
    const house = await houseWith({ anonymous: { messagesPerSecond: 1 } });
    const { quotas } = house.access;
    const [gone, here] = [principalOf(house, 'x'), principalOf(house, 'y')];
    const verdicts: string[] = [];
    const send = (principal: Principal): void => {
      const verdict = quotas.pace(principal, 1, 'room');
      if (!(verdict instanceof Promise)) throw new Error('it had no wait');
      void verdict.then((denial) => verdicts.push(`${principal.id} ${denial?.reason ?? 'sends'}`));
    };
    expect(quotas.pace(gone, 1, 'room')).toBeUndefined();
    for (let number = 0; number < 200; number++) send(gone);
    quotas.left(gone);
    await Promise.resolve();
    expect(quotas.waitingCount).toBe(60);
    send(here);
    house.clock.advance(61_000);
    await expect.poll(() => verdicts.length).toBe(201);
    expect(verdicts.filter((verdict) => verdict === 'x too_many')).toHaveLength(140);
    expect(verdicts.at(-1)).toBe('y sends');
    expect(quotas.waitingCount).toBe(0);
    expect(house.metrics.value('crosscomm_quota_refusals_total', { quota: 'messagesPerSecond' })).toBe(140);
  });

  it('of connections counts those that are there, and not one that comes back', async () => {
    const house = await houseWith({ device: { connections: 2 } }, account('anna', ['device']));
    enter(house, 'anna-1', 'anna');
    const second = enter(house, 'anna-2', 'anna');
    expect(enter(house, 'anna-3', 'anna').why).toBe('it may have 2 connections (auth.quotas)');
    house.hub.leave(second.client, 'left');
    expect(enter(house, 'anna-3', 'anna').why).toBeUndefined();
    expect(enter(house, 'ben').why).toBeUndefined();
  });

  it('of subscriptions counts those of all connections of the account', async () => {
    const house = await houseWith({ device: { subscriptions: 2 } }, account('anna', ['device']));
    const subscribe = (client: Client, channel: string): string | undefined =>
      house.access.subscribe(client.principal as Principal, client, channel)?.why;
    const first = enter(house, 'anna-1', 'anna').client;
    const second = enter(house, 'anna-2', 'anna').client;
    expect(subscribe(first, 'a')).toBeUndefined();
    expect(subscribe(second, 'b')).toBeUndefined();
    expect(subscribe(second, 'c')).toBe('it may have 2 subscriptions (auth.quotas)');
    expect(subscribe(first, 'a')).not.toBe('it may have 2 subscriptions (auth.quotas)');
    house.hub.unsubscribe(first, 'a');
    expect(subscribe(second, 'c')).toBeUndefined();
  });

  it('of uploads counts their bytes, and is counted where it refuses', async () => {
    const house = await houseWith({ device: { uploadBytesPerDay: 10 } }, account('anna', ['device']));
    const anna = principalOf(house, 'anna', 'anna');
    expect(house.access.quotas.upload(anna, 10)).toBeUndefined();
    expect(house.access.quotas.upload(anna, 1)).toMatchObject({ code: 'PEER_TOO_MANY' });
    expect(house.metrics.counters(QUOTA_REFUSALS).of({ quota: 'uploadBytesPerDay' }).value).toBe(1);
  });

  it('is read from its file, and begins anew where that is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crosscomm-quotas-'));
    const house = await houseWith({ device: { bytesPerDay: 100 } }, account('anna', ['device']));
    const log = new MemoryLog();
    const nothing = { accounts: {}, addresses: {} };
    expect(await readUsed(folder, log)).toEqual(nothing);
    const stop = keepUsed(house.access.quotas, folder, { clock: house.clock, log });
    house.access.quotas.spend(principalOf(house, 'anna', 'anna'), 90, 'room');
    await stop();
    expect((await readUsed(folder, log)).accounts.anna?.sent?.bytes).toEqual([90]);
    const formerly = '{"version": 1, "used": {"anna": {"sent": {"hour": 1, "bytes": [7, 0]}}}}';
    writeFileSync(join(folder, 'quotas.json'), formerly);
    expect(await readUsed(folder, log)).toMatchObject({
      accounts: { anna: { sent: { bytes: [7, 0] } } },
      addresses: {},
    });
    writeFileSync(
      join(folder, 'quotas.json'),
      '{"version": 1, "used": {"anna": {"sent": {"hour": 1, "bytes": ["x"]}}}}',
    );
    expect(await readUsed(folder, log)).toEqual(nothing);
    expect(log.lines).toEqual([expect.stringContaining('begins anew')]);
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });
});
