import { FakeClock } from '@crosscomm/testing/fake-clock';
import { describe, expect, it } from 'vitest';
import type { FamilySpec } from '../../src/common/metrics.ts';
import { measureLoopDelay } from '../../src/observability/loop-delay.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import { trafficOf } from '../../src/observability/traffic.ts';

const LAMPS: FamilySpec<'colour'> = {
  name: 'crosscomm_lamps_total',
  help: 'Lamps that were switched on, by their colour.',
  labels: ['colour'],
};

describe('the registry', () => {
  it('shows what a room has counted', () => {
    const registry = new MetricsRegistry();
    const red = registry.counters(LAMPS).of({ colour: 'red' });
    red.value++;
    red.value += 2;
    expect(registry.families()).toMatchObject([
      { name: 'crosscomm_lamps_total', type: 'counter', unit: undefined, labels: ['colour'], help: LAMPS.help },
    ]);
    expect(registry.families()[0]?.samples()).toEqual([{ labels: { colour: 'red' }, value: 3 }]);
    expect(registry.value(LAMPS.name, { colour: 'red' })).toBe(3);
    expect(registry.value(LAMPS.name, { colour: 'blue' })).toBe(0);
  });

  it('gives whoever asks again the same member', () => {
    const registry = new MetricsRegistry();
    const first = registry.counters(LAMPS).of({ colour: 'red' });
    expect(registry.counters(LAMPS).of({ colour: 'red' })).toBe(first);
    expect(registry.counters(LAMPS).of({ colour: 'blue' })).not.toBe(first);
    expect(trafficOf(registry, 'mqtt').sent).toBe(trafficOf(registry, 'mqtt').sent);
  });

  it('reads a gauge that somebody else keeps when it is looked at, and not before', () => {
    const registry = new MetricsRegistry();
    let reads = 0;
    registry.gauge({ name: 'crosscomm_room_bytes', help: 'Room.', unit: 'bytes' }, () => ++reads * 10);
    expect(reads).toBe(0);
    expect(registry.value('crosscomm_room_bytes')).toBe(10);
    registry.gauge<'lane'>({ name: 'crosscomm_lanes', help: 'Lanes.', labels: ['lane'] }, () => [
      [{ lane: 'left' }, 1],
      [{ lane: 'right' }, 2],
    ]);
    expect(registry.value('crosscomm_lanes', { lane: 'right' })).toBe(2);
    expect(registry.value('crosscomm_lanes')).toBe(3);
  });

  it('counts together what comes to more members than a family may have', () => {
    const registry = new MetricsRegistry();
    const lamps = registry.counters(LAMPS);
    for (let number = 0; number < 10_000; number++) lamps.of({ colour: `colour ${number}` }).value++;
    const samples = registry.families()[0]?.samples() ?? [];
    expect(samples.length).toBeLessThanOrEqual(501);
    expect(registry.value(LAMPS.name, { colour: 'other' })).toBe(9500);
    expect(registry.value(LAMPS.name)).toBe(10_000);
  });

  it.each([
    ['a name that is not its own', { name: 'lamps_total', help: 'Lamps.' }],
    ['a counter without _total', { name: 'crosscomm_lamps', help: 'Lamps.' }],
    ['a name without its unit', { name: 'crosscomm_lamps_total', help: 'Lamps.', unit: 'bytes' }],
    ['no sentence of help', { name: 'crosscomm_lamps_total', help: 'lamps' }],
  ] as const)('refuses %s', (_fault, spec) => {
    expect(() => new MetricsRegistry().counter(spec)).toThrow(spec.name);
  });

  it('refuses two different things under one name', () => {
    const registry = new MetricsRegistry();
    registry.counters(LAMPS);
    expect(() => registry.counter({ name: LAMPS.name, help: 'Something else.' })).toThrow('two different things');
  });
});

describe('the delay of the event loop', () => {
  it('is how much later than it should a timer comes', () => {
    const clock = new FakeClock();
    const registry = new MetricsRegistry();
    const stop = measureLoopDelay(clock, registry);
    clock.advance(10_000);
    const family = registry.families()[0];
    expect(family).toMatchObject({ name: 'crosscomm_event_loop_delay_seconds', type: 'histogram', unit: 'seconds' });
    expect(family?.buckets?.().counts[0]).toBe(10);
    expect(family?.buckets?.().sum).toBe(0);
    stop();
    clock.advance(10_000);
    expect(registry.value('crosscomm_event_loop_delay_seconds')).toBe(10);
  });

  it('goes into the bucket that it belongs to', () => {
    const registry = new MetricsRegistry();
    const delay = registry.histogram({ name: 'crosscomm_wait_seconds', help: 'Waits.', unit: 'seconds' }, [0.1, 1]);
    for (const seconds of [0.1, 0.2, 5]) delay.observe(seconds);
    expect(registry.families()[0]?.buckets?.()).toEqual({ bounds: [0.1, 1], counts: [1, 1, 1], sum: 5.3 });
  });
});
