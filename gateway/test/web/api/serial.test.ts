import { afterEach, expect, it } from 'vitest';
import type { Pairings } from '../../../src/access/pairing.ts';
import { AnnouncedDevices } from '../../../src/protocols/announced-devices.ts';
import { DeviceLog } from '../../../src/protocols/device-log.ts';
import type { SerialPort, SerialPorts } from '../../../src/transports/listeners.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

afterEach(() => house.app.close());

const PORT: SerialPort = {
  ...{ path: '/dev/ttyACM0', id: 'uno', state: 'open', board: 'serial-7573', baudRate: 115_200, isConfigured: false },
};

/** A gateway with two boards, one of which has printed something. */
async function build(): Promise<void> {
  const log = new DeviceLog();
  log.add('line', 'ready', 7);
  log.add('noise', 'ff 00', 8);
  const serial: SerialPorts = {
    list: () => [PORT, { ...PORT, path: '/dev/ttyACM1', id: 'left/knob', state: 'unapproved' }],
    log: (id) => (id === 'uno' ? log : undefined),
    lend: async () => ({ refused: { code: 'PEER_NOT_FOUND', message: 'There is none.' } }),
    set: async (port, { name }) =>
      name === 'taken'
        ? { refused: { code: 'PEER_NAME_TAKEN', message: 'The name taken is that of another board.' } }
        : { path: PORT.path, id: name ?? port },
  };
  const pairings = {} as Pairings;
  const logOf = (id: string) => (id === 'wireless' ? log : undefined);
  const devices = new AnnouncedDevices();
  house = await buildWebHouse({ boards: { pairings, approve: async () => undefined, serial, devices, logOf } });
}

const get = async (path: string, headers: Record<string, string> = {}) =>
  (await house.app.inject({ url: `/api/v1/serial${path}`, headers })).json();

it('lists the ports, with what is at each', async () => {
  await build();
  const { ports } = await get('');
  expect(ports).toEqual([PORT, { ...PORT, path: '/dev/ttyACM1', id: 'left/knob', state: 'unapproved' }]);
});

it('lists only those whose client whoever asks may know of', async () => {
  await build();
  addRole(house, 'left', [{ effect: 'allow', actions: ['presence'], topics: ['left/#'] }]);
  const token = await addAccount(house, 'lena', { role: 'left' });
  const { ports } = await get('', bearer(token));
  expect(ports.map(({ id }: SerialPort) => id)).toEqual(['left/knob']);
  expect(await get('/uno/log', bearer(token))).toMatchObject({ error: { code: 'PEER_NOT_ALLOWED' } });
});

it('has what a board printed', async () => {
  await build();
  expect(await get('/uno/log')).toEqual({
    lines: [
      { timeMs: 7, kind: 'line', text: 'ready' },
      { timeMs: 8, kind: 'noise', text: 'ff 00' },
    ],
    counts: { line: 1, noise: 1, too_long: 0 },
  });
  expect(await get('/nobody/log')).toMatchObject({ error: { code: 'PEER_NOT_FOUND' } });
});

it('has what a device logged that is at no serial port', async () => {
  await build();
  const { app } = house;
  const lines = (await app.inject('/api/v1/clients/wireless/log')).json().lines;
  expect(lines.map(({ text }: { text: string }) => text)).toEqual(['ready', 'ff 00']);
  expect((await app.inject('/api/v1/clients/nobody/log')).json()).toMatchObject({ error: { code: 'PEER_NOT_FOUND' } });
});

it('gives a board another name, or says why not', async () => {
  await build();
  const set = async (payload: object) =>
    (await house.app.inject({ method: 'PUT', url: '/api/v1/serial/uno', payload })).json();
  expect(await set({ name: 'desk' })).toEqual({ path: '/dev/ttyACM0', id: 'desk' });
  expect(await set({ baudRate: 9600 })).toEqual({ path: '/dev/ttyACM0', id: 'uno' });
  expect(await set({ name: 'taken' })).toEqual({
    error: { code: 'PEER_NAME_TAKEN', message: 'The name taken is that of another board.' },
  });
  expect(await set({ baudRate: 'fast' })).toMatchObject({ error: { code: 'PEER_MALFORMED' } });
});
