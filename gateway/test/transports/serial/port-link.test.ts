import { FakePorts, settle } from '@crosscomm/testing/fake-ports';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { DeviceLog } from '../../../src/protocols/device-log.ts';
import { SerialDevice } from '../../../src/protocols/lines/serial-device.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { explainOpenFailure } from '../../../src/transports/serial/port-fault.ts';
import { PortLink, type PortLinkOptions } from '../../../src/transports/serial/port-link.ts';

function buildLink(changes: Partial<PortLinkOptions> = {}, random = 0.5) {
  const house = buildHouse();
  const ports = new FakePorts();
  const budget = new QueueBudget(1 << 20);
  const deviceLog = new DeviceLog();
  const python = new MemorySession('python');
  house.hub.join(python);
  house.hub.subscribe(python, 'uno');
  const link = new PortLink({
    port: { path: '/dev/ttyACM0', baudRate: 115200, dropOnClose: true },
    open: ports.open,
    context: { ...house, random: () => random },
    turn: new WriteTurn(),
    budget,
    limits: { maxQueueBytes: 1000, fairShareBytes: 100 },
    maxRetryMs: 4000,
    lookAgain: async () => {},
    connect: (wire) => new SerialDevice(house, wire, { id: 'uno', channels: [], maxLineBytes: 64, deviceLog }),
    ...changes,
  });
  return { house, ports, link, python, budget, deviceLog, online: () => house.hub.client('uno')?.online ?? false };
}

test('a device joins when its port is open and leaves when it is gone', async () => {
  const { link, online, ports } = buildLink();
  await link.open();
  expect([link.state, online()]).toEqual(['open', true]);
  ports.last.unplug();
  expect([link.state, online()]).toEqual(['waiting', false]);
});

test('lines go both ways, however the bytes are cut', async () => {
  const { house, link, ports, python } = buildLink();
  await link.open();
  house.clock.advance(1000);
  for (const byte of '{"t":1}\r\n21.5\n') ports.last.say(byte);
  expect(python.received.map((message) => message.body)).toEqual(['{"t":1}', '21.5']);
  house.hub.send(new Message({ from: 'python', to: 'uno', kind: 'dict', body: '{"led":1}', timestampMs: 0 }));
  await settle();
  expect(ports.last.written()).toBe('{"from":"python","led":1}\n');
});

test('what comes at once after opening may lack its beginning', async () => {
  const { link, ports, python } = buildLink();
  await link.open();
  ports.last.say('.5\n21.5\n');
  expect(python.received.map((message) => message.body)).toEqual(['21.5']);
});

test('an endless line is skipped, and the next one counts', async () => {
  const { deviceLog, house, link, ports, python } = buildLink();
  await link.open();
  house.clock.advance(1000);
  for (let round = 0; round < 100; round++) ports.last.say('x'.repeat(60));
  ports.last.say('\nhello\n');
  expect(python.received.map((message) => message.body)).toEqual(['hello']);
  expect(deviceLog.counts).toEqual({ line: 1, noise: 0, too_long: 1 });
});

test('a port that does not open is tried again after longer and longer, up to the limit', async () => {
  const { house, link, ports } = buildLink({}, 0.999);
  ports.failure = new Error('Cannot lock port');
  await link.open();
  const delaysMs: number[] = [];
  for (let retry = 0; retry < 7; retry++) {
    const tries = ports.tries.length;
    let waitedMs = 0;
    while (ports.tries.length === tries && waitedMs < 10_000) {
      house.clock.advance(50);
      waitedMs += 50;
      await settle();
    }
    delaysMs.push(waitedMs);
  }
  expect(delaysMs).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
  expect(house.incidents.counts()['serial SERIAL_PORT']).toBe(8);
});

test('waiting times are spread, so that ports that failed together do not stay together', async () => {
  const { house, link, ports } = buildLink({}, 0);
  ports.failure = new Error('busy');
  await link.open();
  house.clock.advance(124);
  await settle();
  expect(ports.tries).toHaveLength(1);
  house.clock.advance(1);
  await settle();
  expect(ports.tries).toHaveLength(2);
});

test('a port that was in order for a while is tried again soon', async () => {
  const { house, link, ports } = buildLink();
  ports.failure = new Error('busy');
  await link.open();
  for (const ms of [250, 500, 1000]) {
    if (ms === 1000) ports.failure = undefined;
    house.clock.advance(ms);
    await settle();
  }
  expect(link.state).toBe('open');
  house.clock.advance(6000);
  ports.last.unplug();
  house.clock.advance(250);
  await settle();
  expect(link.state).toBe('open');
  expect(ports.opened).toHaveLength(2);
});

test('before a port is opened again, somebody looks whether it is still the same', async () => {
  let closeIt: () => void = () => {};
  const { house, link, ports } = buildLink({ lookAgain: async () => closeIt() });
  closeIt = () => void link.close();
  await link.open();
  ports.last.unplug();
  house.clock.advance(1000);
  await settle();
  expect(link.state).toBe('closed');
  expect(ports.opened).toHaveLength(1);
});

test('closing takes the device offline, writes what is queued, and is the end', async () => {
  const { house, link, online, ports } = buildLink();
  await link.open();
  house.hub.send(new Message({ from: 'python', to: 'uno', kind: 'text', body: 'bye', timestampMs: 0 }));
  const closed = link.close();
  expect(online()).toBe(false);
  await settle();
  expect(ports.last.written()).toBe('bye\n');
  await closed;
  expect(ports.last.closed).toBe(true);
  house.clock.advance(60_000);
  await settle();
  expect(ports.opened).toHaveLength(1);
});

test('closing while the port is being opened closes it', async () => {
  const { link, online, ports } = buildLink();
  const opening = link.open();
  await link.close();
  await opening;
  expect(ports.last.closed).toBe(true);
  expect(online()).toBe(false);
});

test('a device that does not read has its queue bounded, and gives its share back when it goes', async () => {
  const { budget, house, link, ports } = buildLink();
  await link.open();
  const send = () =>
    house.hub.send(new Message({ from: 'python', to: 'uno', kind: 'text', body: 'x'.repeat(63), timestampMs: 0 }));
  const refusals = Array.from({ length: 2000 }, () => send().reason).filter(Boolean);
  expect(new Set(refusals)).toEqual(new Set(['queue_full']));
  await settle();
  ports.last.unplug();
  await settle();
  expect(budget.usedBytes).toBe(0);
});

test.each([
  ['Error: Resource temporarily unavailable Cannot lock port', 'Another program has /dev/x open'],
  ['Error: Permission denied, cannot open /dev/x', 'group dialout'],
  ['Error: No such file or directory, cannot open /dev/x', 'not there any more'],
  ['Inappropriate ioctl for device', 'not a serial port'],
  ['something else', '/dev/x could not be opened'],
])('the failure %s is explained', (reason, words) => {
  const sentence = explainOpenFailure('/dev/x', new Error(reason));
  expect(sentence).toContain(words);
  expect(sentence).toContain(reason);
});
