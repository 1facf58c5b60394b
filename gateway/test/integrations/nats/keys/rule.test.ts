import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Change, decide, isLater, type Stamp, stampOf } from '../../../../src/integrations/nats/keys/rule.ts';

const change = (setMs: number, more: Partial<Change> = {}): Change => ({
  ...{ setMs, gateway: 'hall', seen: 10, isNews: true },
  ...more,
});
const entry = (sequence: number, stamp: Stamp | undefined, isSame = false) => ({ sequence, stamp, isSame });
const kitchen = (setMs: number): Stamp => ({ setMs, gateway: 'kitchen' });

test.each([
  ['nothing is there', change(5), undefined, 'write'],
  ['what is there was known, though by a clock that is ahead', change(5), entry(9, kitchen(99)), 'write'],
  ['what is there was not known, and is earlier', change(5), entry(11, kitchen(4)), 'write'],
  ['what is there was not known, and is later', change(5), entry(11, kitchen(6)), 'take'],
  ['both were set in one moment, and the other name is greater', change(5), entry(11, kitchen(5)), 'take'],
  ['it is there already', change(5), entry(11, { setMs: 5, gateway: 'hall' }), 'rest'],
  [
    'this gateway wrote what is there, by a clock that was ahead',
    change(5),
    entry(11, { setMs: 7, gateway: 'hall' }),
    'write',
  ],
  ['it was removed by no gateway', change(5), entry(11, undefined), 'write'],
  [
    'the same is there, and nothing was set',
    change(5, { isNews: false, seen: 0 }),
    entry(11, kitchen(9), true),
    'rest',
  ],
  ['the same is there, and was set here once more', change(5), entry(9, kitchen(4), true), 'write'],
] as const)('%s', (_what, own, found, decision) => {
  expect(decide(own, found)).toBe(decision);
});

test('what is written is later than what it takes the place of, also where the clock is behind', () => {
  expect(stampOf(change(5), kitchen(99))).toEqual({ setMs: 100, gateway: 'hall' });
  expect(stampOf(change(500), kitchen(99))).toEqual({ setMs: 500, gateway: 'hall' });
  expect(stampOf(change(5), undefined)).toEqual({ setMs: 5, gateway: 'hall' });
});

/** A bucket with one key. */
class Bucket {
  sequence = 0;
  value: { stamp: Stamp; text: string } | undefined;
}

/** A gateway as the rule sees it. */
class Gateway {
  text = '';
  seen = 0;
  change: Change | undefined;
  #found: Bucket['value'];
  #foundSequence = 0;
  #latestMs = 0;
  readonly #name: string;
  readonly #bucket: Bucket;

  constructor(name: string, bucket: Bucket) {
    this.#name = name;
    this.#bucket = bucket;
  }

  set(text: string, nowMs: number): void {
    this.#latestMs = Math.max(nowMs, this.#latestMs + 1, (this.change?.setMs ?? 0) + 1);
    this.text = text;
    this.change = { setMs: this.#latestMs, gateway: this.#name, seen: this.seen, isNews: true };
  }

  hear(): void {
    const { sequence, value } = this.#bucket;
    if (sequence <= this.seen || value === undefined) return;
    this.seen = sequence;
    this.#settle(sequence, value);
  }

  look(): void {
    this.#found = this.#bucket.value;
    this.#foundSequence = this.#bucket.sequence;
  }

  /** After `look`: others may have written meanwhile. */
  push(): void {
    const [sequence, found] = [this.#foundSequence, this.#found];
    if (this.change === undefined) return;
    if (found !== undefined && !this.#settle(sequence, found)) return;
    const stamp = stampOf(this.change, found?.stamp);
    this.change = { ...this.change, ...stamp };
    if (this.#bucket.sequence !== sequence) return;
    this.#bucket.sequence++;
    this.#bucket.value = { stamp, text: this.text };
    this.change = undefined;
  }

  #settle(sequence: number, { stamp, text }: NonNullable<Bucket['value']>): boolean {
    if (this.change !== undefined) {
      const decision = decide(this.change, entry(sequence, stamp, text === this.text));
      if (decision === 'write') return true;
      this.change = undefined;
      if (decision === 'rest') return false;
    }
    this.text = text;
    return false;
  }
}

function settleAll(gateways: readonly Gateway[]): void {
  for (let round = 0; round < 2 * gateways.length; round++) {
    for (const gateway of gateways) {
      gateway.hear();
      gateway.look();
      gateway.push();
    }
  }
  for (const gateway of gateways) gateway.hear();
}

const step = fc.record({
  who: fc.nat(2),
  does: fc.constantFrom('set', 'hear', 'look', 'push'),
  nowMs: fc.integer({ min: 0, max: 20 }),
});

test('whatever the order in which gateways set, look, write and hear, in the end all have what the bucket has', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bucket = new Bucket();
      const gateways = ['a', 'b', 'c'].map((name) => new Gateway(name, bucket));
      steps.forEach(({ who, does, nowMs }, index) => {
        const gateway = gateways[who] as Gateway;
        if (does === 'set') gateway.set(`value ${index}`, nowMs);
        else gateway[does]();
      });
      settleAll(gateways);
      expect(gateways.map(({ change: left }) => left)).toEqual([undefined, undefined, undefined]);
      const last = bucket.value?.text ?? '';
      expect(gateways.map(({ text }) => text)).toEqual([last, last, last]);
    }),
  );
});

test('of what was set on all sides of a cut the latest stays, whoever comes back first', () => {
  const sides = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(sides, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (times, order) => {
      const bucket = new Bucket();
      const gateways = ['a', 'b', 'c'].map((name) => new Gateway(name, bucket));
      times.forEach((setMs, index) => {
        gateways[index]?.set(`value ${index}`, setMs + 1);
      });
      settleAll(order.map((index) => gateways[index] as Gateway));
      const stamps = times.map((setMs, index) => ({ setMs, gateway: 'abc'[index] as string, text: `value ${index}` }));
      const latest = stamps.reduce((one, other) => (isLater(one, other) ? one : other));
      expect(bucket.value?.text).toBe(latest.text);
    }),
  );
});

test('whoever has heard everything ends what it sets, however wrong the clocks are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(2), fc.nat(20), (steps, who, nowMs) => {
      const bucket = new Bucket();
      const gateways = ['a', 'b', 'c'].map((name) => new Gateway(name, bucket));
      for (const { who: other, does, nowMs: at } of steps) {
        if (does === 'set') gateways[other]?.set('before', at * 1000);
        else gateways[other]?.[does]();
      }
      settleAll(gateways);
      gateways[who]?.set('last', nowMs);
      settleAll(gateways);
      expect(gateways.map(({ text }) => text)).toEqual(['last', 'last', 'last']);
    }),
  );
});
