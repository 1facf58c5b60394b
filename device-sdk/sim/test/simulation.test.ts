import { type Encodable, type Value, valueToJsonText } from '@crosscomm/protocol';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { describe, expect, it } from 'vitest';
import type { DevicePlan } from '../src/device.ts';
import type { Transport } from '../src/link.ts';
import { seededRandom } from '../src/random.ts';
import { parseReading } from '../src/reading.ts';
import { Simulation } from '../src/simulation.ts';

interface Run {
  /** What a device said, by device and reading, and its faults, by device and kind: each in its order. */
  values: Record<string, string[]>;
  faults: Record<string, string[]>;
}

/** A minute of three devices; `disturbance` is how late timers are, and how connections fail. */
function simulate(seed: number, disturbance: number): Run {
  const clock = new FakeClock();
  const chance = seededRandom(disturbance);
  const run: Run = { values: {}, faults: {} };
  const late = {
    now: () => clock.monotonicMs(),
    after: (ms: number, act: () => void) => clock.after(ms + chance() * 40, act),
  };
  const transport: Transport = {
    address: 'nowhere',
    connect: (_id, handler) => {
      const cancel = clock.after(chance() * 2000, () => handler.closed('it failed'));
      return { send: () => false, pause() {}, resume() {}, close: cancel };
    },
    stop: async () => {},
  };
  const readings = ['a/{id}:500ms:t=walk(0,100,5),s=sine(0,1,7s)', 'b/{id}:1s:random(0,1000)'].map((text, index) => {
    const plan = parseReading(text);
    const fields = plan.fields.map(({ key, shape }) => ({
      key,
      shape: (random: () => number) => {
        const next = shape(random);
        const who = `${index} ${key} ${random()}`;
        return (elapsedMs: number): Encodable => {
          const value = next(elapsedMs);
          run.values[who] = [...(run.values[who] ?? []), valueToJsonText(value as Value)];
          return value;
        };
      },
    }));
    return { ...plan, fields };
  });
  const plan: DevicePlan = {
    readings,
    subscribe: [],
    atMostOnce: false,
    receipts: true,
    maxFrame: 1024,
    window: 4096,
    faults: { loseLinkEveryMs: 3000, resetEveryMs: 5000, awayMs: 300, readBytesPerSecond: 0 },
  };
  const simulation = new Simulation({
    deviceIds: ['sim-1', 'sim-2', 'sim-3'],
    plan,
    transport,
    clock: late,
    seed,
    random: chance,
    handler: {
      fault: ({ id }, fault, awayMs) => {
        const who = `${id} ${fault}`;
        run.faults[who] = [...(run.faults[who] ?? []), awayMs.toFixed(6)];
      },
    },
  });
  simulation.start();
  clock.advance(60_000);
  simulation.finish();
  return run;
}

/** What both runs have had, cut to the shorter: a timer that is late may leave the last one out. */
function common(one: Record<string, string[]>, other: Record<string, string[]>): [object, object] {
  const cut = (of: typeof one, by: typeof one): object =>
    Object.fromEntries(Object.entries(of).map(([who, list]) => [who, list.slice(0, by[who]?.length ?? 0)]));
  return [cut(one, other), cut(other, one)];
}

describe('a simulation of one seed', () => {
  it('says the same values in the same order and has the same faults, however late its timers and its links are', () => {
    for (const disturbance of [2, 3, 4]) {
      const [first, again] = [simulate(42, 1), simulate(42, disturbance)];
      expect(Object.keys(again.values).sort()).toEqual(Object.keys(first.values).sort());
      expect(Object.values(first.values).every((list) => list.length > 50)).toBe(true);
      expect(Object.values(first.faults).every((list) => list.length > 3)).toBe(true);
      expect(Object.keys(first.faults)).toHaveLength(6);
      const [values, sameValues] = common(first.values, again.values);
      expect(sameValues).toEqual(values);
      const [faults, sameFaults] = common(first.faults, again.faults);
      expect(sameFaults).toEqual(faults);
    }
  });

  it('is unlike that of the next seed, also for another of its devices', () => {
    const ofSeed = (seed: number): string[] => Object.values(simulate(seed, 1).values).map(([first = '']) => first);
    const [one, two] = [ofSeed(42), ofSeed(43)];
    expect(new Set([...one, ...two]).size).toBeGreaterThan(one.length + two.length - 3);
  });
});
