import { MemorySession } from '@crosscomm/testing/test-hub';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Message, type MessageInit } from '../../../../src/hub/message.ts';
import { ClientTraffic } from '../../../../src/observability/traffic.ts';
import { MAX_FEEDS } from '../../../../src/web/api/feed/route.ts';
import { LOOKS_PER_BUSY_WINDOW, LOOKS_PER_WINDOW } from '../../../../src/web/api/feed/watch.ts';
import { addAccount, addRole, basic, bearer, passwordOf } from '../../accounts.ts';
import { buildWebHouse, type WebHouse } from '../../support.ts';
import { EventReader } from '../event-reader.ts';

interface Messages {
  messages: { from: string; to: string; body?: string; isCut?: true; delivered: number; reason?: string }[];
  leftOut: number;
}
interface Channels {
  values: { name: string; perS: number; last: { body: string; isCut?: true } }[];
  leftOut: number;
}
interface Clients {
  joined: { id: string; protocol: string }[];
  left: { id: string; reason: string }[];
  rates: { id: string; receivedPerS: number; sentPerS: number }[];
  leftOut: number;
}

let house: WebHouse;
let origin: string;
const readers: EventReader[] = [];

beforeEach(async () => {
  house = await buildWebHouse();
  origin = await house.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await house.app.close();
});

async function open(query: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await EventReader.open(`${origin}/api/v1/events?${query}`, headers);
  readers.push(reader);
  return reader;
}

function say(to: string, body: string, more: Partial<MessageInit> = {}): void {
  const init: MessageInit = { from: 'lamp', to, kind: 'text', body, timestampMs: 5, ...more };
  house.hub.send(new Message(init), { passwords: true });
}

function join(id: string, protocol = 'mqtt', account?: string): MemorySession {
  const session = new MemorySession(id, protocol);
  house.hub.join(session, { account });
  return session;
}

/** Lets time go by, so that what waits is told. */
const pass = (ms = 100): void => {
  for (let at = 0; at < ms; at += 100) house.clock.advance(100);
};

const bodies = ({ messages }: Messages): (string | undefined)[] => messages.map(({ body }) => body);

describe('messages', () => {
  it('are told with what became of them', async () => {
    const page = await open('show=messages');
    house.hub.subscribe(join('listener'), 'kitchen/light');
    say('kitchen/light', 'on');
    say('nowhere', 'hello?');
    pass();
    expect(await page.next<Messages>('messages')).toEqual({
      messages: [
        {
          from: 'lamp',
          to: 'kitchen/light',
          kind: 'text',
          timestampMs: 5,
          body: 'on',
          size: 2,
          delivered: 1,
          refused: 0,
        },
        {
          ...{ from: 'lamp', to: 'nowhere', kind: 'text', timestampMs: 5, body: 'hello?', size: 6 },
          ...{ delivered: 0, refused: 0, reason: 'no_recipient' },
        },
      ],
      leftOut: 0,
    });
  });

  it.each([
    ['channel=kitchen/%2B', ['on', 'off']],
    ['channel=kitchen/light', ['on']],
    ['channel=garden&channel=kitchen/door', ['off', '1', 'hello']],
    ['client=lamp&channel=kitchen/%23', ['on']],
    ['kind=json', ['1']],
    ['text=ELLO', ['hello']],
  ])('are told where %s', async (filter, wanted) => {
    const page = await open(`show=messages&${filter}`);
    say('kitchen/light', 'on');
    say('kitchen/door', 'off', { from: 'door' });
    say('garden', '1', { kind: 'json' });
    say('garden', 'hello');
    pass();
    expect(bodies(await page.next('messages'))).toEqual(wanted);
  });

  it('are a part of those that come where there are many, and the others are counted', async () => {
    const page = await open('show=messages&text=wanted');
    const traffic = new ClientTraffic(house.metrics, 'mqtt');
    for (let index = 0; index < 200; index++) {
      traffic.countReceived();
      say('flood', index % 2 === 0 ? 'wanted' : 'not');
    }
    pass();
    const { messages, leftOut } = await page.next<Messages>('messages');
    expect([messages.length, leftOut]).toEqual([LOOKS_PER_WINDOW / 2, 200 - LOOKS_PER_WINDOW]);
    // It is there again for the next window.
    say('flood', 'wanted again');
    pass();
    expect(bodies(await page.next('messages'))).toEqual(['wanted again']);
  });

  it('are few of those that come faster than anybody reads, until they come slower', async () => {
    const page = await open('show=messages,channels');
    const traffic = new ClientTraffic(house.metrics, 'mqtt');
    const flood = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index++) {
        traffic.countReceived();
        say('flood', `${index}`);
      }
      pass();
      const { messages, leftOut } = await page.next<Messages>('messages');
      expect(messages.length + leftOut).toBe(count);
      return messages.length;
    };
    const shown = [await flood(2500), await flood(2500), await flood(100), await flood(100)];
    expect(shown).toEqual([LOOKS_PER_WINDOW, LOOKS_PER_BUSY_WINDOW, LOOKS_PER_BUSY_WINDOW, LOOKS_PER_WINDOW]);
    const [flow] = (await page.next<Channels>('channels')).values;
    expect(flow?.perS).toBeGreaterThan(2500);
  });

  it('of private channels are told to nobody, nor what may be meant for one', async () => {
    const page = await open('show=messages,channels');
    house.hub.subscribe(join('one'), 'diary:secret');
    say('diary:secret', 'dear diary');
    say('later:secret', 'dear diary');
    say('diary', 'let me in');
    say('public', 'hello');
    pass(300);
    expect(bodies(await page.next('messages'))).toEqual(['hello']);
    expect((await page.next<Channels>('channels')).values.map(({ name }) => name)).toEqual(['public']);
  });

  it('are cut where they are long', async () => {
    const page = await open('show=messages,channels');
    say('log', 'x'.repeat(10_000));
    pass(300);
    const [message] = (await page.next<Messages>('messages')).messages;
    expect([message?.body?.length, message?.isCut]).toEqual([4096, true]);
    const [value] = (await page.next<Channels>('channels')).values;
    expect([value?.last.body.length, value?.last.isCut]).toEqual([512, true]);
    const named = await open('show=channels&channel=log&channel=other');
    say('log', 'x'.repeat(10_000));
    pass(300);
    expect((await named.next<Channels>('channels')).values[0]?.last.body.length).toBe(4096);
  });
});

describe('channels', () => {
  it('are told with their last message and how many a second there are', async () => {
    const page = await open('show=channels');
    for (let second = 0; second < 10; second++) {
      for (let index = 0; index < 5; index++) say('fast', `f${second}`);
      say('slow', `s${second}`);
      pass(1000);
    }
    const events = [await page.next<Channels>('channels')];
    await expect
      .poll(() => {
        events.push(...page.taken<Channels>('channels'));
        return events.some(({ values }) => values.some(({ last }) => last.body === 'f9'));
      })
      .toBe(true);
    const last = (name: string) => events.flatMap(({ values }) => values.filter((value) => value.name === name)).at(-1);
    expect(last('fast')?.perS).toBeGreaterThan(3.5);
    expect(last('fast')?.perS).toBeLessThan(6.5);
    expect(last('slow')?.perS).toBeGreaterThan(0.6);
    expect(last('slow')?.perS).toBeLessThan(1.4);
  });

  it('fall silent', async () => {
    const page = await open('show=channels');
    say('bell', 'ding');
    pass(30_000);
    const perS: number[] = [];
    while (perS.at(-1) !== 0) {
      perS.push(...(await page.next<Channels>('channels')).values.map((value) => value.perS));
    }
    expect(perS.length).toBeGreaterThan(1);
    const count = perS.length;
    pass(3000);
    perS.push(...page.taken<Channels>('channels').flatMap(({ values }) => values.map((value) => value.perS)));
    expect(perS.length).toBe(count);
  });
});

describe('clients', () => {
  it('are told as they come and go', async () => {
    const page = await open('show=clients');
    const lamp = join('lamp');
    join('door', 'oocsi');
    house.hub.leave(lamp, 'timeout');
    pass(300);
    const { joined, left } = await page.next<Clients>('clients');
    expect(joined.map(({ id, protocol }) => [id, protocol])).toEqual([['door', 'oocsi']]);
    expect(left).toEqual([{ id: 'lamp', reason: 'timeout' }]);
  });

  it('are told with how much they send and are sent, and when that ends', async () => {
    const counts = new ClientTraffic(house.metrics, 'mqtt');
    house.hub.join(Object.assign(new MemorySession('lamp', 'mqtt'), { counts }));
    const page = await open('show=clients');
    pass(1200);
    for (let index = 0; index < 24; index++) counts.countReceived();
    for (let index = 0; index < 12; index++) counts.countSent();
    pass(1200);
    expect((await page.next<Clients>('clients')).rates).toEqual([{ id: 'lamp', receivedPerS: 20, sentPerS: 10 }]);
    pass(1200);
    expect((await page.next<Clients>('clients')).rates).toEqual([{ id: 'lamp', receivedPerS: 0, sentPerS: 0 }]);
  });

  it('are as many as a page can show, and the others are counted', async () => {
    const page = await open('show=clients');
    for (let index = 0; index < 250; index++) join(`c${index}`);
    pass(300);
    const { joined, leftOut } = await page.next<Clients>('clients');
    expect([joined.length, leftOut]).toEqual([200, 50]);
  });
});

it('tells once a second how the gateway is doing', async () => {
  const page = await open('show=overview');
  join('lamp');
  pass();
  const first = await page.next('overview');
  pass(900);
  pass();
  const second = await page.next('overview');
  expect(first).toMatchObject({ clients: { online: 1 } });
  expect((second as { nowMs: number }).nowMs - (first as { nowMs: number }).nowMs).toBe(1000);
});

it('tells what its description says', async () => {
  const document = (await (await fetch(`${origin}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, { get: { 'x-events': Record<string, object> } }>;
  };
  const events = document.paths['/api/v1/events']?.get['x-events'] ?? {};
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document, 'api');
  const names = Object.keys(events);
  const page = await open(`show=${names.join(',')}`);
  house.hub.subscribe(join('listener'), 'door');
  say('door', 'open');
  pass(1000);
  for (const name of names) {
    const check = ajv.compile({ $ref: `api#/paths/~1api~1v1~1events/get/x-events/${name}` });
    check(await page.next(name));
    expect([name, check.errors]).toEqual([name, null]);
  }
});

describe('who may watch', () => {
  it('is told what it may hear, and of direct messages its own', async () => {
    addRole(house, 'left', [{ effect: 'allow', actions: ['send', 'subscribe'], topics: ['left/#', 'lena'] }]);
    const [lena, boss] = [
      await addAccount(house, 'lena', { role: 'left' }),
      await addAccount(house, 'boss', { role: 'admin' }),
    ];
    const [page, all] = [await open('show=messages', bearer(lena)), await open('show=messages', bearer(boss))];
    for (const id of ['lena', 'rita']) join(id, 'mqtt', id);
    for (const to of ['left/a', 'right/a', 'lena', 'rita']) say(to, `to ${to}`);
    pass();
    expect(bodies(await page.next('messages'))).toEqual(['to left/a', 'to lena']);
    expect(bodies(await all.next('messages'))).toEqual(['to left/a', 'to right/a', 'to lena', 'to rita']);
  });

  it('is told no more once its token is revoked', async () => {
    const token = await addAccount(house, 'lena');
    await addAccount(house, 'boss', { role: 'admin' });
    const page = await open('show=messages', bearer(token));
    await house.accounts.update('lena', (account) => ({ ...account, tokens: [] }));
    await page.ended();
    await expect(open('show=messages', bearer(token))).rejects.toThrow('401');
  });

  it('is told no more of what became of messages once it may not operate, whoever else has asked for the same', async () => {
    await addAccount(house, 'boss', { role: 'admin' });
    const [first, second] = await Promise.all([0, 1].map(() => open('show=trace', basic('boss', passwordOf('boss')))));
    say('door', 'open');
    pass(500);
    await second?.next('trace');
    // From here on it alone may tell what they may do.
    first?.close();
    const places = house.clock.timers;
    await expect.poll(() => house.clock.timers).toBeLessThan(places);
    await house.accounts.update('boss', (account) => ({ ...account, roles: ['viewer'] }));
    say('door', 'closed');
    pass(500);
    await second?.ended();
    expect(second?.taken('trace')).toEqual([]);
  });

  it('is told no more once it has signed out', async () => {
    await addAccount(house, 'lena', { password: 'correct horse' });
    const body = JSON.stringify({ account: 'lena', password: 'correct horse' });
    const signedIn = await fetch(`${origin}/api/v1/session`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json', origin } },
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await open('show=messages', { cookie });
    await fetch(`${origin}/api/v1/session`, { method: 'DELETE', headers: { cookie, origin } });
    await page.ended();
  });
});

describe('the gateway', () => {
  it('watches nothing while no page is open', async () => {
    const timers = house.clock.timers;
    const page = await open('show=overview,clients,channels,messages');
    expect(house.clock.timers).toBeGreaterThan(timers);
    page.close();
    await expect.poll(() => house.clock.timers).toBe(timers);
  });

  it('has a quarter of its streams for one account or address, and no more open than it can serve', async () => {
    const fill = (headers?: Record<string, string>): Promise<unknown> =>
      Promise.all(Array.from({ length: MAX_FEEDS / 4 }, () => open('show=overview', headers)));
    await fill();
    await expect(open('show=overview')).rejects.toThrow(/^429.*127\.0\.0\.1 has 25 streams of events/);
    for (const name of ['anna', 'bert', 'cleo']) {
      const proof = bearer(await addAccount(house, name));
      await fill(proof);
      if (name === 'anna') await expect(open('show=overview', proof)).rejects.toThrow(/^429.*anna has 25/);
    }
    await expect(open('show=overview', bearer(await addAccount(house, 'dora')))).rejects.toThrow('503');
    const [first] = readers;
    first?.close();
    await expect.poll(() => open('show=overview').then(() => 'open', String)).toBe('open');
  });

  it('says what is wrong with a question', async () => {
    for (const query of ['', 'show=weather', 'show=messages&kind=song', 'show=messages&colour=red']) {
      await expect(open(query)).rejects.toThrow('400');
    }
  });
});
