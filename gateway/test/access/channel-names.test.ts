import { accountOf } from '@crosscomm/testing/accounts';
import { bodies, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Denial } from '../../src/access/denial.ts';
import { type AdmittedSession, Principal } from '../../src/access/principal.ts';
import { Rights } from '../../src/access/rights.ts';
import { RoleBook } from '../../src/access/roles.ts';
import { makeToken } from '../../src/access/tokens.ts';

class Client extends MemorySession implements AdmittedSession {
  principal: Principal | undefined;
}

const TOKENS = { lena: makeToken(), rita: makeToken() };
let house: TestHouse;

beforeEach(async () => {
  house = buildHouse();
  const side = (name: string, topics: string[]) => ({
    ...{ name, readsInboxes: false },
    rules: [{ effect: 'allow', actions: ['send', 'subscribe', 'presence'], topics } as const],
  });
  house.roles.replace([side('left', ['left/#', 'plans']), side('right', ['right/#', '%a/#'])]);
  for (const [name, role] of [
    ['lena', 'left'],
    ['rita', 'right'],
  ] as const) {
    await house.accounts.add(accountOf(name, { token: TOKENS[name], roles: [role] }));
  }
});

/** Comes online as this id, or is refused. */
function enter(account: keyof typeof TOKENS, id: string): Client | Denial {
  const client = new Client(id);
  let refusal: Denial | undefined;
  const claim = { id, protocol: 'oocsi', peer: '10.0.0.7:4000', account, secret: TOKENS[account] };
  house.access.admit({ ...claim, isGone: () => false }, ({ principal, denial }) => {
    client.principal = principal;
    refusal = denial ?? house.access.enter(principal, client);
  });
  return refusal ?? client;
}

function client(account: keyof typeof TOKENS, id: string, channel?: string): Client {
  const entered = enter(account, id);
  if (!(entered instanceof Client)) throw new Error(entered.why);
  if (channel !== undefined) house.access.subscribe(entered.principal as Principal, entered, channel);
  return entered;
}

describe('a client id', () => {
  it.each([
    ['that is a channel by a rule', 'left/door'],
    ['that is a channel by its whole name', 'plans'],
    ['below the name of another account', 'lena/door'],
  ])('%s is nobody’s who may not hear that channel', (_, id) => {
    expect(enter('rita', id)).toMatchObject({ reason: 'not_allowed' });
  });

  it.each(['right/door', 'rita', 'rita-2', 'rita/door', 'mosq-3f2a', 'a1:b2:c3', 'shelly/7'])(
    'is free where it is no channel, or one that may be heard: %s',
    (id) => {
      expect(enter('rita', id)).toBeInstanceOf(Client);
    },
  );

  it('ends with the rule that let it be one', () => {
    const door = client('rita', 'right/door');
    house.roles.replace([
      { name: 'left', readsInboxes: false, rules: [{ effect: 'allow', actions: ['send'], topics: ['right/#'] }] },
    ]);
    expect(door.closedFor).toBe('revoked');
  });

  it('takes nothing from those who subscribe to a channel of its name', () => {
    const mine = client('rita', 'garden');
    send(house.hub, 'x', 'garden', 'direct');
    expect(bodies(mine)).toEqual(['direct']);
    const ear = new MemorySession('ear');
    house.hub.join(ear);
    house.hub.subscribe(ear, 'garden');
    send(house.hub, 'x', 'garden', 'to all');
    expect([bodies(mine), bodies(ear)]).toEqual([[], ['to all']]);
    send(house.hub, 'garden', 'garden', 'to itself');
    expect([bodies(mine), bodies(ear)]).toEqual([['to itself'], ['to itself']]);
  });

  it('of an account is its inbox, whatever its rules say and whoever else listens', () => {
    const lena = client('lena', 'lena', 'lena');
    const [rita] = [client('rita', 'rita-2', 'lena')];
    send(house.hub, 'x', 'lena', 'direct');
    expect([bodies(lena), bodies(rita)]).toEqual([['direct'], []]);
  });
});

it('of the gateway belongs to no account, so that all others may go on hearing it', async () => {
  const details = { roles: ['member'], tokens: [], certificates: [] };
  await house.accounts.add({ name: 'eve', ids: ['OOCSI*', 'e*', 'al*'], ...details });
  const names = ['all', 'OOCSI_clients', 'echo', 'all-2', 'OOCSIx'];
  expect(names.map((name) => house.access.ownerOf(name))).toEqual([undefined, undefined, undefined, 'eve', 'eve']);
  await expect(house.accounts.add({ name: 'all', ids: [], ...details })).rejects.toThrow("the gateway's own");
});

describe('a recipient with a colon', () => {
  const { access, hub } = buildHouse();
  const rules = [
    { effect: 'allow', actions: ['send', 'call'], topics: ['room/+', 'plans'] },
    { effect: 'deny', actions: ['send', 'call'], topics: ['room/+/door'] },
  ] as const;
  const roles = new RoleBook([{ name: 'room', readsInboxes: false, rules }]).rulesOf(['room']);
  const rights = new Rights({ roles, account: undefined, id: 'x', ownerOf: () => undefined, hasOwners: false });
  const who = new Principal({ id: 'x', protocol: 'mqtt', peer: '10.0.0.7', proof: 'none', rights });

  it.each([
    ['room/AA:BB', true],
    ['room/AA:BB/door', false],
    ['room/AA:/lab/door', false],
    ['room/AA[/door]', false],
    ['plans:/lab/door', false],
    ['plans:secret', false],
  ])('is a name as a whole, by MQTT and where no private channel is meant: %s', (topic, may) => {
    expect([access.maySend(who, topic, 'topic'), access.maySend(who, topic)]).toEqual([may, may]);
    expect([access.mayCall(who, topic, 'topic'), access.mayCall(who, topic)]).toEqual([may, may]);
  });

  it('has the password of a channel where OOCSI writes it, unless somebody listens to all of it', () => {
    expect(access.maySend(who, 'plans:secret', 'address')).toBe(true);
    expect(access.maySend(who, 'other:secret', 'address')).toBe(false);
    const ear = new MemorySession('plans:secret');
    hub.join(ear);
    expect(access.maySend(who, 'plans:secret', 'address')).toBe(false);
    hub.leave(ear, 'left', { waits: false });
    hub.forget('plans:secret');
    expect(access.maySend(who, 'plans:secret', 'address')).toBe(true);
  });

  it('opens a private channel that is there, by any protocol', () => {
    const ear = new MemorySession('ear');
    hub.join(ear);
    hub.subscribe(ear, 'plans:pass');
    hub.subscribe(ear, 'other:pass');
    expect(access.maySend(who, 'plans:pass')).toBe(true);
    expect(access.maySend(who, 'other:pass')).toBe(false);
    expect(access.maySend(who, 'plans:pass', 'topic')).toBe(false);
  });
});
