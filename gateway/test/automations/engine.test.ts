// biome-ignore-all lint/suspicious/noTemplateCurlyInString: automations have their values written so.
import { expect, test } from 'vitest';
import { buildBench } from './support.ts';

const HOT = { name: 'hot', when: 'room/+', if: 'c > 26', send: [{ channel: 'fan/${$2}', body: 'on' }] };

test('sends for each message that fulfils the expression, with values of it', () => {
  const send = [
    { channel: 'fan/${$2}', body: { on: true, c: '${c}', text: '${round(c)} by ${$sender}', all: ['${deep}'] } },
    { channel: 'copy' },
  ];
  const { say, sent } = buildBench([{ ...HOT, send }]);
  say('room/kitchen', { c: 20, deep: {} });
  say('other', { c: 30 });
  expect(sent()).toEqual([]);
  say('room/kitchen', { c: 27.5, deep: { x: 1 } }, 'uno');
  expect(sent()).toEqual([
    'fan/kitchen {"on":true,"c":27.5,"text":"28 by uno","all":[{"x":1}]}',
    'copy {"c":27.5,"deep":{"x":1}}',
  ]);
});

test('takes a text or a number for `value`', () => {
  const { say, sent } = buildBench([
    { name: 'a', when: 'door', if: 'value == "open"', send: [{ channel: 'x', body: '$${${value}}' }] },
    { name: 'b', when: 'temp', if: 'value > 26', send: [{ channel: 'y', body: '${value * 2}' }] },
  ]);
  say('door', 'open');
  say('temp', '27.5');
  say('temp', '1');
  expect(sent()).toEqual(['x ${open}', 'y 55']);
});

test('with a rising edge sends once, for each channel on its own', () => {
  const { say, sent } = buildBench([{ ...HOT, edge: 'rising' }]);
  say('room/a', { c: 27 });
  say('room/a', { c: 28 });
  say('room/b', { c: 27 });
  say('room/a', { other: 1 });
  say('room/a', { c: 27 });
  expect(sent()).toEqual(['fan/a on', 'fan/b on']);
  say('room/a', { c: 20 });
  say('room/a', { c: 27 });
  expect(sent()).toEqual(['fan/a on']);
});

test('with a falling edge sends when it becomes false, but not before it was true', () => {
  const { say, sent } = buildBench([{ ...HOT, edge: 'falling' }]);
  say('room/a', { c: 20 });
  say('room/a', { c: 27 });
  expect(sent()).toEqual([]);
  say('room/a', { c: 20 });
  say('room/a', { c: 19 });
  expect(sent()).toEqual(['fan/a on']);
});

test('waits until it has held, and sends what came last', () => {
  const { say, sent, pass } = buildBench([{ ...HOT, holdMs: 1000, send: [{ channel: 'fan', body: '${c}' }] }]);
  say('room/a', { c: 27 });
  pass(900);
  say('room/a', { c: 20 });
  pass(900);
  say('room/a', { c: 28 });
  pass(500);
  say('room/a', { c: 29 });
  pass(499);
  expect(sent()).toEqual([]);
  pass(1);
  expect(sent()).toEqual(['fan 29']);
  pass(5000);
  say('room/a', { c: 30 });
  pass(5000);
  expect(sent()).toEqual([]);
});

test('what has held and waits to be quiet is sent, though it begins to hold again and does not', () => {
  const { say, sent, pass } = buildBench([{ ...HOT, holdMs: 1000, debounceMs: 5000 }]);
  say('room/a', { c: 27 });
  pass(1000);
  say('room/a', { c: 20 });
  say('room/a', { c: 27 });
  pass(500);
  say('room/a', { c: 20 });
  pass(3499);
  expect(sent()).toEqual([]);
  pass(1001);
  expect(sent()).toEqual(['fan/a on']);
});

test('counts how often within a time', () => {
  const { say, sent, pass } = buildBench([{ ...HOT, window: { count: 3, withinMs: 1000 } }]);
  for (const ms of [600, 600, 300, 0]) {
    say('room/a', { c: 27 });
    pass(ms);
  }
  expect(sent()).toEqual(['fan/a on']);
  say('room/a', { c: 27 });
  say('room/a', { c: 27 });
  expect(sent()).toEqual([]);
});

test('takes what bounces for one, and rests after it has sent', () => {
  const { say, sent, pass, engine } = buildBench([{ ...HOT, debounceMs: 100, pauseMs: 1000 }]);
  say('room/a', { c: 27 });
  pass(90);
  say('room/a', { c: 27 });
  pass(99);
  expect(sent()).toEqual([]);
  pass(1);
  expect(sent()).toEqual(['fan/a on']);
  say('room/a', { c: 27 });
  pass(500);
  expect(sent()).toEqual([]);
  expect([...engine][0]?.activity).toMatchObject({ fired: 1, heldBack: 1 });
  pass(500);
  say('room/a', { c: 27 });
  pass(100);
  expect(sent()).toEqual(['fan/a on']);
});

test('sends at its time of day only, also over midnight, and not while the time is not known', () => {
  const { say, sent, setMinute } = buildBench([{ ...HOT, between: ['22:00', '06:30'] }]);
  for (const minute of [21 * 60 + 59, 22 * 60, 0, 389, 390, undefined]) {
    setMinute(minute);
    say('room/a', { c: 27 });
    expect(sent()).toHaveLength(minute === 22 * 60 || minute === 0 || minute === 389 ? 1 : 0);
  }
});

test('keeps the windows of each channel apart', () => {
  const { say, sent } = buildBench([{ ...HOT, if: 'sum(c, 2) > 50' }]);
  say('room/a', { c: 26 });
  say('room/b', { c: 26 });
  expect(sent()).toEqual([]);
  say('room/a', { c: 26 });
  expect(sent()).toEqual(['fan/a on']);
});

test('says which value is missing, and sends nothing', () => {
  const { say, sent, faults } = buildBench([{ ...HOT, send: [{ channel: 'fan', body: '${humidity}' }] }]);
  say('room/a', { c: 27 });
  expect(sent()).toEqual([]);
  expect(faults).toEqual(['hot value: a value for what it sends to fan is missing in a message on room/a']);
});

test('one sets off the next, and one that sets itself off is stopped and named', () => {
  const { say, sent, faults, engine } = buildBench([
    { name: 'ping', when: 'a', send: [{ channel: 'b' }] },
    { name: 'pong', when: 'b', send: [{ channel: 'a' }] },
    { name: 'other', when: 'b', send: [{ channel: 'c' }] },
  ]);
  say('a', 'x');
  expect(sent()).toEqual(['b x', 'a x', 'c x']);
  expect(faults).toEqual(['ping loop: ping > pong > ping']);
  say('a', 'y');
  expect(sent()).toEqual([]);
  say('b', 'y');
  expect(sent()).toEqual(['a y', 'c y']);
  expect([...engine].map(({ activity }) => activity.loop)).toEqual([['ping', 'pong', 'ping'], undefined, undefined]);
});

test('sees a circle that waits for its time', () => {
  const { say, sent, pass, faults } = buildBench([{ name: 'a', when: 'a', debounceMs: 100, send: [{ channel: 'a' }] }]);
  say('a', 'x');
  pass(1000);
  expect(sent()).toEqual(['a x']);
  expect(faults).toEqual(['a loop: a > a']);
});

test('ends what would be without end', () => {
  const send = Array.from({ length: 5 }, () => ({ channel: 'next' }));
  const steps = Array.from({ length: 9 }, (_, step) => ({
    name: `step${step}`,
    when: `level${step}`,
    send: send.map(() => ({ channel: `level${step + 1}` })),
  }));
  const { say, sent, faults } = buildBench(steps);
  say('level0', 'x');
  expect(sent().length).toBeLessThanOrEqual(100);
  expect(faults.length).toBeGreaterThan(0);
});

test('sends no more often than it may', () => {
  const { say, sent, pass, faults } = buildBench([{ ...HOT, maxPerMinute: 2 }]);
  for (let count = 0; count < 5; count++) say('room/a', { c: 27 });
  expect(sent()).toHaveLength(2);
  expect(faults).toHaveLength(3);
  pass(60_000);
  say('room/a', { c: 27 });
  expect(sent()).toHaveLength(1);
});

test('forgets the channels that were used longest ago where there is no room', () => {
  const { say, sent, engine } = buildBench([{ ...HOT, edge: 'rising' }], { maxBytes: 50_000 });
  for (let room = 0; room < 500; room++) say(`room/${room}`, { c: 27 });
  expect(engine.bytes).toBeLessThanOrEqual(50_000);
  expect(engine.forgotten).toBeGreaterThan(400);
  sent();
  say('room/499', { c: 27 });
  expect(sent()).toEqual([]);
  say('room/0', { c: 27 });
  expect(sent()).toEqual(['fan/0 on']);
});

test('looks at nothing that it may not hear', () => {
  const { say, sent } = buildBench([HOT], { mayHear: (channel) => channel !== 'room/secret' });
  say('room/secret', { c: 27 });
  say('room/a', { c: 27 });
  expect(sent()).toEqual(['fan/a on']);
});
