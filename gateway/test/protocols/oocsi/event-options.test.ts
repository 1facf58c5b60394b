import { describe, expect, it } from 'vitest';
import { scanObject } from '../../../src/common/json/scan.ts';
import { mayHaveOptions, readOptions } from '../../../src/protocols/oocsi/event-options.ts';

const NOW = new Date(2026, 0, 2, 3, 4, 5).getTime();
const read = (text: string) => readOptions(scanObject(text));

describe('the fields with a meaning', () => {
  it('are looked for only where there is one that begins with an underscore', () => {
    expect(mayHaveOptions('{"a":1}')).toBe(false);
    expect(mayHaveOptions('{"_DELAY":1}')).toBe(true);
  });

  it.each([
    ['{"_RETAIN":60}', 60_000],
    ['{"_RETAIN":"60"}', 60_000],
    ['{"_RETAIN":1.5}', 1500],
    ['{"_RETAIN":1e9}', 172_800_000],
    ['{"_RETAIN":"99999999999999999999"}', 172_800_000],
  ])('%s keeps the message', (text, retainMs) => {
    expect(read(text)).toEqual({ retainMs, dueMs: undefined });
  });

  it.each([
    ['{"_DELAY":5}', 5000],
    ['{"_DELAY":"5"}', 5000],
    ['{"_DELAY":5.9}', 5000],
    ['{"_SCHEDULE":"2026-01-03 03:04:05","_DELAY":1}', 1000],
  ])('%s sends it later', (text, delayMs) => {
    expect(read(text)).toEqual({ retainMs: undefined, delayMs });
  });

  it.each([
    ['{"_SCHEDULE":"2026-01-02 03:04:06"}', NOW + 1000],
    ['{"_SCHEDULE":"2026-01-03 03:04:05"}', new Date(2026, 0, 3, 3, 4, 5).getTime()],
    ['{"_SCHEDULE":"2025-01-02 03:04:05"}', new Date(2025, 0, 2, 3, 4, 5).getTime()],
  ])('%s sends it then', (text, dueMs) => {
    expect(read(text)).toEqual({ retainMs: undefined, dueMs });
  });

  it('keep the last value of each field', () => {
    expect(read('{"_RETAIN":"keep","light":1}')).toEqual({ keep: true });
    expect(read('{"_RETAIN":"keep","_DELAY":1}')).toEqual({ keep: true, retainMs: undefined, delayMs: 1000 });
  });

  it('work together', () => {
    expect(read('{"_DELAY":1,"_RETAIN":2}')).toEqual({ retainMs: 2000, delayMs: 1000 });
  });

  it.each([
    '{"_RETAIN":0}',
    '{"_RETAIN":-1}',
    '{"_RETAIN":"1.5"}',
    '{"_RETAIN":"x"}',
    '{"_RETAIN":true}',
    '{"_RETAIN":[60]}',
    '{"_DELAY":0.9}',
    '{"_DELAY":"-5"}',
    '{"_DELAY":1e300}',
    '{"_DELAY":{}}',
    '{"_SCHEDULE":"2026-02-30 00:00:00"}',
    '{"_SCHEDULE":"2026-13-01 00:00:00"}',
    '{"_SCHEDULE":"2026-03-01 24:00:00"}',
    '{"_SCHEDULE":"2026-03-01 00:60:00"}',
    '{"_SCHEDULE":"2026-03-01T00:00:00"}',
    '{"_SCHEDULE":"tomorrow"}',
    '{"_SCHEDULE":20260301}',
    '{"_MESSAGE_ID":"5"}',
  ])('%s means nothing', (text) => {
    expect(read(text)).toBeUndefined();
  });
});
