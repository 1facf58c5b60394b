import { expect, test } from 'vitest';
import { apartMs, BeatDevice } from './beat-device.ts';
import { buildRoom, seeded } from './support.ts';
import { SyncStandIn } from './sync-stand-in.ts';

test('whoever asks for the beat is told how it stands, and then each pulse', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { sync: 'stage', periodMs: 500 });
  expect(told(ann)).toEqual([{ sync: 'stage', beat: 0, periodMs: 500, lateMs: 0 }]);
  pass(1000);
  expect(told(ann)).toEqual([
    { sync: 'stage', beat: 1, periodMs: 500, lateMs: 0 },
    { sync: 'stage', beat: 2, periodMs: 500, lateMs: 0 },
  ]);
});

test('who comes later is told how long ago the last pulse was, and has the period that there is', () => {
  const { join, say, told, pass } = buildRoom();
  say(join('ann').id, 'behaviours', { sync: 'stage', periodMs: 500 });
  pass(620);
  const ben = join('ben');
  say('ben', 'behaviours', { sync: 'stage', periodMs: 300 });
  expect(told(ben)).toEqual([{ sync: 'stage', beat: 1, periodMs: 500, lateMs: 120 }]);
});

test('who sets the period changes it for all', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { sync: 'stage', periodMs: 500 });
  say(join('ben').id, 'behaviours', { sync: 'stage', periodMs: 200, set: true });
  told(ann);
  pass(400);
  expect(told(ann).map(({ beat, periodMs }) => ({ beat, periodMs }))).toEqual([
    { beat: 1, periodMs: 200 },
    { beat: 2, periodMs: 200 },
  ]);
});

test('devices are at most 10 ms apart in a network with 5 ms of jitter, whatever their clocks, also who comes later', () => {
  const room = buildRoom();
  const { hub, clock } = room.house;
  const random = seeded(7);
  // One in fifty messages is lost, and one in a hundred comes a fifth of a second late.
  const delayMs = (): number | undefined => {
    const chance = random();
    if (chance < 0.02) return undefined;
    return (chance < 0.03 ? 200 : 2) + 5 * random();
  };
  // Quartz is wrong by some hundred millionths at most, an Uno's resonator by some thousandths.
  const drifts = [0, 0.0001, -0.0001, 0.00005, 0.00015, -0.00002, 0.003, -0.002];
  const begin = (drift: number, index: number): BeatDevice => {
    const device = new BeatDevice(`device-${index}`, clock, { drift, delayMs });
    hub.join(device);
    room.say(device.id, 'behaviours', { sync: 'stage', periodMs: 500 });
    return device;
  };
  const devices = drifts.map(begin);
  room.pass(30_000);
  for (const { pulses } of devices) pulses.length = 0;
  room.pass(300_000);
  const all = apartMs(devices);
  expect(all.length).toBeGreaterThan(590);
  expect(Math.max(...all)).toBeLessThanOrEqual(10);
  const late = begin(0.0001, drifts.length);
  room.pass(10_000);
  late.pulses.length = 0;
  room.pass(60_000);
  expect(Math.max(...apartMs([...devices, late]))).toBeLessThanOrEqual(10);
});

/** How many of a member's steps it is from the pulse of another that is next to each of a member's pulses. */
function stepsApart(member: SyncStandIn, others: readonly number[], fromMs: number): number[] {
  return member.pulses
    .filter((pulseMs) => pulseMs > fromMs)
    .map((pulseMs) => Math.min(...others.map((other) => Math.abs(other - pulseMs))) / member.stepMs);
}

/** A room in which a device of ours has the beat together with members of OOCSISync, for three minutes. */
function playTogether(members: { startMs: number; isOld?: boolean }[], oursStartMs: number) {
  const room = buildRoom();
  const { hub, clock } = room.house;
  const random = seeded(3);
  const standIns = members.map(
    (options, index) => new SyncStandIn(`java-${index}`, room, { ...options, periodMs: 2000, random }),
  );
  const device = new BeatDevice('device', clock, { drift: 0.0001, delayMs: () => 2 + 5 * random() });
  hub.join(device);
  clock.after(oursStartMs, () => room.say('device', 'behaviours', { sync: 'stage', periodMs: 500 }));
  room.pass(240_000);
  return { standIns, pulses: device.pulses.map(({ atMs }) => atMs) };
}

test.each([
  { title: 'one member', members: [{ startMs: 0 }], oursStartMs: 5300 },
  { title: 'one that comes later', members: [{ startMs: 9120 }], oursStartMs: 0 },
  {
    title: 'three that come one after the other',
    members: [{ startMs: 0 }, { startMs: 700 }, { startMs: 6100 }],
    oursStartMs: 1000,
  },
  { title: 'one of the time before 2018', members: [{ startMs: 1210, isOld: true }], oursStartMs: 0 },
])('our devices and OOCSISync pulse within one of its steps: $title', ({ members, oursStartMs }) => {
  const { standIns, pulses } = playTogether(members, oursStartMs);
  for (const member of standIns) {
    const steps = stepsApart(member, pulses, 120_000);
    expect(steps.length).toBeGreaterThan(50);
    expect(Math.max(...steps)).toBeLessThanOrEqual(1);
  }
});

test('a member that is alone with the gateway is told of each pulse as OOCSISync tells it', () => {
  const { house, join, say, told, pass } = buildRoom();
  const java = join('java');
  house.hub.subscribe(java, 'stage_sync');
  say(join('ann').id, 'behaviours', { sync: 'stage', periodMs: 500 });
  pass(1000);
  expect(told(java)).toEqual([
    { sync: 0, cycle: 0, handle: 'behaviours' },
    { sync: 0, cycle: 1, handle: 'behaviours' },
  ]);
});

test('a member that sends twice in one cycle, as when it is moved back by a step, is followed all the same', () => {
  const { join, say, told, pass } = buildRoom();
  const ann = join('ann');
  say('ann', 'behaviours', { sync: 'stage', periodMs: 500 });
  const sends = (afterMs: number): void => {
    pass(afterMs);
    say('java', 'stage_sync', { sync: 7, cycle: 3, handle: 'java_1' });
  };
  for (const afterMs of [0, 100, 2000, 2100, 100, 2000, 2100]) sends(afterMs);
  told(ann);
  pass(2100);
  expect(told(ann)).toEqual([expect.objectContaining({ periodMs: 2100 })]);
});
