// biome-ignore-all lint/suspicious/noTemplateCurlyInString: automations have their values written so.
import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Automations } from '../../src/automations/automations.ts';
import { includesFilter } from '../../src/automations/filters.ts';
import { automations as section } from '../../src/config/automations.ts';
import { Message } from '../../src/hub/message.ts';
import { TopicTrie } from '../../src/hub/topic-trie.ts';

const MINUTE_MS = 60_000;
const WARM = {
  ...{ name: 'warm', when: 'sensors/+', if: 'celsius > 26', edge: 'rising' },
  send: [{ channel: 'fan/${$2}', body: { celsius: '${celsius}' } }],
};

interface Room extends TestHouse {
  automations: Automations;
  ears: MemorySession;
  say(to: string, body: object): void;
  /** What these would have sent, as `AUTOMATION CHANNEL BODY`, and what is said of them. */
  tryOut(...given: object[]): { sent: string[]; told: object[] };
}

function buildRoom(configured: object[] = [], maxBytes = 2 ** 20): Room {
  const house = buildHouse();
  const { hub, clock } = house;
  const automations = new Automations({
    ...{ ...house, maxBytes, config: section.parse(configured) },
    mayHear: (account, channel) => account === undefined || channel === 'sensors/kitchen',
    maySend: (account, to) => account === undefined || to === 'allowed',
    report: (incident) => house.incidents.report(incident),
  });
  onTestFinished(() => automations.stop());
  const ears = new MemorySession('ears');
  hub.join(ears);
  hub.subscribe(ears, '#');
  hub.join(new MemorySession('somebody'));
  return {
    ...{ ...house, automations, ears },
    say(to, body) {
      const text = JSON.stringify(body);
      hub.send(new Message({ from: 'somebody', to, kind: 'dict', body: text, timestampMs: clock.now() }));
    },
    tryOut(...given) {
      const { run } = automations.tryOut(given.length === 0 ? undefined : section.parse(given));
      const sent = run.firings.map(({ automation, to, body }) => `${automation} ${to} ${body}`);
      return { sent, told: [...run.automations] };
    },
  };
}

/** Lets what was said reach the automations. */
const settle = () => new Promise<void>((resolve) => queueMicrotask(resolve));

describe('a dry run', () => {
  it('says what automations of the configuration would have sent, with the times at which it was, and sends nothing', async () => {
    const { automations, clock, ears, say } = buildRoom([{ ...WARM, holdMs: 5000 }]);
    const beginMs = clock.now();
    say('sensors/kitchen', { celsius: 27 });
    await settle();
    clock.advance(60_000);
    say('sensors/kitchen', { celsius: 20 });
    await settle();
    const heard = ears.received.length;
    const { run, heardSinceMs, untilMs } = automations.tryOut();
    const firing = { automation: 'warm', to: 'fan/kitchen', body: '{"celsius":27}', atMs: beginMs + 5000 };
    expect(run).toMatchObject({ messages: 2, firings: [firing], hasMore: false, automations: [{ fired: 1 }] });
    expect([heardSinceMs, untilMs]).toEqual([[beginMs], clock.now()]);
    expect(ears.received).toHaveLength(heard);
    expect(automations.states).toMatchObject([{ fired: 1 }]);
  });

  it('tries others on what was heard, and remembers from then on what nobody had looked at', async () => {
    const { say, clock, automations, tryOut } = buildRoom([WARM]);
    say('sensors/kitchen', { celsius: 22 });
    say('doors/front', { open: true });
    await settle();
    const cold = {
      name: 'cold',
      when: 'sensors/kitchen',
      if: 'celsius < 23',
      send: [{ channel: 'stove', body: 'on' }],
    };
    const door = { name: 'door', when: 'doors/+', send: [{ channel: 'bell', body: '${$2}' }] };
    expect(tryOut(cold, door).sent).toEqual(['cold stove on']);
    clock.advance(MINUTE_MS);
    say('doors/back', { open: true });
    await settle();
    expect(tryOut(cold, door).sent).toEqual(['cold stove on', 'door bell back']);
    const { heardSinceMs, untilMs } = automations.tryOut(section.parse([cold, door]));
    expect(heardSinceMs).toEqual([untilMs - MINUTE_MS, untilMs - MINUTE_MS]);
    expect(automations.states).toMatchObject([{ config: { name: 'warm' }, fired: 0 }]);
  });

  it('remembers an hour, and within its room, and says from when on', async () => {
    const { say, clock, automations, tryOut } = buildRoom([WARM], 64 * 1024);
    say('sensors/early', { celsius: 30 });
    await settle();
    clock.advance(61 * MINUTE_MS);
    say('sensors/late', { celsius: 30 });
    await settle();
    expect(tryOut().sent).toEqual(['warm fan/late {"celsius":30}']);
    expect(automations.tryOut().heardSinceMs).toEqual([clock.now() - 60 * MINUTE_MS]);
    for (let each = 0; each < 200; each++) say('sensors/much', { celsius: each });
    await settle();
    clock.advance(1000);
    const { run, heardSinceMs, untilMs } = automations.tryOut();
    expect(run.messages).toBeGreaterThan(10);
    expect(run.messages).toBeLessThan(100);
    expect(heardSinceMs).toEqual([untilMs - 1000]);
  });

  it('says what would go wrong: a circle, a value that is missing, what may not be heard or sent', async () => {
    const { say, tryOut } = buildRoom([WARM]);
    say('sensors/kitchen', { celsius: 30 });
    say('sensors/cellar', { celsius: 30 });
    await settle();
    const circle = { name: 'circle', when: 'sensors/#', send: [{ channel: 'sensors/kitchen' }] };
    expect(tryOut(circle).told).toMatchObject([{ loop: ['circle', 'circle'] }]);
    const missing = { name: 'missing', when: 'sensors/kitchen', send: [{ channel: 'fan', body: '${humidity}' }] };
    expect(tryOut(missing)).toMatchObject({
      sent: [],
      told: [{ failed: 1, faults: [expect.stringContaining('missing')] }],
    });
    const lamps = (channel: string) => ({
      name: 'lamps',
      when: 'sensors/+',
      account: 'lamps',
      send: [{ channel, body: 'x' }],
    });
    expect(tryOut(lamps('forbidden'))).toMatchObject({
      sent: [],
      told: [{ faults: ['it may not send to forbidden'] }],
    });
    expect(tryOut(lamps('allowed')).sent).toEqual(['lamps allowed x']);
  });

  it('hears at most twenty filters for it, and goes on to hear those of the configuration', () => {
    const { hub, tryOut, automations } = buildRoom([WARM]);
    for (let each = 0; each < 50; each++) {
      tryOut({ name: 'other', when: `other/${each}`, send: [{ channel: 'x', body: 'x' }] });
    }
    const heard = [...hub.subscriptions(automations)];
    expect(heard).toHaveLength(21);
    expect(heard).toContain('sensors/+');
    expect(heard).toContain('other/49');
  });
});

it('whether a filter includes another one is so for every channel', () => {
  const level = fc.constantFrom('a', 'b', '$x', '');
  const filterLevel = fc.constantFrom('a', 'b', '$x', '', '+');
  const filters = fc
    .tuple(fc.array(filterLevel, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
    .filter((filter) => filter !== '');
  const channels = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  const matches = (filter: string, channel: string): boolean => {
    const trie = new TopicTrie<true>();
    trie.set(filter, filter, true);
    let isMatched = false;
    trie.match(channel, () => {
      isMatched = true;
    });
    return isMatched;
  };
  fc.assert(
    fc.property(filters, filters, channels, (wide, narrow, channel) => {
      if (includesFilter(wide, narrow) && matches(narrow, channel))
        expect([wide, channel, matches(wide, channel)]).toEqual([wide, channel, true]);
    }),
  );
  for (const [wide, narrow] of [
    ['#', 'a'],
    ['a/#', 'a'],
    ['a/#', 'a/+/b'],
    ['+/b', 'a/b'],
    ['a', 'a'],
  ] as const) {
    expect([wide, narrow, includesFilter(wide, narrow)]).toEqual([wide, narrow, true]);
  }
});
