import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ledger, type LedgerEntry } from '../../../../src/integrations/nats/shared/ledger.ts';
import { decodeRecord, encodeRecord, type SharedRecord } from '../../../../src/integrations/nats/shared/record.ts';
import { isLater } from '../../../../src/integrations/nats/shared/stamp.ts';

/** A gateway that does each step of `SharedRecords` when it is told to, and may end between any two. */
class Gateway {
  readonly here = new Map<string, string>();
  #kept: Record<string, LedgerEntry> | undefined;
  ledger: Ledger;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.ledger = new Ledger(name);
    this.restart(0);
  }

  restart(nowMs: number): void {
    this.ledger = new Ledger(this.#name, this.#kept);
    this.ledger.compare(this.here, nowMs, this.#kept === undefined);
    this.#save();
  }

  look(nowMs: number): void {
    if (this.ledger.compare(this.here, nowMs).length > 0) this.#save();
  }

  /** Takes what the servers have; ends after so many steps. */
  take(there: ReadonlyMap<string, SharedRecord>, nowMs: number, steps = 3): void {
    for (const record of there.values()) this.ledger.saw(record);
    this.look(nowMs);
    for (const [key, record] of there) {
      if (this.ledger.verdict(key, record) !== 'take') continue;
      this.ledger.adopt(key, record);
      if (steps > 0) this.#save();
      if (steps > 1) {
        if (record.text === undefined) this.here.delete(key);
        else this.here.set(key, record.text);
      }
      if (steps > 2) {
        this.ledger.adopted(key);
        this.#save();
      }
    }
  }

  tell(there: Map<string, SharedRecord>, nowMs: number): void {
    this.look(nowMs);
    for (const key of this.ledger.keys()) {
      const stamp = this.ledger.stampOf(key);
      if (stamp === undefined || !isLater(stamp, there.get(key))) continue;
      there.set(key, { timeMs: stamp.timeMs, gateway: stamp.gateway, text: this.here.get(key) });
    }
  }

  #save(): void {
    this.#kept = JSON.parse(JSON.stringify(this.ledger)) as Record<string, LedgerEntry>;
  }
}

test('whatever is changed, cut and killed, in the end all gateways have the same', () => {
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('set', 'set', 'remove', 'take', 'tell', 'die', 'off'),
    key: fc.constantFrom('a', 'b'),
    steps: fc.nat(2),
    skewMs: fc.integer({ min: -5, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const gateways = ['x', 'y', 'z'].map((name) => new Gateway(name));
      const there = new Map<string, SharedRecord>();
      steps.forEach(({ who, what, key, steps: done, skewMs }, at) => {
        const gateway = gateways[who] as Gateway;
        const nowMs = Math.max(0, 100 + at + skewMs);
        if (what === 'set') gateway.here.set(key, `${at}`);
        else if (what === 'remove') gateway.here.delete(key);
        else if (what === 'take') gateway.take(there, nowMs);
        else if (what === 'tell') gateway.tell(there, nowMs);
        else {
          if (what === 'die') gateway.take(there, nowMs, done);
          gateway.restart(nowMs);
        }
      });
      for (let round = 0; round < 3; round++) {
        for (const gateway of gateways) {
          gateway.tell(there, 1000);
          gateway.take(there, 1000);
        }
      }
      const [first, ...others] = gateways.map(({ here }) => Object.fromEntries([...here].sort()));
      for (const other of others) expect(other).toEqual(first);
    }),
    { numRuns: 500 },
  );
});

test('what was taken away elsewhere does not come back by a gateway that was killed while it heard so', () => {
  for (const steps of [0, 1, 2]) {
    const [one, two] = [new Gateway('one'), new Gateway('two')];
    const there = new Map<string, SharedRecord>();
    one.here.set('token', 'good');
    one.tell(there, 10);
    two.take(there, 11);
    one.here.delete('token');
    one.tell(there, 20);
    two.take(there, 21, steps);
    two.restart(500);
    two.take(there, 501);
    two.tell(there, 502);
    one.take(there, 503);
    expect([one.here.size, two.here.size]).toEqual([0, 0]);
  }
});

test('a gateway that comes for the first time takes what the others have, and brings what only it has', () => {
  const there = new Map<string, SharedRecord>();
  const old = new Gateway('old');
  old.here.set('ann', 'of the cluster');
  old.tell(there, 5);
  const fresh = new Gateway('fresh');
  fresh.here.set('ann', 'its own');
  fresh.here.set('bob', 'its own');
  fresh.ledger = new Ledger('fresh');
  fresh.ledger.compare(fresh.here, 900, true);
  fresh.take(there, 901);
  fresh.tell(there, 902);
  old.take(there, 903);
  expect(Object.fromEntries(old.here)).toEqual({ ann: 'of the cluster', bob: 'its own' });
  expect(Object.fromEntries(fresh.here)).toEqual({ ann: 'of the cluster', bob: 'its own' });
});

test('what is this gateway’s own is neither told nor a removal', () => {
  const ledger = new Ledger('one');
  ledger.compare(new Map([['r/lab', '[]']]), 5);
  expect(ledger.compare(new Map([['r/lab', null]]), 6)).toEqual([]);
  expect([...ledger.keys()]).toEqual([]);
});

test('a record is read as it was written, and what is none is not', () => {
  const record = { timeMs: 5, gateway: 'hall', text: '{"name":"ä"}' };
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
  const gone = { ...record, text: undefined };
  expect(decodeRecord(encodeRecord(gone))).toEqual(gone);
  for (const text of ['', '{', '[]', 'null', '{"v":2,"timeMs":1,"gateway":"a","text":null}', '{"v":1,"timeMs":-1}']) {
    expect(decodeRecord(Buffer.from(text))).toBeUndefined();
  }
});
