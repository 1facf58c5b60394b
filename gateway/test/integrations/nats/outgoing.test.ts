import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBundle, readEnvelopes } from '../../../src/integrations/nats/bundle.ts';
import { encodeEnvelope } from '../../../src/integrations/nats/envelope.ts';
import { Outgoing } from '../../../src/integrations/nats/outgoing.ts';
import { RemoteInterest } from '../../../src/integrations/nats/remote-interest.ts';

/** What goes out in one turn, and what was published. */
class Way {
  isUp = true;
  readonly remote = new RemoteInterest();
  readonly counts = { sent: { value: 0 }, received: { value: 0 }, dropped: { value: 0 } };
  readonly published: { subject: string; texts: string[] }[] = [];
  readonly #turn: (() => void)[] = [];
  readonly outgoing: Outgoing;

  constructor() {
    const way = this;
    this.outgoing = new Outgoing({
      bus: {
        get isUp() {
          return way.isUp;
        },
        maxPayload: 2 ** 20,
        request: async () => undefined,
        serve: () => () => {},
        subscribe: () => () => {},
        publish: (subject, payload) => {
          if (!way.isUp || payload.length > 2 ** 20) return false;
          way.published.push({ subject, texts: read(payload).texts });
          return true;
        },
      },
      ...{ remote: this.remote, counts: this.counts, soon: (run) => this.#turn.push(run) },
    });
  }

  say(subject: string, ...texts: string[]): void {
    for (const text of texts) this.outgoing.add(subject, Buffer.from(text));
  }

  endTurn(): void {
    for (const run of this.#turn.splice(0)) run();
  }
}

function read(payload: Uint8Array): { texts: string[]; isWhole: boolean } {
  const texts: string[] = [];
  const isWhole = readEnvelopes(payload, (envelope) => texts.push(Buffer.from(envelope).toString()));
  return { texts, isWhole };
}

test('what one turn sends to one subject goes in one message, and all of it in the order in which it was sent', () => {
  const way = new Way();
  way.say('x', 'one', 'two', 'three');
  way.say('y', 'four');
  way.say('x', 'five', 'six');
  way.endTurn();
  way.say('x', 'seven');
  way.endTurn();
  expect(way.published).toEqual([
    { subject: 'x', texts: ['one', 'two', 'three'] },
    { subject: 'y', texts: ['four'] },
    { subject: 'x', texts: ['five', 'six'] },
    { subject: 'x', texts: ['seven'] },
  ]);
  expect(way.counts.sent.value).toBe(7);
});

test('a gateway of an earlier version is sent each message by itself, until it is gone', () => {
  const way = new Way();
  way.remote.note('old', false);
  way.say('x', 'one', 'two');
  way.endTurn();
  expect(way.published.map(({ texts }) => texts)).toEqual([['one'], ['two']]);
  way.remote.clear('old');
  way.say('x', 'three', 'four');
  way.endTurn();
  expect(way.published.at(-1)?.texts).toEqual(['three', 'four']);
});

test('a message goes before those of the next turn when something else is sent after it', () => {
  const way = new Way();
  way.say('x', 'one');
  way.outgoing.flush();
  expect(way.published).toEqual([{ subject: 'x', texts: ['one'] }]);
  way.endTurn();
  expect(way.published).toHaveLength(1);
});

test('what cannot go out is counted message by message, and one that no server takes is refused at once', () => {
  const way = new Way();
  way.say('x', 'one', 'two');
  way.isUp = false;
  way.endTurn();
  expect(way.counts).toMatchObject({ sent: { value: 0 }, dropped: { value: 2 } });
  way.isUp = true;
  way.say('x', 'three');
  expect(way.outgoing.add('x', Buffer.alloc(2 ** 20 + 1))).toBe(false);
  expect(way.outgoing.add('x', Buffer.alloc(2 ** 19))).toBe(true);
  way.endTurn();
  expect(way.counts).toMatchObject({ sent: { value: 2 }, dropped: { value: 3 } });
  expect(way.published[0]).toEqual({ subject: 'x', texts: ['three'] });
});

test('no bundle has more than 64 KB', () => {
  const way = new Way();
  for (let each = 0; each < 100; each++) way.outgoing.add('x', Buffer.alloc(2000, 97));
  way.endTurn();
  expect(way.published.map(({ texts }) => texts.length)).toEqual([32, 32, 32, 4]);
});

test('a bundle is read as it was written, one that is cut short is not whole, and an envelope is no bundle', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (texts, cut) => {
      const bundle = encodeBundle(texts.map((text) => Buffer.from(text)));
      expect(read(bundle)).toEqual({ texts, isWhole: true });
      const part = read(bundle.subarray(0, 1 + (cut % bundle.length)));
      expect(part.texts).toEqual(texts.slice(0, part.texts.length));
      expect(part.texts.length < texts.length).toBe(1 + (cut % bundle.length) < bundle.length);
    }),
  );
  const message = { from: 'a', to: 'b', kind: 'text', body: 'hi', timestampMs: 1 } as const;
  const envelope = encodeEnvelope({ message, number: 1 });
  expect(read(envelope)).toEqual({ texts: [envelope.toString()], isWhole: true });
});
