import { FakeEgress } from '@crosscomm/testing/fake-egress';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action, Rule } from '../../../src/access/rules.ts';
import { Message } from '../../../src/hub/message.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

interface Channel {
  name: string;
  subscriberCount: number;
  retained: boolean;
  kept: boolean;
}

let house: WebHouse;
let before: string[];

beforeEach(async () => {
  house = await buildWebHouse();
  before = (await list()).map(({ name }) => name);
});
afterEach(() => house.app.close());

async function list(query = ''): Promise<Channel[]> {
  const answer = await house.app.inject(`/api/v1/channels${query}`);
  return (answer.json() as { channels: Channel[] }).channels;
}

/** Those that a test has made. */
const names = async (query = ''): Promise<string[]> =>
  (await list(query)).map(({ name }) => name).filter((name) => !before.includes(name));

function listen(id: string, ...addresses: string[]): void {
  const session = new MemorySession(id);
  house.hub.join(session);
  for (const address of addresses) house.hub.subscribe(session, address);
}

function retain(to: string, body: string): void {
  house.hub.send(new Message({ from: 'lamp', to, kind: 'text', body, timestampMs: 5 }), { retainMs: 60_000 });
}

describe('GET /api/v1/channels', () => {
  it('lists those with subscribers, of other matchers as well, and those that retain a message', async () => {
    listen('one', 'kitchen/light', 'kitchen/#');
    listen('two', 'kitchen/light');
    const egress = new FakeEgress();
    egress.members.garden = ['three'];
    house.hub.attach(egress);
    retain('door', 'open');
    const all = (await list()).filter(({ name }) => !before.includes(name));
    expect(all).toEqual([
      { name: 'door', subscriberCount: 0, retained: true, kept: false },
      { name: 'garden', subscriberCount: 1, retained: false, kept: false },
      { name: 'kitchen/light', subscriberCount: 2, retained: false, kept: false },
    ]);
  });

  it('finds them by their beginning and by a part of the name', async () => {
    listen('one', 'kitchen/Light', 'garden/light', 'door');
    expect(await names('?prefix=kitchen/')).toEqual(['kitchen/Light']);
    expect(await names('?search=LIGHT')).toEqual(['garden/light', 'kitchen/Light']);
  });

  it('shows private channels to nobody', async () => {
    listen('one', 'diary:secret');
    expect(await names()).toEqual([]);
    expect((await house.app.inject('/api/v1/channels/diary')).statusCode).toBe(404);
  });
});

describe('GET /api/v1/channels/NAME', () => {
  const one = async (name: string) => (await house.app.inject(`/api/v1/channels/${encodeURIComponent(name)}`)).json();

  it('says who subscribes, and what is retained', async () => {
    listen('two', 'kitchen/light');
    listen('one', 'kitchen/light');
    retain('kitchen/light', 'on');
    expect(await one('kitchen/light')).toEqual({
      name: 'kitchen/light',
      subscribers: ['one', 'two'],
      patterns: [],
      last: { from: 'lamp', to: 'kitchen/light', kind: 'text', timestampMs: 5, body: 'on', size: 2 },
      retained: { from: 'lamp', to: 'kitchen/light', kind: 'text', timestampMs: 5, body: 'on', size: 2 },
      kept: false,
    });
  });

  it('cuts a long message', async () => {
    retain('door', 'x'.repeat(5000));
    const { retained } = await one('door');
    expect([retained.body.length, retained.isCut, retained.size]).toEqual([4096, true, 5000]);
  });

  it('tells who gets what is said there by a topic filter, whether anybody subscribes to the name or not', async () => {
    listen('log', '#', 'kitchen/+');
    listen('other', 'garden/#', 'kitchen');
    const egress = new FakeEgress();
    egress.filters.phone = ['$share/group/kitchen/#'];
    house.hub.attach(egress);
    listen('phone');
    const { subscribers, patterns } = await one('kitchen/light');
    expect(subscribers).toEqual([]);
    expect(patterns).toEqual([
      { id: 'log', filter: '#' },
      { id: 'log', filter: 'kitchen/+' },
      { id: 'phone', filter: '$share/group/kitchen/#' },
    ]);
  });

  it('lists one alone where only a topic filter matches it, so that nobody has to ask in vain', async () => {
    const named = async (name: string): Promise<unknown> =>
      (await house.app.inject(`/api/v1/channels?name=${encodeURIComponent(name)}`)).json();
    listen('log', 'garden/+');
    expect(await named('garden/pond')).toMatchObject({ channels: [{ name: 'garden/pond', subscriberCount: 0 }] });
    expect(await named('kitchen/light')).toEqual({ channels: [] });
  });

  it('knows a channel where something was said lately', async () => {
    house.hub.send(new Message({ from: 'lamp', to: 'once', kind: 'text', body: 'on', timestampMs: 5 }));
    house.hub.send(new Message({ from: 'lamp', to: 'once', kind: 'text', body: 'off', timestampMs: 6 }));
    expect(await one('once')).toMatchObject({ name: 'once', subscribers: [], last: { body: 'off', timestampMs: 6 } });
    expect(await names()).toEqual(['once']);
  });

  it('knows no channel that is not there', async () => {
    expect(await one('nowhere')).toMatchObject({ error: { code: 'PEER_NOT_FOUND' } });
  });
});

describe('DELETE /api/v1/channels/NAME/retained', () => {
  async function remove(name: string, headers: Record<string, string> = {}): Promise<number> {
    const url = `/api/v1/channels/${encodeURIComponent(name)}/retained`;
    return (await house.app.inject({ method: 'DELETE', url, headers })).statusCode;
  }

  it('removes what is retained, whoever keeps it', async () => {
    const egress = new FakeEgress();
    house.hub.attach(egress);
    egress.retain(house.hub, 'theirs', { from: 'm', to: 'theirs', kind: 'text', body: 'x', timestampMs: 1 });
    retain('ours', 'on');
    house.hub.keepFields('lamp', 'values', ['on']);
    for (const name of ['theirs', 'ours', 'values']) expect([name, await remove(name)]).toEqual([name, 204]);
    expect(egress.cleared).toContain('theirs');
    for (const name of ['theirs', 'ours', 'values']) expect(house.hub.retained(name)).toBeUndefined();
    expect(house.store.retained.size).toBe(0);
    expect(await remove('ours')).toBe(404);
  });

  it('is for whose it is, if they may send there, and for who may remove what others retain', async () => {
    const topics = ['kitchen/#'];
    const rule = (...actions: Action[]): Rule[] => [{ effect: 'allow', actions, topics }];
    house.roles.replace([
      { name: 'cook', rules: rule('send', 'subscribe', 'presence'), readsInboxes: false },
      { name: 'guest', rules: rule('subscribe', 'presence'), readsInboxes: false },
    ]);
    const role = async (name: string, of: string): Promise<Record<string, string>> =>
      bearer(await addAccount(house, name, { role: of }));
    const people = [await role('boss', 'admin'), await role('carl', 'cook'), await role('gina', 'guest')];
    const statuses: number[][] = [];
    for (const account of ['carl', 'gina', 'otto']) {
      const each: number[] = [];
      for (const person of people) {
        const message = new Message({ from: account, to: 'kitchen/light', kind: 'text', body: 'on', timestampMs: 5 });
        house.hub.send(message, { retainMs: 60_000, account });
        each.push(await remove('kitchen/light', person));
      }
      statuses.push(each);
    }
    expect(statuses).toEqual([
      [204, 204, 403],
      [204, 403, 403],
      [204, 403, 403],
    ]);
  });
});
