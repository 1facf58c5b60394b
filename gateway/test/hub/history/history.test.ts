import { buildHouse, type HouseOptions, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { compileFunctions } from '../../../src/hub/functional/compile.ts';
import { Message } from '../../../src/hub/message.ts';

const LIMITS = { channels: ['#'], maxMessages: 100, maxBytes: 100_000, maxChannels: 100, maxAgeMs: 3_600_000 };

interface Room extends TestHouse {
  join(id: string): MemorySession;
  say(to: string, body: string, options?: { retainMs?: number; keep?: boolean; from?: string }): void;
}

function room(history: Partial<typeof LIMITS> = {}, options: HouseOptions = {}): Room {
  const house = buildHouse({ compile: compileFunctions, history: { ...LIMITS, ...history }, ...options });
  const join = (id: string): MemorySession => {
    const session = new MemorySession(id);
    house.hub.join(session);
    return session;
  };
  const say: Room['say'] = (to, body, { from = 'lena', ...how } = {}) => {
    const kind = body.startsWith('{') ? 'dict' : 'text';
    house.hub.send(new Message({ from, to, kind, body, timestampMs: house.clock.now() }), how);
    house.clock.advance(1000);
  };
  return { ...house, join, say };
}

const bodies = ({ received }: MemorySession): unknown[] => received.map(({ body }) => body);

describe('a late subscriber', () => {
  it('hears the last messages first, then what is said, each once and in order', () => {
    const { hub, join, say } = room();
    for (let number = 1; number <= 5; number++) say('news', String(number));
    const late = join('late');
    expect(hub.subscribe(late, 'news[replay(3)]')).toBe('subscribed');
    say('news', '6');
    expect(bodies(late)).toEqual(['3', '4', '5', '6']);
    expect(late.received.map(({ to }) => to)).toEqual(Array(4).fill('news[replay(3)]'));
    expect(late.received[0]?.from).toBe('lena');
  });

  it('hears what was said within a time', () => {
    const { hub, clock, join, say } = room();
    say('news', 'old');
    clock.advance(60_000);
    say('news', 'new');
    const late = join('late');
    hub.subscribe(late, 'news[since("30s")]');
    expect(bodies(late)).toEqual(['new']);
  });

  it('is told by a clock that does not step', () => {
    const { hub, clock, join, say } = room();
    say('news', 'a minute ago');
    clock.advance(60_000);
    clock.jumpTo(1);
    const late = join('late');
    hub.subscribe(late, 'news[since("2m")]');
    hub.subscribe(join('later'), 'news[since("30s")]');
    expect(bodies(late)).toEqual(['a minute ago']);
  });

  it('gets of the past, too, what the other functions of its channel make of it', () => {
    const { hub, join, say } = room();
    for (const celsius of [10, 25, 30]) say('weather', `{"celsius":${celsius}}`);
    const late = join('late');
    hub.subscribe(late, 'weather[replay(2);filter(celsius > 26);transform(k, celsius + 273)]');
    expect(bodies(late)).toEqual(['{"celsius":30,"k":303.0}']);
  });

  it('hears by a topic filter the last of each channel, in the order in which they were said', () => {
    const { hub, join, say } = room();
    for (const [to, body] of [
      ['a/x', '1'],
      ['b/x', '2'],
      ['a/x', '3'],
      ['a/y', '4'],
      ['b/x', '5'],
      ['a/x', '6'],
    ] as const)
      say(to, body);
    const late = join('late');
    hub.subscribe(late, '+/x[replay(2)]');
    expect(bodies(late)).toEqual(['2', '3', '5', '6']);
  });

  it('gets what is retained once, whether it is among the last or older', () => {
    const { hub, join, say } = room();
    say('sign', 'open', { retainMs: 1e9 });
    const first = join('first');
    hub.subscribe(first, 'sign[replay(5)]');
    expect(bodies(first)).toEqual(['open']);
    say('lamp', '{"on":true}', { keep: true });
    say('lamp', '{"level":3}', { keep: true });
    const second = join('second');
    hub.subscribe(second, 'lamp[replay(1)]');
    expect(bodies(second)).toEqual(['{"on":true,"level":3}', '{"level":3}']);
  });

  it('hears nothing again when it comes back, but where it asks again', () => {
    const { hub, join, say } = room();
    say('news', '1');
    const before = join('late');
    hub.subscribe(before, 'news[replay(1)]');
    hub.leave(before, 'closed');
    const back = join('late');
    expect(bodies(back)).toEqual([]);
    hub.subscribe(back, 'news[replay(1)]');
    say('news', '2');
    expect(bodies(back)).toEqual(['1', '2']);
  });

  it('is refused a wish that is none', () => {
    const { hub, join } = room();
    expect(hub.subscribe(join('late'), 'news[replay(all)]')).toBe('malformed');
  });
});

describe('what is remembered', () => {
  it('is what was said since somebody first asked, where the configuration names no channels', () => {
    const { hub, join, say } = room({ channels: ['weather/#'] });
    say('news', 'before');
    say('weather/roof', 'rain');
    const [first, second] = [join('first'), join('second')];
    hub.subscribe(first, 'news[replay(9)]');
    say('news', 'after');
    hub.subscribe(second, 'news[replay(9)]');
    hub.subscribe(second, 'weather/roof[replay(9)]');
    expect([bodies(first), bodies(second)]).toEqual([['after'], ['after', 'rain']]);
  });

  it('begins with a topic filter, too, as many as there is room for', () => {
    const { hub, join, say } = room({ channels: [] }, { maxSubscriptions: 1000 });
    const asker = join('asker');
    for (let number = 0; number < 101; number++) hub.subscribe(asker, `+/${number}[replay(1)]`);
    for (const number of [0, 1, 100]) say(`a/${number}`, String(number));
    const late = join('late');
    for (const number of [0, 1, 100]) hub.subscribe(late, `a/${number}[replay(1)]`);
    expect(bodies(late)).toEqual(['1', '100']);
  });

  it('is nothing that was for one client, or for those who know a password, or that is the gateway’s own', () => {
    const { hub, join, say } = room();
    const [anna, ben] = [join('anna'), join('ben')];
    hub.subscribe(ben, 'club:secret');
    say('anna', 'for you');
    say('club:secret', 'for us');
    say('all', 'for all');
    expect([bodies(anna), bodies(ben)]).toEqual([['for you'], ['for us']]);
    const wish = { most: 9, withinMs: 1e9 };
    for (const name of ['anna', 'club', 'club:secret', 'all']) expect(hub.history.ask(name, wish)).toEqual([]);
    hub.leave(ben, 'left');
    const late = join('late');
    hub.subscribe(late, 'club:secret[replay(9)]');
    expect(bodies(late)).toEqual([]);
  });

  it('is nothing where there is no room for it', () => {
    const { hub, join, say } = room({ maxBytes: 0 });
    say('news', '1');
    const late = join('late');
    hub.subscribe(late, 'news[replay(9)]');
    say('news', '2');
    expect(bodies(late)).toEqual(['2']);
  });

  it('is counted', () => {
    const { metrics, say } = room({ maxBytes: 4000 });
    for (let number = 0; number < 9; number++) say('news', 'x'.repeat(500));
    const [messages, bytes] = ['messages', 'bytes'].map((what) => metrics.value(`crosscomm_history_${what}`));
    expect(messages).toBeGreaterThan(0);
    expect(messages).toBeLessThan(9);
    expect(bytes).toBeLessThanOrEqual(4000);
  });
});
