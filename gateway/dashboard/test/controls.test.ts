import { describe, expect, it } from 'vitest';
import type { MessageView } from '../src/api/types.ts';
import { BoardValues } from '../src/pages/controls/board-values.ts';
import {
  colourFrom,
  colourValue,
  isSwitchedOn,
  messageOf,
  numberOf,
  switchValue,
  written,
} from '../src/pages/controls/outgoing.ts';

const said = (body: string, more: Partial<MessageView> = {}): MessageView => ({
  ...{ from: 'lamp', to: 'light', kind: 'dict', timestampMs: 1, body, size: body.length },
  ...more,
});

describe('the values of a board', () => {
  it('keep fields that a later message does not have', () => {
    const values = new BoardValues();
    values.take(said('{"led": 1, "colour": "warm"}'));
    values.take(said('{"led": 0}', { timestampMs: 2 }));
    expect(values.value('light', 'led')).toBe(0);
    expect(values.value('light', 'colour')).toBe('warm');
    expect(values.value('light', 'other')).toBeUndefined();
    expect(values.fieldsOf('light')).toEqual(['led', 'colour']);
  });

  it('are whole messages where there is no field, and none older than what is known', () => {
    const values = new BoardValues();
    values.take(said('21.5', { kind: 'json', timestampMs: 5 }));
    values.remember(said('20', { kind: 'json', timestampMs: 4 }));
    expect(values.value('light', undefined)).toBe(21.5);
    values.take(said('hello', { kind: 'text', timestampMs: 6 }));
    expect(values.value('light', undefined)).toBe('hello');
  });

  it('are what is said now, though the clock of the gateway was set back', () => {
    const values = new BoardValues();
    values.take(said('{"led": 1}', { timestampMs: 5000 }));
    values.take(said('{"led": 0}', { timestampMs: 4 }));
    expect(values.value('light', 'led')).toBe(0);
  });

  it('are bounded, whatever names fields have', () => {
    const values = new BoardValues();
    for (let index = 0; index < 1000; index++) values.take(said(`{"field${index}": 1}`, { timestampMs: index }));
    expect(values.fieldsOf('light').length).toBeLessThanOrEqual(200);
  });
});

describe('what a control sends', () => {
  const bound = { channel: 'light' };

  it.each([
    ['a field', { key: 'led', value: 1 }, 'dict', '{"led":1}'],
    ['a number', { value: 5 }, 'json', '5'],
    ['a number where there are texts', { value: 5, last: said('4', { kind: 'text' }) }, 'text', '5'],
    ['a text', { value: 'blink', last: said('1', { kind: 'json' }) }, 'text', 'blink'],
    ['a list', { value: [1, 2] }, 'json', '[1,2]'],
    ['an object', { value: { led: 1 } }, 'dict', '{"led":1}'],
  ] as [string, { key?: string; value: unknown; last?: MessageView }, string, string][])(
    'is %s',
    (_, { value, last, ...item }, kind, body) => {
      expect(messageOf({ ...bound, ...item }, value, last)).toEqual({ to: 'light', kind, body, retain: false });
    },
  );

  it('is retained where it is to be', () => {
    expect(messageOf({ ...bound, retain: true }, true)).toMatchObject({ retain: true });
  });

  it('is JSON that somebody wrote, or else a text', () => {
    expect([written('{"a": 1}'), written('1'), written('blink')]).toEqual([{ a: 1 }, 1, 'blink']);
  });
});

describe('a switch', () => {
  it.each([
    [true, false],
    [1, 0],
    ['on', 'off'],
    ['ON', 'OFF'],
    ['Open', 'Closed'],
    ['1', '0'],
  ])('says %s as %s was said', (on, off) => {
    expect([switchValue({}, true, off), switchValue({}, false, on)]).toEqual([on, off]);
  });

  it('says true where nothing was said, or what it was told to', () => {
    expect(switchValue({}, true, undefined)).toBe(true);
    expect(switchValue({}, true, 'warm')).toBe(true);
    expect(switchValue({ on: 'bright', off: '{"led": 0}' }, false, true)).toEqual({ led: 0 });
    expect(switchValue({ on: 'bright' }, true, 'ON')).toBe('bright');
  });

  it('knows whether it is on', () => {
    expect([isSwitchedOn({}, 'ON'), isSwitchedOn({}, 0), isSwitchedOn({}, 'warm')]).toEqual([true, false, undefined]);
    const told = { on: 'bright', off: '7' };
    expect([isSwitchedOn(told, 'bright'), isSwitchedOn(told, 7)]).toEqual([true, false]);
  });
});

it('a number is one also where it was said as text', () => {
  expect([numberOf('21.5'), numberOf(3), numberOf(true), numberOf(''), numberOf('warm')]).toEqual([
    ...[21.5, 3, 1],
    ...[undefined, undefined],
  ]);
});

it.each([
  ['#ff8000', '#0000ff'],
  ['ff8000', '0000ff'],
  [
    [255, 128, 0],
    [0, 0, 255],
  ],
  [
    [255, 128, 0, 9],
    [0, 0, 255, 0],
  ],
  [
    { r: 255, g: 128, b: 0 },
    { r: 0, g: 0, b: 255 },
  ],
  [
    { red: 255, green: 128, blue: 0 },
    { red: 0, green: 0, blue: 255 },
  ],
])('a colour that was said as %j is said so again', (last, next) => {
  expect(colourFrom(last)).toEqual([255, 128, 0]);
  expect(colourValue([0, 0, 255], last)).toEqual(next);
});

it('a colour is #rrggbb where none was said', () => {
  expect([colourValue([0, 0, 255], undefined), colourFrom('warm'), colourFrom(5)]).toEqual([
    '#0000ff',
    ...[undefined, undefined],
  ]);
});
