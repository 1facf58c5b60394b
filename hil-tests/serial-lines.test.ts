import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Message } from '../gateway/src/hub/message.ts';
import { type AvrBoard, type BoardOptions, startBoard } from './support/avr-board.ts';
import { buildSimulator, buildSketch } from './support/avr-build.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { openSerialHouse, type SerialHouse } from './support/serial-house.ts';
import { LIMITS } from './support/settings.ts';

const require = createRequire(import.meta.url);

vi.setConfig({ testTimeout: LIMITS.test });

/** What a first run compiles, while others compile, too. */
beforeAll(async () => {
  await buildSimulator();
  for (const sketch of ['uno-lines', 'uno-println']) await buildSketch(sketch, 'uno');
  await buildSketch('uno-lines', 'mega');
}, LIMITS.setUp);

let devices: FakeDevices;
let house: SerialHouse | undefined;
let boards: AvrBoard[];

beforeEach(async () => {
  devices = await makeFakeDevices();
  boards = [];
});

afterEach(async () => {
  await house?.close();
  house = undefined;
  await Promise.all(boards.map((board) => board.unplug()));
  await devices.remove();
});

async function plugIn(name: string, options: Partial<BoardOptions> = {}): Promise<AvrBoard> {
  const board = await startBoard({ sketch: 'uno-lines', link: devices.port(name), ...options });
  boards.push(board);
  return board;
}

/** A house that looks for boards in the directory of fake devices. */
async function openHouse(serial: object = {}): Promise<SerialHouse> {
  house = await openSerialHouse({ deviceDirectory: devices.directory, ...serial });
  return house;
}

const isJoinOf = (id: string) => (coming: { what: string; id: string }) => coming.what === 'join' && coming.id === id;
const isLeaveOf = (id: string) => (coming: { what: string; id: string }) => coming.what === 'leave' && coming.id === id;
/** What the board says first: it hears what is said to it from then on, and not what came before its firmware ran. */
const isAwake = (message: Message): boolean => hasField('temperature')(message);
const hasField = (name: string) => (message: Message) => message.kind === 'dict' && name in JSON.parse(message.text);

test('an Uno that appears joins by itself, and its temperature reaches who listens', async () => {
  const { comings, listen } = await openHouse();
  const python = listen('python', 'serial-SIM-ttyACM0');
  const uno = await plugIn('ttyACM0');
  uno.setAdc(0, 715);
  await comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  const message = await python.messages.waitFor(
    (message) => hasField('temperature')(message) && JSON.parse(message.text).temperature > 20,
  );
  expect(message.from).toBe('serial-SIM-ttyACM0');
  expect(JSON.parse(message.text).temperature).toBeCloseTo(21.5, 0);
});

test('a message to the board switches its LED, and the board says so', async () => {
  const { comings, listen, sendDict } = await openHouse();
  const python = listen('python', 'serial-SIM-ttyACM0');
  const uno = await plugIn('ttyACM0');
  await comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  await python.messages.waitFor(isAwake);
  sendDict('python', 'serial-SIM-ttyACM0', { led: 1 });
  await uno.waitForPin('LED', 1);
  expect((await python.messages.waitFor(hasField('led'))).text).toBe('{"led":1}');
  sendDict('python', 'serial-SIM-ttyACM0', { led: false });
  await uno.waitForPin('LED', 0);
  expect((await python.messages.waitFor(hasField('led'))).text).toBe('{"led":0}');
});

test('a board answers an OOCSI call', async () => {
  const { comings, listen, sendDict } = await openHouse();
  const python = listen('python', 'serial-SIM-ttyACM0');
  await plugIn('ttyACM0');
  await comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  await python.messages.waitFor(isAwake);
  sendDict('python', 'serial-SIM-ttyACM0', { celsius: 20, _MESSAGE_HANDLE: 'toFahrenheit', _MESSAGE_ID: 'call-1' });
  const answer = await python.messages.waitFor(hasField('fahrenheit'));
  expect(answer.to).toBe('python');
  expect(JSON.parse(answer.text)).toEqual({ _MESSAGE_ID: 'call-1', fahrenheit: 68 });
});

test('a configured board has its name and channels, and two boards talk to their own', async () => {
  const { comings, listen, sendDict, listener } = await openHouse({
    ports: [{ path: devices.port('ttyACM1'), name: 'lamp', channels: ['lights'] }],
  });
  const python = listen('python', 'lamp', 'lights');
  const other = await plugIn('ttyACM0');
  const lamp = await plugIn('ttyACM1', { board: 'mega' });
  await comings.waitFor(isJoinOf('lamp'));
  await python.messages.waitFor(isAwake);
  sendDict('python', 'lights', { led: 1 });
  await lamp.waitForPin('LED', 1);
  expect((await other.status()).received).toBe(0);
  expect(listener.ports().map(({ id, state }) => `${id} ${state}`)).toContain('lamp open');
});

test('a sketch that only prints lines takes part with text', async () => {
  const { listen } = await openHouse();
  const python = listen('python', 'serial-SIM-ttyACM0');
  const uno = await plugIn('ttyACM0', { sketch: 'uno-println' });
  uno.setAdc(0, 715);
  const message = await python.messages.waitFor((message) => Number(message.body) > 20);
  expect(message.kind).toBe('text');
  expect(Number(message.text)).toBeCloseTo(21.5, 0);
});

test('a board that is unplugged is offline at once, and back at its return', async () => {
  const { comings, listen } = await openHouse();
  const python = listen('python', 'serial-SIM-ttyACM0');
  const first = await plugIn('ttyACM0');
  await python.messages.waitFor(hasField('temperature'));
  const pulledMs = performance.now();
  await first.unplug();
  const left = await comings.waitFor(isLeaveOf('serial-SIM-ttyACM0'));
  await plugIn('ttyACM0');
  const pluggedMs = performance.now();
  const joined = await comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  const [offlineMs, onlineMs] = [left.atMs - pulledMs, joined.atMs - pluggedMs].map(Math.round);
  process.stderr.write(`unplugged: offline after ${offlineMs} ms; plugged in: online after ${onlineMs} ms\n`);
  expect(offlineMs).toBeLessThan(30_000);
  expect(onlineMs).toBeLessThan(30_000);
});

test('a wrong baud rate is counted as noise, logged with the device, and sent to nobody', async () => {
  const opened = await openHouse({ baudRate: 9600 });
  const python = opened.listen('python', 'serial-SIM-ttyACM0');
  await plugIn('ttyACM0', { garble: true });
  await opened.comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  await expect.poll(() => opened.devices.log('serial-SIM-ttyACM0')?.counts.noise).toBeGreaterThan(1);
  await expect.poll(() => opened.faults()['serial PEER_MALFORMED']).toBeGreaterThan(1);
  python.close();
  await expect(python.messages.waitFor(() => true)).rejects.toThrow('closed');
});

const HOLD_PORT = `
const { SerialPort } = require(process.argv[1]);
const port = new SerialPort({ path: process.argv[2], baudRate: 115200 }, (error) => {
  if (error) throw error;
  console.log('held');
  port.resume();
});
`;

test('a port that another program has open is tried again until it is free', async () => {
  await plugIn('ttyACM0');
  const holder = spawn(process.execPath, ['-e', HOLD_PORT, require.resolve('serialport'), devices.port('ttyACM0')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const { comings, listener, faults } = await openHouse();
  await expect.poll(() => faults()['serial SERIAL_PORT']).toBeGreaterThan(0);
  expect(listener.ports()).toMatchObject([
    { id: 'serial-SIM-ttyACM0', state: expect.stringMatching('waiting|opening') },
  ]);
  holder.kill();
  await comings.waitFor(isJoinOf('serial-SIM-ttyACM0'));
  expect(faults()['serial SERIAL_PORT']).toBeGreaterThan(0);
});

test.each([
  [true, 2],
  [false, 1],
  [undefined, 2],
])(
  'with resetOnOpen %s, an Uno has been reset %d times after the gateway started twice',
  async (resetOnOpen, resets) => {
    const uno = await plugIn('ttyACM0', { resetOnOpen: true });
    const { comings, reopen } = await openHouse(resetOnOpen === undefined ? {} : { resetOnOpen });
    const id = 'serial-SIM-ttyACM0';
    await comings.waitFor(isJoinOf(id));
    await uno.waitFor((event) => event.event === 'host' && event.open);
    await expect.poll(() => flagsOf(uno.path)).toContain(resetOnOpen === false ? '-hupcl' : ' hupcl');
    // A board looks at its port now and then: it would not see one that is closed for less.
    await reopen(() => uno.waitFor((event) => event.event === 'host' && !event.open));
    await comings.waitFor(isJoinOf(id));
    await uno.waitFor((event) => event.event === 'host' && event.open);
    await uno.unplug();
    let count = 0;
    for await (const event of uno.events()) if (event.event === 'reset') count++;
    expect(count).toBe(resets);
  },
);

test('an ESP32’s USB chip keeps its lines when the gateway goes, because dropping them could start its boot loader', async () => {
  await devices.describe('ttyUSB0', { ID_VENDOR_ID: '10c4', ID_SERIAL_SHORT: '0001' });
  const board = await plugIn('ttyUSB0', { resetOnOpen: true });
  const { comings } = await openHouse();
  await comings.waitFor(isJoinOf('serial-0001'));
  await expect.poll(() => flagsOf(board.path)).toContain('-hupcl');
});

test('two boards with one serial number are two clients', async () => {
  await devices.describe('ttyUSB0', { ID_SERIAL_SHORT: '0001' });
  await devices.describe('ttyUSB1', { ID_SERIAL_SHORT: '0001' });
  await plugIn('ttyUSB0');
  await plugIn('ttyUSB1');
  const { comings, listener } = await openHouse();
  await Promise.all([comings.waitFor(isJoinOf('serial-0001')), comings.waitFor(isJoinOf('serial-0001-2'))]);
  expect(listener.ports().map((port) => port.id)).toEqual(['serial-0001', 'serial-0001-2']);
});

/** The terminal flags of a device file, as stty prints them. */
async function flagsOf(path: string): Promise<string> {
  const stty = spawn('stty', ['-F', path, '-a'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of stty.stdout) text += chunk;
  return text;
}
