import { expect, test } from 'vitest';
import { DeviceLog } from '../../src/protocols/device-log.ts';

test('the log keeps the last lines, the oldest first', () => {
  const log = new DeviceLog(3);
  for (let number = 1; number <= 5; number++) log.add('line', `line ${number}`, number);
  expect(log.lines().map((line) => line.text)).toEqual(['line 3', 'line 4', 'line 5']);
  expect(log.lines()[0]).toEqual({ timeMs: 3, kind: 'line', text: 'line 3' });
});

test('the log of a device that said little has no gaps', () => {
  const log = new DeviceLog(3);
  log.add('noise', 'x', 1);
  expect(log.lines()).toEqual([{ timeMs: 1, kind: 'noise', text: 'x' }]);
});

test('the log counts every line by its kind', () => {
  const log = new DeviceLog(1);
  log.add('line', 'a', 1);
  log.add('noise', 'b', 2);
  log.add('noise', 'c', 3);
  expect(log.counts).toEqual({ line: 1, noise: 2, too_long: 0 });
});

test('a long line is kept only in part', () => {
  const log = new DeviceLog();
  log.add('line', 'x'.repeat(100_000), 1);
  expect(log.lines()[0]?.text.length).toBeLessThan(1000);
});
