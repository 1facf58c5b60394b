import { accountOf } from '@crosscomm/testing/accounts';
import { secretToken } from '@crosscomm/testing/secrets';
import { bodies, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdmittedSession, Principal } from '../../src/access/principal.ts';
import type { MessageInit } from '../../src/hub/message.ts';

class Client extends MemorySession implements AdmittedSession {
  principal: Principal | undefined;
}

let house: TestHouse;

beforeEach(() => {
  house = buildHouse();
});

/** Adds an account of this role and brings its client of the same name online. */
async function enter(name: string, role = 'member'): Promise<Client> {
  const token = secretToken();
  await house.accounts.add(accountOf(name, { token, roles: [role] }));
  const client = new Client(name);
  house.access.admit(
    { id: name, protocol: 'oocsi', peer: '10.0.0.7:4000', secret: token, isGone: () => false },
    ({ principal, denial }) => {
      if (denial) throw new Error(denial.why);
      client.principal = principal;
      house.access.enter(principal, client);
    },
  );
  return client;
}

const later = (): { dueMs: number } => ({ dueMs: house.clock.now() + 5000 });
const retained = (channel: string): MessageInit['body'] | undefined => house.hub.retained(channel)?.body;

describe('a scheduled message', () => {
  it('goes out by what its sender may do when it is due', async () => {
    const [listener] = [await enter('ear'), await enter('anna')];
    house.access.subscribe(listener.principal as Principal, listener, 'lamp');
    const dropped: string[][] = [];
    house.hub.events.on('forbidden', (...what) => dropped.push(what));
    for (const body of ['first', 'second']) send(house.hub, 'anna', 'lamp', body, later());
    await house.accounts.update('anna', (account) => ({ ...account, roles: ['viewer'] }));
    house.clock.advance(5000);
    expect(bodies(listener)).toEqual([]);
    expect(dropped).toEqual([
      ['lamp', 'anna'],
      ['lamp', 'anna'],
    ]);
    expect(house.store.scheduled.size).toBe(0);
  });

  it('goes out for a sender that is away, and not for one whose account is gone', async () => {
    const [listener] = [await enter('ear'), await enter('anna'), await enter('bert')];
    house.access.subscribe(listener.principal as Principal, listener, 'lamp');
    for (const name of ['anna', 'bert']) {
      send(house.hub, name, 'lamp', name, later());
      house.hub.leave(house.hub.session(name) as Client, 'left');
    }
    expect([...house.store.scheduled.values()].map(({ account }) => account)).toEqual(['anna', 'bert']);
    await house.accounts.remove('anna');
    house.clock.advance(5000);
    expect(bodies(listener)).toEqual(['bert']);
  });

  it('of one that only borrowed a name is of the account that it named', async () => {
    await enter('anna');
    send(house.hub, 'script', 'lamp', 'x', { ...later(), account: 'anna' });
    send(house.hub, 'anna', 'lamp', 'x', later());
    send(house.hub, 'nobody', 'lamp', 'x', later());
    expect([...house.store.scheduled.values()].map(({ account }) => account)).toEqual(['anna', 'anna', undefined]);
  });
});

describe('what another account retains', () => {
  it('stays when a device without the right to clear sends what would end it', async () => {
    const listener = await enter('ear');
    await enter('anna');
    await enter('board', 'device');
    house.access.subscribe(listener.principal as Principal, listener, 'lamp');
    send(house.hub, 'anna', 'lamp', 'kept', { retainMs: 60_000 });
    expect(house.store.retained.get('lamp')?.account).toBe('anna');
    send(house.hub, 'board', 'lamp', 'plain');
    expect(retained('lamp')).toBe('kept');
    expect(bodies(listener)).toEqual(['kept', 'plain']);
    send(house.hub, 'board', 'lamp', 'newer', { retainMs: 60_000 });
    expect(retained('lamp')).toBe('newer');
    send(house.hub, 'board', 'lamp', 'plain');
    expect(retained('lamp')).toBeUndefined();
  });

  it('ends with the next message of its own account, and of one that may clear', async () => {
    await enter('anna', 'device');
    await enter('bert', 'member');
    send(house.hub, 'anna', 'lamp', 'kept', { retainMs: 60_000 });
    send(house.hub, 'anna', 'lamp', 'plain');
    expect(retained('lamp')).toBeUndefined();
    send(house.hub, 'anna', 'lamp', 'kept', { retainMs: 60_000 });
    send(house.hub, 'bert', 'lamp', 'plain');
    expect(retained('lamp')).toBeUndefined();
  });

  it('keeps its values when one without the right sends null, and takes the others', async () => {
    await enter('anna');
    await enter('board', 'device');
    send(house.hub, 'anna', 'lamp', '{"on":true,"hue":7}', { keep: true });
    send(house.hub, 'board', 'lamp', '{"on":null,"hue":8}', { keep: true });
    expect(retained('lamp')).toBe('{"on":true,"hue":8}');
    send(house.hub, 'anna', 'lamp', '{"on":null}');
    expect(retained('lamp')).toBe('{"hue":8}');
    expect(house.store.retained.get('lamp')?.account).toBe('anna');
  });

  it('is nobody’s where there are no accounts', () => {
    send(house.hub, 'anna', 'lamp', 'kept', { retainMs: 60_000 });
    send(house.hub, 'bert', 'lamp', 'plain');
    expect(retained('lamp')).toBeUndefined();
  });
});
