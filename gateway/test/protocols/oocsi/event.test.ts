import { expect, it } from 'vitest';
import { readEvent } from '../../../src/protocols/oocsi/event.ts';

const read = (text: string, plain = true) => readEvent('anna', 'room', text, plain, 1000);

it.each([
  ['{"a":1} trailing', '{"a":1}'],
  ['{"a":1}{"b":2}', '{"a":1}'],
  ['{"a":"}"}]', '{"a":"}"}'],
  ['{} {"_DELAY":5}', '{}'],
])('delivers the object that %j begins with', (text, object) => {
  for (const plain of [true, false]) {
    const { message, options, fault } = read(text, plain);
    expect(message.text).toBe(object);
    expect(options).toBeUndefined();
    expect(fault).toBeUndefined();
  }
});

it('takes options from the object alone', () => {
  expect(read('{"_DELAY":5} {"_DELAY":9}').options).toEqual({ retainMs: undefined, delayMs: 5000 });
});

it.each(['{"a":1', '{a:1} x', '{"a":}{"b":2}', `${'{"a":'.repeat(100)}1${'}'.repeat(100)} x`])(
  'delivers an empty message for %j, and says what is wrong',
  (text) => {
    const { message, fault } = read(text);
    expect(message.text).toBe('{}');
    expect(fault).toMatch(/at character \d+$/);
  },
);

it('takes text that begins with anything else as data', () => {
  expect(read('hello {"a":1}').message.text).toBe('{"data":"hello {\\"a\\":1}"}');
  expect(read('[1] x').message.text).toBe('{"data":"[1] x"}');
});
