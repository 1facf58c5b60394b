import { FakeEgress, textTo } from '@crosscomm/testing/fake-egress';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { RecentMessages } from '../../../src/web/api/recent-messages.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

function listen(id: string, ...channels: string[]): MemorySession {
  const session = new MemorySession(id);
  house.hub.join(session);
  for (const channel of channels) house.hub.subscribe(session, channel);
  return session;
}

async function post(payload: object, headers: Record<string, string> = {}) {
  const answer = await house.app.inject({ method: 'POST', url: '/api/v1/messages', payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe('POST /api/v1/messages', () => {
  it('sends, and says who got it', async () => {
    const lamp = listen('lamp', 'kitchen/light');
    expect(await post({ to: 'kitchen/light', body: 'on', from: 'panel' })).toEqual({
      status: 200,
      body: { delivered: 1, refused: 0, reason: null, sentence: 'One client got the message to kitchen/light.' },
    });
    expect(lamp.received.map(({ from, to, kind, body }) => ({ from, to, kind, body }))).toEqual([
      { from: 'panel', to: 'kitchen/light', kind: 'text', body: 'on' },
    ]);
  });

  it.each([
    ['on', undefined, 'text', 'on'],
    [{ on: true }, undefined, 'dict', '{"on":true}'],
    [[1, 2], undefined, 'json', '[1,2]'],
    [21.5, undefined, 'json', '21.5'],
    ['{"t": 1.0}', 'dict', 'dict', '{"t": 1.0}'],
    ['12345678901234567890', 'json', 'json', '12345678901234567890'],
  ])('takes %j as %s', async (body, kind, asKind, asBody) => {
    const lamp = listen('lamp', 'c');
    await post({ to: 'c', body, kind, from: 'panel' });
    expect(lamp.received.map((message) => [message.kind, message.body])).toEqual([[asKind, asBody]]);
  });

  it.each([
    [{ to: 'c', body: { on: true }, kind: 'text' }, 400],
    [{ to: 'c', body: '{"on": true', kind: 'dict' }, 400],
    [{ to: 'c', body: [1], kind: 'dict' }, 400],
    [{ to: '', body: 'x' }, 400],
    [{ to: 'c' }, 400],
    [{ to: 'c', body: 'x', colour: 'red' }, 400],
    [{ to: 'c', body: 'x', from: 'lamp' }, 409],
  ])('refuses %j', async (payload, status) => {
    listen('lamp');
    expect((await post({ from: 'panel', ...payload })).status).toBe(status);
  });

  it.each([100, 10_000])('refuses what is nested %i levels deep, however it comes', async (depth) => {
    await house.app.close();
    house = await buildWebHouse({ maxBodyBytes: 1024 * 1024 });
    const lamp = listen('lamp', 'c');
    const values = ['['.repeat(depth) + ']'.repeat(depth), `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`];
    for (const body of [...values, ...values.map((value) => `${JSON.stringify(value)},"kind":"json"`)]) {
      const answer = await house.app.inject({
        ...{ method: 'POST', url: '/api/v1/messages', headers: { 'content-type': 'application/json' } },
        payload: `{"to":"c","body":${body}}`,
      });
      expect([answer.statusCode, answer.json().error.message]).toEqual([
        400,
        'The body of the message is nested deeper than 64 levels.',
      ]);
    }
    expect(lamp.received).toEqual([]);
  });

  it('says why nobody got it', async () => {
    const lamp = listen('lamp', 'c');
    lamp.answer = 'queue_full';
    const nobody = (await post({ to: 'nowhere', body: 'x', retain: true })).body;
    expect(nobody.sentence).toBe(
      'Nobody got the message to nowhere. Nobody subscribes to it. It is kept for later subscribers.',
    );
    expect(house.hub.retained('nowhere')?.body).toBe('x');
    expect((await post({ to: 'c', body: 'x' })).body).toMatchObject({ delivered: 0, refused: 1, reason: 'queue_full' });
  });

  it('sends under the account by default, and no other', async () => {
    const lamp = listen('lamp', 'c');
    const token = await addAccount(house, 'lena');
    await addAccount(house, 'rita');
    expect((await post({ to: 'c', body: 'x' }, bearer(token))).status).toBe(200);
    expect((await post({ to: 'c', body: 'x', from: 'rita' }, bearer(token))).status).toBe(403);
    expect(lamp.received.map(({ from }) => from)).toEqual(['lena']);
  });
});

describe('GET /api/v1/messages', () => {
  const bodies = async (query = '', headers: Record<string, string> = {}): Promise<string[]> => {
    const answer = await house.app.inject({ url: `/api/v1/messages${query}`, headers });
    return (answer.json() as { messages: { body: string }[] }).messages.map(({ body }) => body);
  };
  const say = (to: string, body: string, from = 'lamp'): void => {
    house.hub.send(new Message({ from, to, kind: 'text', body, timestampMs: 5 }), { passwords: true });
  };

  it('has the last messages, the newest last, and what became of them', async () => {
    listen('door', 'kitchen/light');
    say('kitchen/light', 'on');
    say('nowhere', 'hello');
    const answer = await house.app.inject('/api/v1/messages');
    expect(answer.json()).toMatchObject({
      messages: [
        { from: 'lamp', to: 'kitchen/light', body: 'on', delivered: 1, refused: 0 },
        { to: 'nowhere', delivered: 0, reason: 'no_recipient' },
      ],
    });
    expect(await bodies('?limit=1')).toEqual(['hello']);
    expect(await bodies('?channel=kitchen/%23')).toEqual(['on']);
    expect(await bodies('?text=HELL')).toEqual(['hello']);
  });

  it('shows each what it may hear, by the rules of now, and nobody what is private', async () => {
    addRole(house, 'left', [{ effect: 'allow', actions: ['subscribe'], topics: ['left/#'] }]);
    const lena = bearer(await addAccount(house, 'lena', { role: 'left' }));
    const boss = bearer(await addAccount(house, 'boss', { role: 'admin' }));
    listen('one', 'diary:secret');
    listen('rita');
    for (const to of ['left/a', 'right/a', 'diary:secret', 'rita']) say(to, to);
    expect(await bodies('', lena)).toEqual(['left/a']);
    expect(await bodies('', boss)).toEqual(['left/a', 'right/a', 'rita']);
    addRole(house, 'left', [{ effect: 'allow', actions: ['subscribe'], topics: ['right/#'] }]);
    expect(await bodies('', lena)).toEqual(['right/a']);
  });
});

describe('a message to one client', () => {
  const read = async (token: string): Promise<string[]> => {
    const answer = await house.app.inject({ url: '/api/v1/messages', headers: bearer(token) });
    return (answer.json() as { messages: { body: string }[] }).messages.map(({ body }) => body);
  };

  /** Somebody of an account comes online under an id that nobody owns, or goes. */
  const come = (id: string, account: string): MemorySession => {
    const session = new MemorySession(id);
    house.hub.join(session, { account });
    return session;
  };
  const say = (from: string, to: string, body: string): void => {
    house.hub.send(new Message({ from, to, kind: 'text', body, timestampMs: 5 }));
  };

  it('is shown to the accounts that it went between, and not to those that have the ids now', async () => {
    const anna = await addAccount(house, 'anna');
    const bert = await addAccount(house, 'bert');
    const carl = await addAccount(house, 'carl');
    const [phone, lamp] = [come('phone', 'anna'), come('lamp', 'bert')];
    say('phone', 'lamp', 'to the lamp of bert');
    say('lamp', 'phone', 'to the phone of anna');
    house.hub.leave(phone, 'left');
    house.hub.leave(lamp, 'left');
    come('phone', 'carl');
    come('lamp', 'carl');
    const both = ['to the lamp of bert', 'to the phone of anna'];
    expect([await read(anna), await read(bert), await read(carl)]).toEqual([both, both, []]);
  });

  it('is not shown to an account that has the name of one that is gone', async () => {
    await addAccount(house, 'anna');
    come('phone', 'anna');
    say('lamp', 'phone', 'to the phone of anna');
    await house.accounts.remove('anna');
    expect(await read(await addAccount(house, 'anna'))).toEqual([]);
  });

  it('is shown to the account that sent it without being online', async () => {
    const anna = await addAccount(house, 'anna');
    come('lamp', 'bert');
    await post({ to: 'lamp', body: 'from the page of anna' }, bearer(anna));
    expect(await read(anna)).toEqual(['from the page of anna']);
  });
});

describe('what is kept of the last messages', () => {
  const build = (limits: { maxCount?: number; maxBytes?: number } = {}) => {
    const { hub, clock } = buildHouse();
    const recent = new RecentMessages({ hub, clock, ...limits });
    const say = (body: string): void => {
      hub.send(new Message({ from: 'a', to: 'b', kind: 'text', body, timestampMs: 1 }));
    };
    const kept = (): unknown[] => recent.find(() => true, 1000).map(({ view }) => view.body);
    return { hub, clock, recent, say, kept };
  };

  it('is so many, and so much', () => {
    const few = build({ maxCount: 3 });
    for (const body of '12345') few.say(body);
    expect(few.kept()).toEqual(['3', '4', '5']);
    const small = build({ maxBytes: 2000 });
    for (const body of ['a', 'b', 'c'].map((each) => each.repeat(300))) small.say(body);
    expect(small.kept()).toEqual(['b'.repeat(300), 'c'.repeat(300)]);
  });

  it('is a part where there are many, and nothing waits while there are few', () => {
    const { clock, say, kept } = build();
    const timers = clock.timers;
    for (let index = 0; index < 99; index++) say(`${index}`);
    expect(clock.timers).toBe(timers);
    for (let index = 99; index < 300; index++) say(`${index}`);
    expect(kept()).toHaveLength(100);
    clock.advance(1000);
    say('next');
    expect(kept().at(-1)).toBe('next');
  });

  it('is less while there go on being many, and all again when there are fewer', () => {
    const { clock, say, kept } = build();
    const sayEvery = (ms: number, count: number): void => {
      for (let index = 0; index < count; index++) {
        say('x');
        clock.advance(ms);
      }
    };
    sayEvery(1, 3000);
    expect(kept()).toHaveLength(140);
    sayEvery(20, 100);
    expect(kept()).toHaveLength(240);
  });

  it('counts who gets it by the matcher that it came from', () => {
    const { hub, recent } = build();
    const egress = new FakeEgress();
    egress.members.news = ['m1', 'm2'];
    hub.offer('news', { ingress: egress }, textTo, 'news');
    hub.offer('nowhere', { ingress: egress }, textTo, 'nowhere');
    const receipts = recent.find(() => true, 10).map(({ view }) => [view.to, view.delivered, view.reason]);
    expect(receipts).toEqual([
      ['news', 2, undefined],
      ['nowhere', 0, 'no_recipient'],
    ]);
  });
});
