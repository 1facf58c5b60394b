import { CODES } from '@crosscomm/protocol';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Ear } from './support/ear.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { flood, sumOf } from './support/flood.ts';
import { openFrameClient } from './support/frame-client.ts';
import { LIMITS, SUBJECT_SKETCH } from './support/settings.ts';
import { type Board, subjects } from './support/subject.ts';

/** What may wait for one client, in bytes: little, so that a flood finds it full. */
const QUEUE_BYTES = 4096;
/** So many numbers that none of the cases sees the last of them. */
const ENDLESS = 60_000;
/** More messages than an Uno's outbox can hold. */
const OUTBOX_MESSAGES = 14;

/** The whole numbers from `first` to `last`. */
const row = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe.each(subjects())('$name', (subject) => {
  const id = `${subject.model}-0`;
  let devices: FakeDevices;
  let gateway: GatewayProcess;
  let board: Board;
  let ear: Ear;

  beforeAll(async () => {
    devices = await makeFakeDevices();
    const ports = [{ path: devices.port('ttyACM1'), baudRate: 9600 }];
    // A board that starts anew whenever the gateway does would hide what a restart of the gateway alone can lose.
    const serial = { deviceDirectory: devices.directory, ports, resetOnOpen: false };
    gateway = new GatewayProcess({ serial, limits: { maxQueueBytes: QUEUE_BYTES } }, devices.env);
    const [{ mqtt }] = await Promise.all([
      gateway.start(),
      subject.make(SUBJECT_SKETCH).then((made) => {
        board = made;
      }),
    ]);
    ear = await Ear.open(mqtt.port, id);
    const joined = ear.said('temperature');
    await board.plugIn(devices.port('ttyACM0'));
    await joined;
  }, LIMITS.setUp);

  afterAll(async () => {
    await ear?.close();
    await board?.unplug();
    await gateway?.dispose();
    await devices?.remove();
  });

  beforeEach(() => {
    ear.counted.length = 0;
  });

  const numbers = (): number[] => ear.counted.map(({ n }) => n);

  test('pulled out and plugged in again, it hears what was said meanwhile', { timeout: LIMITS.test }, async () => {
    const answer = ear.said('led');
    await board.unplug();
    await ear.tell({ led: 1 });
    await board.plugIn(devices.port('ttyACM0'));
    expect(await answer).toMatchObject({ led: 1 });
  });

  test('pulled out, it is offline; plugged in again, it is online and says readings', {
    timeout: LIMITS.test,
  }, async () => {
    const offline = ear.presence('offline');
    await board.unplug();
    await offline;
    const online = ear.presence('online');
    await board.plugIn(devices.port('ttyACM0'));
    await online;
    expect(await ear.said('temperature')).toHaveProperty('temperature');
  });

  test('in a socket with a wrong baud rate it is noise; in the right one it is back', {
    timeout: LIMITS.test,
  }, async () => {
    const offline = ear.presence('offline');
    await board.move(devices.port('ttyACM1'));
    await board.reset();
    await offline;
    const isNoise = /"door":"serial","who":"serial-[^"]*","code":"PEER_MALFORMED"/;
    await expect.poll(() => gateway.program.errors, { timeout: LIMITS.event }).toMatch(isNoise);
    const reading = ear.said('temperature');
    await board.move(devices.port('ttyACM0'));
    expect(await reading).toHaveProperty('temperature');
  });

  test('reset in the middle of a burst, it loses no number and says none twice', {
    timeout: LIMITS.test,
  }, async () => {
    const middle = ear.number(40);
    await ear.tell({ burst: ENDLESS });
    await middle;
    const again = ear.startOfBoard();
    await board.reset();
    await again;
    await ear.number(Math.max(...numbers()) + 40);
    await ear.tell({ enough: 1 });
    await ear.settled();
    const last = Math.max(...numbers());
    const starts = [...new Set(ear.counted.map(({ start }) => start))];
    expect(starts, 'it started anew once').toHaveLength(2);
    expect(numbers()).toEqual(row(1, last));
  });

  test('while the gateway is killed and started again, no number is lost', { timeout: LIMITS.test }, async () => {
    const middle = ear.number(40);
    await ear.tell({ burst: ENDLESS });
    await middle;
    await gateway.kill();
    await gateway.start();
    await ear.number(Math.max(...numbers()) + 40);
    await ear.tell({ enough: 1 });
    await ear.settled();
    const last = Math.max(...numbers());
    expect([...new Set(numbers())].sort((a, b) => a - b)).toEqual(row(1, last));
    expect(new Set(ear.counted.map(({ start }) => start)).size, 'the board was not reset').toBe(1);
    // What was handed on and not yet noted when the power went.
    expect(numbers().length - last).toBeLessThanOrEqual(OUTBOX_MESSAGES);
  });

  test('flooded with 10 KB/s while it reads slowly, it reads whole all that receipts promised', {
    timeout: LIMITS.test,
  }, async () => {
    await ear.tell({ forget: 1, slow: 40 });
    const flooder = await openFrameClient(gateway.ready.http.port, 'flooder');
    const outcomes = await flood(flooder.client, id, { count: 300, bytesPerSecond: 10_000 });
    const book = await ear.book(flooder.client);
    flooder.close();
    await ear.tell({ slow: 0 });
    const promised = outcomes.flatMap(({ delivered }, index) => (delivered === 1 ? [index + 1] : []));
    const refused = outcomes.filter(({ delivered }) => delivered !== 1);
    expect(promised.length, 'some get through').toBeGreaterThan(20);
    expect(refused.length, 'it is too much').toBeGreaterThan(0);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([CODES.queue_full]));
    expect(book).toMatchObject({ count: promised.length, bad: 0, last: promised.at(-1), sum: sumOf(promised) });
  });

  if (subject.isSimulated) {
    test('on a line that damages one byte in 1,000, nothing is lost, repeated or corrupt', {
      timeout: LIMITS.test,
    }, async () => {
      await ear.tell({ forget: 1 });
      const teller = await openFrameClient(gateway.ready.http.port, 'teller');
      const end = ear.number(300);
      board.simulation?.setNoise(1000, 20);
      await ear.tell({ burst: 300 });
      const outcomes = await flood(teller.client, id, { count: 100, bytesPerSecond: 2_000 });
      await end;
      const book = await ear.book(teller.client);
      teller.close();
      board.simulation?.setNoise(0, 0);
      const promised = outcomes.flatMap(({ delivered }, index) => (delivered === 1 ? [index + 1] : []));
      expect(numbers()).toEqual(row(1, 300));
      expect(promised.length, 'much was told').toBeGreaterThan(20);
      expect(book).toMatchObject({ count: promised.length, bad: 0, last: promised.at(-1), sum: sumOf(promised) });
      expect((await board.simulation?.status())?.damaged, 'there was noise').toBeGreaterThan(0);
    });
  }
});
