import { FakeClock } from '@crosscomm/testing/fake-clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Origins } from '../../../../src/integrations/nats/kept/origins.ts';
import { type Chain, Entry } from '../../../../src/integrations/nats/kept/outbox-entry.ts';
import { Publisher } from '../../../../src/integrations/nats/kept/publisher.ts';

const NOW: Chain = { generation: 2, run: 'now' };
const BEFORE: Chain = { generation: 1, run: 'before' };

function entryOf(number: number, chain = NOW): Entry {
  const payload = Buffer.alloc(10);
  return new Entry({ key: '', subject: 's', takenMs: 0, size: 100, write: 0, number, chain, payload });
}

/** A publisher, and a server that answers when it is told to. */
function world(entries: Entry[], isTooLarge: (entry: Entry) => boolean = () => false) {
  const clock = new FakeClock();
  const sent: { entry: Entry; floor: number; token: string }[] = [];
  const dropped: number[] = [];
  const acknowledged: number[] = [];
  const publisher = new Publisher({
    clock,
    source: {
      at: (position) => entries[position],
      shift: () => void entries.shift(),
    },
    publish: (entry, floor, token) => {
      sent.push({ entry, floor, token });
      return true;
    },
    hopeless: (entry) => (isTooLarge(entry) ? 'it is too large' : undefined),
    dropped: ({ number }) => void dropped.push(number),
    acknowledged: ({ number }) => void acknowledged.push(number),
  });
  return { clock, publisher, sent, dropped, acknowledged, entries };
}

describe('what waits for the servers', () => {
  it('sets out alone after a break, and up to a window at once when that came through', () => {
    const { publisher, sent } = world(Array.from({ length: 3000 }, (_, number) => entryOf(number)));
    publisher.more();
    expect(sent).toEqual([]);
    publisher.up();
    expect(sent).toHaveLength(1);
    publisher.answered(sent[0]?.token ?? '', undefined);
    expect(sent).toHaveLength(1001);
    publisher.stop();
  });

  it('is all sent again from the first that is refused, and answers to the attempt before count for nothing', () => {
    const { publisher, sent, clock, entries } = world([0, 1, 2, 3].map((number) => entryOf(number)));
    publisher.up();
    publisher.answered(sent[0]?.token ?? '', undefined);
    const [, one, two, three] = sent.splice(0);
    publisher.answered(two?.token ?? '', undefined);
    publisher.answered(one?.token ?? '', 'no leader');
    expect(publisher.fault).toBe('no leader');
    publisher.answered(three?.token ?? '', undefined);
    clock.advance(100);
    expect(sent.map(({ entry }) => entry.number)).toEqual([1]);
    publisher.answered(sent[0]?.token ?? '', undefined);
    expect(sent.map(({ entry, floor }) => [entry.number, floor])).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
    expect(publisher.fault).toBeUndefined();
    expect(entries.map(({ number }) => number)).toEqual([2, 3]);
    publisher.stop();
  });

  it('is sent again when nobody answers, after longer and longer pauses', () => {
    const { publisher, sent, clock } = world([entryOf(0)]);
    publisher.up();
    clock.advance(60_000);
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.length).toBeLessThan(15);
    publisher.stop();
  });

  it('is left out where no server takes it', () => {
    const { publisher, sent, dropped } = world([entryOf(0), entryOf(1)], ({ number }) => number === 0);
    publisher.up();
    expect(dropped).toEqual([0]);
    expect(sent.map(({ entry }) => entry.number)).toEqual([1]);
    publisher.stop();
  });

  it('of an earlier run is through before anything of this one sets out', () => {
    const { publisher, sent } = world([entryOf(7, BEFORE), entryOf(8, BEFORE), entryOf(0)]);
    publisher.up();
    publisher.answered(sent[0]?.token ?? '', undefined);
    expect(sent.map(({ entry }) => entry.number)).toEqual([7, 8]);
    publisher.answered(sent[1]?.token ?? '', undefined);
    expect(sent.map(({ entry }) => entry.number)).toEqual([7, 8, 0]);
    publisher.stop();
  });

  it('begins a chain with one message alone, also where its first can never be sent', () => {
    const entries = [entryOf(7, BEFORE), entryOf(0), entryOf(1), entryOf(2)];
    const { publisher, sent } = world(entries, ({ number }) => number === 0);
    publisher.up();
    publisher.answered(sent[0]?.token ?? '', undefined);
    expect(sent.map(({ entry }) => entry.number)).toEqual([7, 1]);
    publisher.answered(sent[1]?.token ?? '', undefined);
    expect(sent.map(({ entry }) => entry.number)).toEqual([7, 1, 2]);
    publisher.stop();
  });

  it('comes through once and in order, whatever the servers lose, refuse or answer late', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('store' as const),
        keeps: fc.boolean(),
        answers: fc.constantFrom('yes', 'no', 'late'),
      }),
      fc.record({ do: fc.constantFrom('up' as const, 'down' as const, 'wait' as const, 'late' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.uniqueArray(fc.nat(39)), (steps, tooLarge) => {
        const isTooLarge = ({ chain, number }: Entry) => tooLarge.includes(chain === NOW ? number + 10 : number);
        const before = Array.from({ length: 10 }, (_, number) => entryOf(number, BEFORE));
        const now = Array.from({ length: 30 }, (_, number) => entryOf(number));
        const meant = [...before, ...now].filter((entry) => !isTooLarge(entry));
        const { publisher, sent, clock, entries } = world([...before, ...now], isTooLarge);
        const origins = new Origins([], () => {});
        const heard: Entry[] = [];
        const late: string[] = [];
        let sequence = 0;
        const store = (keeps: boolean, answers: string): void => {
          const next = sent.shift();
          if (next === undefined) return;
          const { entry, floor, token } = next;
          const { run } = entry.chain;
          if (keeps && origins.standing(run, entry.number, floor) === 'next') {
            heard.push(entry);
            origins.note(run, entry.number, ++sequence);
          }
          if (keeps && answers === 'late') late.push(token);
          else if (keeps && answers === 'yes') publisher.answered(token, undefined);
          else if (!keeps) publisher.answered(token, 'refused');
        };
        publisher.up();
        for (const each of steps) {
          if (each.do === 'store') store(each.keeps, each.answers);
          else if (each.do === 'wait') clock.advance(4000);
          else if (each.do === 'late') publisher.answered(late.shift() ?? '', undefined);
          else {
            sent.length = 0;
            publisher[each.do]();
          }
        }
        publisher.down();
        sent.length = 0;
        publisher.up();
        for (let tries = 0; entries.length > 0 && tries < 1000; tries++) {
          if (sent.length === 0) clock.advance(5000);
          store(true, 'yes');
        }
        publisher.stop();
        expect(heard).toEqual(meant);
      }),
    );
  });
});
