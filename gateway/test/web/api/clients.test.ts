import { FakeEgress } from '@crosscomm/testing/fake-egress';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientView } from '../../../src/web/api/clients.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

async function get<T>(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: T }> {
  const answer = await house.app.inject({ url, headers });
  return { status: answer.statusCode, body: answer.json() as T };
}

const list = async (query = ''): Promise<{ clients: ClientView[]; next?: string }> =>
  (await get<{ clients: ClientView[]; next?: string }>(`/api/v1/clients${query}`)).body;

function join(id: string, protocol = 'oocsi'): MemorySession {
  const session = new MemorySession(id, protocol);
  house.hub.join(session);
  return session;
}

describe('GET /api/v1/clients', () => {
  it('lists clients by id, with what was counted of them', async () => {
    const session = Object.assign(join('lamp'), {
      counts: { received: 3, sent: 5, lost: 1 },
      peer: '192.0.2.7:4444',
      waitingBytes: 17,
    });
    house.hub.subscribe(session, 'kitchen/light');
    join('door', 'mqtt');
    const { clients } = await list();
    expect(clients.map(({ id }) => id)).toEqual(['door', 'lamp']);
    const nowMs = house.clock.now();
    expect(clients[1]).toEqual({
      ...{ id: 'lamp', protocol: 'oocsi', online: true, peer: '192.0.2.7:4444' },
      ...{ sinceMs: nowMs, lastSeenMs: nowMs, received: 3, sent: 5, lost: 1, waitingBytes: 17, subscriptionCount: 1 },
    });
  });

  it('leaves out the gateway and keeps those that are away', async () => {
    house.hub.leave(join('lamp'), 'closed');
    join('door');
    expect((await list()).clients.map(({ id, online }) => [id, online])).toEqual([
      ['door', true],
      ['lamp', false],
    ]);
    expect((await list('?online=true')).clients.map(({ id }) => id)).toEqual(['door']);
    expect((await list('?online=false')).clients.map(({ id }) => id)).toEqual(['lamp']);
  });

  it('finds them by a part of the id and by the protocol', async () => {
    join('Kitchen-Lamp');
    join('door', 'mqtt');
    expect((await list('?search=lamp')).clients.map(({ id }) => id)).toEqual(['Kitchen-Lamp']);
    expect((await list('?protocol=mqtt&search=')).clients.map(({ id }) => id)).toEqual(['door']);
  });

  it('gives out one page after the other', async () => {
    for (let index = 0; index < 5; index++) join(`c${index}`);
    const first = await list('?limit=2');
    const second = await list(`?limit=2&after=${first.next}`);
    const third = await list(`?limit=2&after=${second.next}`);
    expect([first, second, third].map(({ clients }) => clients.map(({ id }) => id))).toEqual([
      ['c0', 'c1'],
      ['c2', 'c3'],
      ['c4'],
    ]);
    expect(third.next).toBeUndefined();
    expect((await list('?after=zzz')).clients).toEqual([]);
  });

  it('says what is wrong with a question', async () => {
    for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?online=maybe', '?colour=red', '?search=a&search=b']) {
      const { status, body } = await get<{ error: { code: string; message: string } }>(`/api/v1/clients${query}`);
      expect([query, status, body.error.code]).toEqual([query, 400, 'PEER_MALFORMED']);
      expect(body.error.message).toContain(/^\?(\w+)/.exec(query)?.[1]);
    }
  });

  it('tells addresses only to those who may operate', async () => {
    Object.assign(join('lamp'), { peer: '192.0.2.7:4444' });
    const [admin, member] = [await addAccount(house, 'boss', { role: 'admin' }), await addAccount(house, 'maria')];
    const peers = [];
    for (const token of [admin, member]) {
      const { body } = await get<{ clients: ClientView[] }>('/api/v1/clients', bearer(token));
      peers.push(body.clients[0]?.peer);
    }
    expect(peers).toEqual(['192.0.2.7:4444', undefined]);
  });
});

describe('GET /api/v1/clients/ID', () => {
  it('says whose account a client is to those alone who may see the accounts of others', async () => {
    const member = await addAccount(house, 'mia');
    const device = await addAccount(house, 'dot', { role: 'device' });
    house.hub.join(new MemorySession('lamp', 'oocsi'), { account: 'mia' });
    house.hub.join(new MemorySession('dot-1', 'oocsi'), { account: 'dot' });
    const accounts = async (token: string, query = ''): Promise<(string | undefined)[]> => {
      const { body } = await get<{ clients: ClientView[] }>(`/api/v1/clients${query}`, bearer(token));
      return body.clients.map(({ account }) => account);
    };
    expect(await accounts(member)).toEqual(['dot', 'mia']);
    expect(await accounts(device)).toEqual(['dot', undefined]);
    expect(await accounts(member, '?search=mia')).toEqual(['mia']);
    expect(await accounts(device, '?search=mia')).toEqual([]);
    const told = async (token: string, path: string): Promise<string> =>
      JSON.stringify((await get(`/api/v1/${path}`, bearer(token))).body);
    for (const path of ['clients/lamp', 'graph']) {
      expect(await told(member, path)).toContain('"account":"mia"');
      expect(await told(device, path)).not.toContain('mia');
    }
  });

  it('says what it subscribes to, but no password', async () => {
    const lamp = join('kitchen/lamp');
    for (const address of ['kitchen/#', 'alarm', 'private:secret']) house.hub.subscribe(lamp, address);
    const { body } = await get<{ subscriptions: string[] }>('/api/v1/clients/kitchen%2Flamp');
    expect(body.subscriptions).toEqual(['alarm', 'kitchen/#']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('knows no client that is not there, and none of the gateway', async () => {
    for (const id of ['nobody', 'echo']) {
      const { status, body } = await get<{ error: { code: string } }>(`/api/v1/clients/${id}`);
      expect([status, body.error.code]).toEqual([404, 'PEER_NOT_FOUND']);
    }
  });
});

describe('DELETE /api/v1/clients/ID', () => {
  const remove = async (url: string): Promise<number> =>
    (await house.app.inject({ method: 'DELETE', url: `/api/v1/clients/${url}` })).statusCode;

  it('disconnects a client, whose subscriptions are kept', async () => {
    const lamp = join('kitchen/lamp');
    house.hub.subscribe(lamp, 'alarm');
    expect(await remove('kitchen%2Flamp')).toBe(204);
    expect(lamp.closedFor).toBe('closed');
    expect(house.hub.client('kitchen/lamp')).toMatchObject({ online: false, subscriptions: ['alarm'] });
  });

  it('forgets it where that is asked for, what other matchers keep for it as well', async () => {
    const egress = new FakeEgress();
    house.hub.attach(egress);
    egress.kept.add('lamp');
    join('lamp');
    expect(await remove('lamp?forget=true')).toBe(204);
    expect(house.hub.client('lamp')).toBeUndefined();
    expect([...egress.kept]).toEqual([]);
  });

  it('knows none that is not there', async () => {
    for (const id of ['nobody', 'echo']) expect(await remove(id)).toBe(404);
  });
});
