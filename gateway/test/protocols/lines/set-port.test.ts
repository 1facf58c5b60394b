import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakePorts, settle } from '@crosscomm/testing/fake-ports';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { Level } from 'level';
import { expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../../src/app/config.ts';
import { PortSettings } from '../../../src/protocols/lines/port-settings.ts';
import { SerialDevices } from '../../../src/protocols/lines/serial-devices.ts';
import { setPort } from '../../../src/protocols/lines/set-port.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { openSerialListener } from '../../../src/transports/serial/listener.ts';

/** A gateway with a board at each of these ports. */
async function build(names: readonly string[] = ['ttyACM0'], configured: { path: string; name: string }[] = []) {
  const folder = await temporaryFolder();
  const directory = join(folder, 'dev');
  await mkdir(directory);
  const database = new Level<string, string>(join(folder, 'data'));
  onTestFinished(() => database.close());
  for (const name of names) await writeFile(join(directory, name), '');
  const house = buildHouse();
  const ports = new FakePorts();
  const config = configSchema.parse({
    serial: {
      deviceDirectory: directory,
      ports: configured.map((port) => ({ ...port, path: join(directory, port.path) })),
    },
  }).serial;
  const devices = new SerialDevices(house, config);
  const open = async () => {
    const settings = await PortSettings.load(database);
    const listener = await openSerialListener({
      ...{ config, context: house, connect: devices.connect, turn: new WriteTurn(), budget: new QueueBudget(1 << 20) },
      listPorts: async () =>
        names.map((name) => ({ path: join(directory, name), vendorId: '2341', serialNumber: name.slice(-1) })),
      openPort: ports.open,
      settingOf: (board) => settings.get(board),
    });
    await settle();
    return { settings, listener };
  };
  let { settings, listener } = await open();
  onTestFinished(() => listener.close());
  return {
    folder: directory,
    house,
    ports,
    devices,
    set: async (port: string, wish: Parameters<typeof setPort>[2]) => {
      const answer = await setPort({ context: house, serial: listener, settings }, port, wish);
      await settle();
      return answer;
    },
    restart: async () => {
      await listener.close();
      ({ settings, listener } = await open());
    },
    clients: () =>
      house.hub
        .clients()
        .filter(({ isOfGateway }) => !isOfGateway)
        .map(({ id, online }) => (online ? id : `${id}, away`)),
  };
}

it('gives a board another name at once, with its log, and keeps it over restarts', async () => {
  const { set, ports, devices, clients, restart } = await build();
  ports.last.say('hello\n');
  expect(await set('serial-0', { name: 'desk' })).toMatchObject({ id: 'desk' });
  expect(clients()).toEqual(['desk']);
  expect(devices.log('desk')?.lines()).toMatchObject([{ text: 'hello' }]);
  await restart();
  expect(clients()).toEqual(['desk']);
  expect(await set('desk', { name: null })).toMatchObject({ id: 'serial-0' });
  expect(clients()).toEqual(['serial-0']);
});

it('opens the port anew with another speed, and leaves the name', async () => {
  const { set, ports, clients } = await build();
  await set('serial-0', { name: 'desk' });
  await set('desk', { baudRate: 9600 });
  expect([ports.last.options.baudRate, clients()]).toEqual([9600, ['desk']]);
  await set('desk', { baudRate: null });
  expect(ports.last.options.baudRate).toBe(115_200);
});

it('refuses a name that somebody has or nobody can have', async () => {
  const { set, house, clients } = await build(['ttyACM0', 'ttyACM1']);
  house.hub.join(new MemorySession('anna'));
  await set('serial-1', { name: 'desk' });
  const why = async (name: string) => {
    const answer = await set('serial-0', { name });
    return 'refused' in answer ? answer.refused.message : answer.id;
  };
  expect(await why('desk')).toBe('The name desk is that of the board serial-1: choose another.');
  expect(await why('anna')).toBe('The name anna is that of a client that is online: choose another.');
  expect(await why('OOCSI_events')).toMatch(/is no name for a board/);
  expect(await why('a\tb')).toMatch(/control character/);
  expect(clients()).toEqual(['serial-0', 'anna', 'desk']);
});

it('leaves alone what the configuration names, and says where to change it', async () => {
  const { set, folder } = await build(['ttyACM0'], [{ path: 'ttyACM0', name: 'hall' }]);
  expect(await set('hall', { name: 'desk' })).toEqual({
    refused: {
      code: 'PEER_NOT_ALLOWED',
      message: `${join(folder, 'ttyACM0')} is in the configuration: change it there, in serial.ports, and start the gateway anew.`,
    },
  });
  expect(await set('/dev/nothing', { name: 'desk' })).toMatchObject({ refused: { code: 'PEER_NOT_FOUND' } });
});
