import { expect, it } from 'vitest';
import type { SentMessage } from '../src/api/types.ts';
import { laidOut } from '../src/pages/conversation/laid-out.ts';
import { MessageLog, toJsonLines } from '../src/pages/conversation/message-log.ts';

const said = (body: string, timestampMs = 0): SentMessage => ({
  ...{ from: 'knob', to: 'lamp', kind: 'text', timestampMs, body, size: body.length, delivered: 1, refused: 0 },
});
const bodiesOf = (log: MessageLog) => log.messages.map(({ body }) => body);

it('a log begins with what the gateway remembers, and has what came meanwhile once', () => {
  const log = new MessageLog(10);
  log.add([said('b', 2), said('c', 3)], 0);
  expect(log.fill([said('a', 1), said('b', 2)], 0).map(({ body }) => body)).toEqual(['a']);
  expect(bodiesOf(log)).toEqual(['a', 'b', 'c']);
});

it('a log that missed something has that in its place, and each message once', () => {
  const log = new MessageLog(10);
  log.add([said('a', 1), said('b', 2)], 0);
  const mark = log.count;
  // The clock of the gateway was set back meanwhile.
  log.add([said('e', 0)], 0);
  const remembered = [said('b', 2), said('c', 3), said('d', 4), said('e', 0)];
  expect(log.fill(remembered, mark).map(({ body }) => body)).toEqual(['c', 'd']);
  expect(log.fill(remembered, log.count)).toEqual([]);
  expect([bodiesOf(log), log.count, log.newest?.body]).toEqual([['a', 'b', 'c', 'd', 'e'], 5, 'e']);
  expect(new Set(log.messages.map(({ number }) => number)).size).toBe(5);
});

it('what was cleared away does not come back', () => {
  const log = new MessageLog(10);
  log.add([said('a', 1)], 0);
  log.clear();
  log.fill([said('a', 1), said('b', 2)], log.count);
  expect(bodiesOf(log)).toEqual(['b']);
});

it('a log keeps the newest messages, and counts those that were left out', () => {
  const log = new MessageLog(2);
  log.add([said('a'), said('b')], 5);
  log.add([said('c')], 2);
  expect([bodiesOf(log), log.count, log.leftOut]).toEqual([['b', 'c'], 3, 7]);
  log.clear();
  expect([bodiesOf(log), log.leftOut]).toEqual([[], 0]);
});

it('messages are saved as the gateway told them, one in each line', () => {
  const log = new MessageLog(2);
  log.add([said('two\nlines')], 0);
  expect(toJsonLines(log.messages)).toBe(`${JSON.stringify(said('two\nlines'))}\n`);
});

it('JSON is laid out with its numbers as they were written, and any other text stays as it is', () => {
  expect(laidOut('{"a":1.0, "b" : [9007199254740993,"x, {y}: \\" z"],"c":{},"d":[]}')).toBe(
    [
      '{',
      '  "a": 1.0,',
      '  "b": [',
      '    9007199254740993,',
      '    "x, {y}: \\" z"',
      '  ],',
      '  "c": {},',
      '  "d": []',
      '}',
    ].join('\n'),
  );
  expect(['{a', 'hello', '12345678901234567890', ' [1'].map(laidOut)).toEqual([
    ...['{a', 'hello', '12345678901234567890', ' [1'],
  ]);
});
