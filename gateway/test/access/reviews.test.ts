import { accountOf } from '@crosscomm/testing/accounts';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdmittedSession, Principal } from '../../src/access/principal.ts';
import type { Role } from '../../src/access/roles.ts';
import { makeToken } from '../../src/access/tokens.ts';

class Client extends MemorySession implements AdmittedSession {
  principal: Principal | undefined;
  readonly gone: string[] = [];

  lost(address: string): void {
    this.gone.push(address);
  }

  get channels(): string[] {
    return house.hub.subscriptions(this);
  }
}

let house: TestHouse;
const secrets = new Map<string, string>();

beforeEach(() => {
  house = buildHouse();
  house.roles.replace([side('left'), side('right')]);
});

function side(name: string): Role {
  const topics = [`${name}/#`, 'shared/#'];
  return { name, readsInboxes: false, rules: [{ effect: 'allow', actions: ['subscribe'], topics }] };
}

async function enter(name: string, role: string, ...channels: string[]): Promise<Client> {
  const token = makeToken();
  await house.accounts.add(accountOf(name, { token, roles: [role] }));
  secrets.set(name, token);
  return online(name, token, ...channels);
}

function online(id: string, secret: string | undefined, ...channels: string[]): Client {
  const client = new Client(id);
  const claim = { id, protocol: 'oocsi', peer: '10.0.0.7:4000', secret, isGone: () => false };
  house.access.admit(claim, ({ principal, denial }) => {
    if (denial) throw new Error(denial.why);
    client.principal = principal;
    house.access.enter(principal, client);
    for (const channel of channels) house.access.subscribe(principal, client, channel);
  });
  return client;
}

describe('a change of roles', () => {
  it('ends the subscriptions that are not allowed any more, and says so to their client', async () => {
    const lena = await enter('lena', 'left', 'left/a', 'left/b[transform(x,1)]', 'shared/a', 'left/c:word', 'left/#');
    const rita = await enter('rita', 'right', 'right/a');
    await house.accounts.update('lena', (account) => ({ ...account, roles: ['right'] }));
    expect(lena.channels).toEqual(['shared/a']);
    expect(lena.gone.sort()).toEqual(['left/#', 'left/a', 'left/c:word']);
    expect([rita.channels, rita.gone]).toEqual([['right/a'], []]);
    expect(house.access.maySubscribe(lena.principal as Principal, 'right/a')).toBe(true);
  });

  it('of a role holds for all who have it', async () => {
    const clients = [await enter('lena', 'left', 'left/a'), await enter('lisa', 'left', 'left/a')];
    house.roles.replace([side('right')]);
    expect(clients.map(({ channels, gone }) => [channels, gone])).toEqual([
      [[], ['left/a']],
      [[], ['left/a']],
    ]);
  });

  it('of one account leaves what others may do as it was made', async () => {
    const [lena, rita] = [await enter('lena', 'left'), await enter('rita', 'right')];
    const [left, right] = [lena.principal?.rights, rita.principal?.rights];
    await house.accounts.update('lena', (account) => ({ ...account, roles: ['right'] }));
    expect(lena.principal?.rights).not.toBe(left);
    expect(rita.principal?.rights).toBe(right);
  });
});

describe('a newcomer that was admitted before a change', () => {
  const claim = { id: 'hall', protocol: 'oocsi', peer: '10.0.0.7:4000', isGone: () => false };

  function admitted(): Principal {
    let found: Principal | undefined;
    house.access.admit(claim, ({ principal }) => {
      found = principal;
    });
    if (found === undefined) throw new Error('it was refused');
    return found;
  }

  it('comes online with what it may do now', () => {
    const principal = admitted();
    const before = principal.rights;
    house.roles.replace([side('left')]);
    expect(house.access.enter(principal, new Client('hall'))).toBeUndefined();
    expect(principal.rights).not.toBe(before);
  });

  it('is refused where its id is a channel by a rule now', async () => {
    const token = makeToken();
    await house.accounts.add(accountOf('lena', { token, roles: ['left'] }));
    Object.assign(claim, { account: 'lena', secret: token });
    const principal = admitted();
    house.roles.replace([side('left'), side('hall')]);
    expect(house.access.enter(principal, new Client('hall'))?.why).toBe('the id is a channel that it may not hear');
    expect(house.access.online('hall')).toBeUndefined();
  });
});

describe('a client that comes back', () => {
  it('gets only those of its subscriptions that it may still have', async () => {
    const lena = await enter('lena', 'left', 'left/a', 'shared/a', 'shared/#');
    house.hub.leave(lena, 'closed');
    await house.accounts.update('lena', (account) => ({ ...account, roles: ['right'] }));
    expect(online('lena', secrets.get('lena')).channels).toEqual(['shared/a', 'shared/#']);
  });

  it('gets none of another account, nor of an anonymous client', async () => {
    const [free] = [online('free', undefined, 'left/a')];
    house.hub.leave(free, 'closed');
    await enter('rita', 'right');
    await enter('lena', 'left');
    await house.accounts.update('lena', (account) => ({ ...account, ids: ['free'] }));
    expect(online('free', secrets.get('lena')).channels).toEqual([]);
  });
});

describe('a client id that an account comes to own', () => {
  it('is no more an inbox of others, nor an id of others', async () => {
    await enter('first', 'member');
    const ear = await enter('ear', 'member', 'lamp', 'door', '#');
    const lamp = online('lamp', undefined);
    expect(house.access.mayHear(ear.principal as Principal, 'lamp')).toBe(true);
    await enter('lamp-owner', 'member');
    await house.accounts.update('lamp-owner', (account) => ({ ...account, ids: ['lamp'] }));
    expect(lamp.closedFor).toBe('revoked');
    expect(ear.channels).toEqual(['door', '#']);
    expect(ear.gone).toEqual(['lamp']);
    expect(house.access.mayHear(ear.principal as Principal, 'lamp')).toBe(false);
    await house.accounts.remove('lamp-owner');
    expect(house.access.mayHear(ear.principal as Principal, 'lamp')).toBe(true);
  });
});
