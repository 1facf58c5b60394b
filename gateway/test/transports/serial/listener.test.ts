import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakePorts, settle } from '@crosscomm/testing/fake-ports';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configSchema } from '../../../src/app/config.ts';
import { silentLog } from '../../../src/common/log.ts';
import { SerialDevices } from '../../../src/protocols/lines/serial-devices.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { listSerialPorts } from '../../../src/transports/serial/list-serial-ports.ts';
import { openSerialListener, type SerialListenerOptions } from '../../../src/transports/serial/listener.ts';
import type { SystemPort } from '../../../src/transports/serial/port-list.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crosscomm-listener-'));
});

afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

const port = (name: string): string => join(directory, name);
const plugIn = (name: string): Promise<void> => writeFile(port(name), '');
const unplug = (name: string): Promise<void> => rm(port(name));

/** What udev says of a board. */
const uno = (name: string, facts: Partial<SystemPort> = {}): SystemPort => ({
  path: port(name),
  vendorId: '2341',
  productId: '0043',
  serialNumber: `SN-${name}`,
  ...facts,
});

async function openListener(
  serial: object,
  listed: SystemPort[] | Error,
  changes: Partial<SerialListenerOptions> = {},
) {
  const house = buildHouse();
  const ports = new FakePorts();
  let lists = 0;
  const config = configSchema.parse({ serial: { deviceDirectory: directory, ...serial } }).serial;
  const devices = new SerialDevices(house, config);
  const listener = await openSerialListener({
    config,
    connect: devices.connect,
    context: house,
    turn: new WriteTurn(),
    budget: new QueueBudget(1 << 20),
    listPorts: async () => {
      lists++;
      if (listed instanceof Error) throw listed;
      return listed;
    },
    openPort: ports.open,
    ...changes,
  });
  const online = (): string[] =>
    house.hub
      .clients()
      .filter((client) => client.online)
      .map((client) => client.id);
  return { house, ports, listener, devices, online, lists: () => lists };
}

test('a board that is there joins under its serial number', async () => {
  await plugIn('ttyACM0');
  const { listener, online, ports } = await openListener({ baudRate: 9600 }, [uno('ttyACM0')]);
  await settle();
  expect(online()).toEqual(['serial-SN-ttyACM0']);
  expect(listener.ports()).toEqual([{ path: port('ttyACM0'), id: 'serial-SN-ttyACM0', state: 'open' }]);
  expect(ports.last.options).toEqual({ path: port('ttyACM0'), baudRate: 9600, dropOnClose: true });
});

test('a board comes and goes as it is plugged in and out, and the system is asked only about new ones', async () => {
  const { listener, lists, online } = await openListener({}, [uno('ttyACM0')]);
  expect(lists()).toBe(0);
  await plugIn('ttyACM0');
  await listener.look();
  await settle();
  expect(online()).toEqual(['serial-SN-ttyACM0']);
  await unplug('ttyACM0');
  await listener.look();
  expect(online()).toEqual([]);
  expect(listener.ports()).toEqual([]);
  await plugIn('ttyACM0');
  await listener.look();
  await listener.look();
  await settle();
  expect(online()).toEqual(['serial-SN-ttyACM0']);
  expect(lists()).toBe(2);
});

test('a configured port has its own name, baud rate, channels and reset', async () => {
  await plugIn('ttyACM0');
  const ports = [{ path: port('ttyACM0'), baudRate: 57600, name: 'lamp', channels: ['lights'], resetOnOpen: false }];
  const opened = await openListener({ ports, ignoreVendors: ['2341'] }, [uno('ttyACM0')]);
  await settle();
  expect(opened.house.hub.client('lamp')).toMatchObject({ online: true, subscriptions: ['lights'] });
  expect(opened.ports.last.options).toEqual({ path: port('ttyACM0'), baudRate: 57600, dropOnClose: false });
});

test('boards are left alone by vendor', async () => {
  await plugIn('ttyACM0');
  await plugIn('ttyUSB0');
  const listed = [uno('ttyACM0'), uno('ttyUSB0', { vendorId: '10C4' })];
  const { listener } = await openListener({ ignoreVendors: ['2341'] }, listed);
  expect(listener.ports().map(({ id }) => id)).toEqual(['serial-SN-ttyUSB0']);
});

test('two boards with one serial number are two clients, and a name of the configuration is left to its port', async () => {
  for (const name of ['ttyUSB0', 'ttyUSB1', 'ttyUSB2']) await plugIn(name);
  const listed = ['ttyUSB0', 'ttyUSB1', 'ttyUSB2'].map((name) => uno(name, { serialNumber: '0001' }));
  const ports = [{ path: port('ttyUSB1'), name: 'serial-0001' }];
  const { listener } = await openListener({ ports }, listed);
  expect(listener.ports().map(({ path, id }) => [path, id])).toEqual([
    [port('ttyUSB1'), 'serial-0001'],
    [port('ttyUSB0'), 'serial-0001-2'],
    [port('ttyUSB2'), 'serial-0001-3'],
  ]);
});

test('a port is opened by its by-id path, and two boards that share one name only if it leads to them', async () => {
  await plugIn('ttyUSB0');
  await plugIn('ttyUSB1');
  await mkdir(port('serial/by-id'), { recursive: true });
  const byId = port('serial/by-id/usb-1a86_USB_Serial-if00-port0');
  await symlink('../../ttyUSB1', byId);
  const listed = ['ttyUSB0', 'ttyUSB1'].map((name) =>
    uno(name, { serialNumber: undefined, vendorId: '1a86', pnpId: 'usb-1a86_USB_Serial-if00-port0' }),
  );
  const { listener, ports } = await openListener({}, listed);
  await settle();
  expect(ports.opened.map((opened) => opened.options.path)).toEqual([port('ttyUSB0'), byId]);
  expect(listener.ports().map(({ id }) => id)).toEqual(['serial-ttyUSB0', 'serial-1a86_USB_Serial']);
});

test('boards without a serial number are pinned to their sockets by path, and join by no other name', async () => {
  await plugIn('ttyUSB0');
  await plugIn('ttyUSB1');
  await mkdir(port('serial/by-path'), { recursive: true });
  const sockets = ['usb-0:1:1.0-port0', 'usb-0:2:1.0-port0'].map((name) => port(`serial/by-path/${name}`));
  await symlink('../../ttyUSB1', sockets[0] ?? '');
  await symlink('../../ttyUSB0', sockets[1] ?? '');
  const listed = ['ttyUSB0', 'ttyUSB1'].map((name) => uno(name, { serialNumber: undefined, vendorId: '1a86' }));
  const { listener } = await openListener(
    { ports: sockets.map((path, at) => ({ path, name: `table-${at + 1}` })) },
    listed,
  );
  expect(listener.ports().map(({ path, id }) => [path, id])).toEqual([
    [sockets[0], 'table-1'],
    [sockets[1], 'table-2'],
  ]);
});

test('without udev, boards are told apart by their by-id names or file names', async () => {
  await plugIn('ttyACM0');
  await plugIn('ttyACM1');
  await mkdir(port('serial/by-id'), { recursive: true });
  await symlink('../../ttyACM1', port('serial/by-id/usb-Arduino_7573-if00'));
  const { listener } = await openListener({}, new Error('spawn udevadm ENOENT'));
  expect(listener.ports().map(({ id }) => id)).toEqual(['serial-ttyACM0', 'serial-Arduino_7573']);
});

test('a port that udev has not described yet is asked about again before it is opened', async () => {
  const answers: SystemPort[][] = [[], [{ path: port('ttyACM0') }], [uno('ttyACM0')]];
  const ports = new FakePorts();
  const openedEarlier: string[] = [];
  const listPorts = async (): Promise<SystemPort[]> => {
    openedEarlier.push(...ports.tries);
    return answers.shift() ?? [];
  };
  const { listener, house } = await openListener({}, [], { listPorts, openPort: ports.open });
  // Before there is a port: the system may tell of it while it is still being made.
  const resting = house.clock.timers;
  await plugIn('ttyACM0');
  let done = false;
  const looked = listener.look().finally(() => {
    done = true;
  });
  while (!done) {
    // Only while it waits for udev: in time that passes during a look, there is always another one to be taken.
    if (house.clock.timers > resting) house.clock.advance(50);
    await settle();
  }
  await looked;
  expect(openedEarlier).toEqual([]);
  expect(ports.tries).toEqual([port('ttyACM0')]);
  expect(listener.ports().map(({ id }) => id)).toEqual(['serial-SN-ttyACM0']);
  expect(answers).toEqual([]);
});

test('a device that has another client’s id is shown as refused, and keeps its log', async () => {
  await plugIn('ttyACM0');
  await plugIn('ttyACM1');
  const ports = ['ttyACM0', 'ttyACM1'].map((name) => ({ path: port(name), name: 'twin' }));
  const opened = await openListener({ ports }, new Error('no udev'));
  await settle();
  expect(opened.listener.ports().map(({ state }) => state)).toEqual(['open', 'refused']);
  opened.house.clock.advance(1000);
  opened.ports.opened[0]?.say('hello\n');
  expect(
    opened.devices
      .log('twin')
      ?.lines()
      .map((line) => line.text),
  ).toEqual(['hello']);
});

test('closing takes every device offline and opens nothing more', async () => {
  await plugIn('ttyACM0');
  const { listener, house, online, ports } = await openListener({}, [uno('ttyACM0')]);
  await settle();
  await listener.close();
  expect(online()).toEqual([]);
  expect(ports.last.closed).toBe(true);
  await plugIn('ttyACM1');
  house.clock.advance(60_000);
  await settle();
  expect(ports.opened).toHaveLength(1);
  expect(listener.ports()).toEqual([]);
});

test('the ports of one machine are bounded', async () => {
  for (let number = 0; number < 70; number++) await plugIn(`ttyUSB${number}`);
  const { listener } = await openListener({}, new Error('no udev'));
  expect(listener.ports()).toHaveLength(64);
});

test('the list for people names every port, and whether it would be opened', async () => {
  await plugIn('ttyACM0');
  await plugIn('ttyUSB0');
  const { serial } = configSchema.parse({ serial: { deviceDirectory: directory, ignoreVendors: ['10c4'] } });
  const list = async (): Promise<SystemPort[]> => [uno('ttyACM0'), uno('ttyUSB0', { vendorId: '10C4' })];
  expect(await listSerialPorts(serial, silentLog, list)).toMatchObject([
    { path: port('ttyACM0'), id: 'serial-SN-ttyACM0', vendorId: '2341', allowed: true, byIdPath: undefined },
    { path: port('ttyUSB0'), id: 'serial-SN-ttyUSB0', vendorId: '10c4', allowed: false },
  ]);
});

test('a lent port is closed, is left alone when its board comes again, and is opened once it is given back', async () => {
  await plugIn('ttyACM0');
  const { listener, online, ports } = await openListener({}, [uno('ttyACM0')]);
  await settle();
  const lent = await listener.lend('serial-SN-ttyACM0', async (usb) => usb.serialNumber);
  if ('refused' in lent) throw new Error(lent.refused.message);
  expect(lent.ready).toBe('SN-ttyACM0');
  expect(ports.last.closed).toBe(true);
  expect(online()).toEqual([]);
  expect(listener.portsInFull()).toMatchObject([
    { path: port('ttyACM0'), state: 'flashing', board: 'serial-SN-ttyACM0' },
  ]);
  await unplug('ttyACM0');
  await listener.look();
  await plugIn('ttyACM0');
  await listener.look();
  await settle();
  expect(ports.opened.length).toBe(1);
  expect(await listener.lend(port('ttyACM0'), async () => {})).toMatchObject({ refused: { code: 'PEER_TOO_MANY' } });
  lent.port.giveBack();
  lent.port.giveBack();
  await settle();
  expect(ports.opened.length).toBe(2);
  expect(online()).toEqual(['serial-SN-ttyACM0']);
  expect(lent.port.now()).toMatchObject({ state: 'open', id: 'serial-SN-ttyACM0', hasSpoken: false });
});

test('a port is not closed where what it is lent for cannot be', async () => {
  await plugIn('ttyACM0');
  const { listener, online } = await openListener({}, [uno('ttyACM0')]);
  await settle();
  await expect(listener.lend(port('ttyACM0'), () => Promise.reject(new Error('no program')))).rejects.toThrow(
    'no program',
  );
  expect(online()).toEqual(['serial-SN-ttyACM0']);
  expect(await listener.lend('nobody', async () => {})).toMatchObject({ refused: { code: 'PEER_NOT_FOUND' } });
});

test('of two that want a port at once, one has it', async () => {
  await plugIn('ttyACM0');
  const { listener } = await openListener({}, [uno('ttyACM0')]);
  await settle();
  const lend = () => listener.lend(port('ttyACM0'), settle);
  const answers = await Promise.all([lend(), lend()]);
  expect(answers.map((answer) => ('refused' in answer ? answer.refused.code : 'lent')).sort()).toEqual([
    'PEER_TOO_MANY',
    'lent',
  ]);
});
