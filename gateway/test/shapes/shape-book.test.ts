import { FakeClock } from '@crosscomm/testing/fake-clock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ShapeBook } from '../../src/shapes/shape-book.ts';

let clock: FakeClock;
let book: ShapeBook;

beforeEach(() => {
  clock = new FakeClock();
  book = new ShapeBook(clock);
});

function say(to: string, ...bodies: unknown[]): void {
  for (const body of bodies) {
    book.note({ to, kind: 'json', body: typeof body === 'string' ? body : JSON.stringify(body) });
    clock.advance(1000);
  }
}

describe('what the gateway learns of a channel', () => {
  it('is the fields of its messages in their order, with types, ranges and how often they come', () => {
    say('lab', { temperature: 21.5, humidity: 43, on: true }, { temperature: 20, humidity: 51, on: false });
    say('lab', { temperature: 22, humidity: 40, on: true, note: 'warm' });
    expect(book.of('lab')).toEqual({
      channel: 'lab',
      messages: 3,
      everyMs: 1000,
      fields: [
        { name: 'temperature', types: ['number'], isOptional: false, min: 20, max: 22 },
        { name: 'humidity', types: ['integer'], isOptional: false, min: 40, max: 51 },
        { name: 'on', types: ['boolean'], isOptional: false },
        { name: 'note', types: ['text'], isOptional: true, maxLength: 4 },
      ],
      hasMore: false,
    });
  });

  it.each([
    ['21.5', { types: ['number'], min: 21.5, max: 21.5 }],
    ['hello', { types: ['text'], maxLength: 5 }],
    ['[not json', { types: ['text'], maxLength: 9 }],
    ['"quoted"', { types: ['text'], maxLength: 6 }],
    ['[1, 2.5, "a"]', { types: ['array'], maxLength: 3, items: ['number', 'text'] }],
    ['null', { types: ['null'] }],
    ['', { types: ['text'], maxLength: 0 }],
  ])('is the message itself where that is no object: %s', (body, expected) => {
    say('x', body);
    expect(book.of('x')?.fields).toEqual([{ name: '', isOptional: false, ...expected }]);
  });

  it('names bytes and files, which JSON has no word for', () => {
    book.note({ to: 'raw', kind: 'bytes', body: new Uint8Array([1]) });
    book.note({ to: 'raw', kind: 'image', body: 'cat.jpg' });
    expect(book.of('raw')?.fields).toEqual([{ name: '', types: ['bytes', 'file'], isOptional: false }]);
  });

  it('knows fields that a message shares with every object by their own values alone', () => {
    say('x', '{"__proto__": 1, "constructor": "a"}');
    expect(book.of('x')?.fields.map(({ name, types }) => [name, types])).toEqual([
      ['__proto__', ['integer']],
      ['constructor', ['text']],
    ]);
  });
});

describe('the memory that it takes', () => {
  it('has 64 fields of a channel, and says that there are more', () => {
    say('wide', Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`f${index}`, index])));
    expect(book.of('wide')?.fields).toHaveLength(64);
    expect(book.of('wide')?.hasMore).toBe(true);
    say('long', { ['n'.repeat(101)]: 1, short: 1 });
    expect(book.of('long')).toMatchObject({ fields: [{ name: 'short' }], hasMore: true });
  });

  it('leaves out messages that are too long to look at', () => {
    say('long', JSON.stringify({ text: 'x'.repeat(5000) }));
    expect(book.of('long')).toBeUndefined();
  });

  it('forgets the channel that said nothing for longest, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 }))),
        (said) => {
          const small = new ShapeBook(new FakeClock(), { maxChannels: 4, maxFields: 20 });
          for (const [to, body] of said) small.note({ to: `c${to}`, kind: 'dict', body: JSON.stringify(body) });
          const names = [...small.channels()];
          expect(names.length).toBeLessThanOrEqual(4);
          expect(names.at(-1)).toBe(said.length === 0 ? undefined : `c${said.at(-1)?.[0]}`);
          const fields = names.map((name) => small.of(name)?.fields.length ?? 0);
          expect(fields.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(20);
        },
      ),
    );
  });
});
