import { randomBytes } from 'node:crypto';
import { CuttableWay } from '@crosscomm/testing/nats-server';
import { PairingScreen } from '@crosscomm/testing/pairing-screen';
import { Place } from '@crosscomm/testing/place';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LIMIT_MS, type PythonClient, startPythonClient } from './support.ts';

const place = new Place();
let kitchen: PythonClient;
let hall: PythonClient;

/** The same conversation over each way that a program or board may have. */
const WAYS: [name: string, url: () => string][] = [
  ['WebSocket', () => `ws://127.0.0.1:${place.listeners.http.port}`],
  ['MQTT', () => `mqtt://127.0.0.1:${place.listeners.mqtt.port}`],
  ['a UART', () => 'uart'],
  ['a serial port by its path', () => `serial:${kitchen.port}?baud=115200`],
];

beforeAll(async () => {
  [kitchen, hall] = await Promise.all([startPythonClient(), startPythonClient()]);
  await place.start({
    serial: {
      autoDetect: false,
      ports: [
        { path: kitchen.uart, name: 'board' },
        { path: kitchen.line, name: 'laptop' },
      ],
    },
  });
  const url = `ws://127.0.0.1:${place.listeners.http.port}`;
  await hall.ask({ do: 'connect', url, client_id: 'hall' }, 'online');
  await hall.ask({ do: 'subscribe', channel: 'lamp/+' }, 'subscribed');
  await hall.ask({ do: 'register', function: 'double', factor: 2 }, 'registered');
}, LIMIT_MS);
afterAll(async () => {
  await Promise.all([kitchen.program.stop(), hall.program.stop()]);
  await place.dispose();
});

/** Says goodbye, which takes its time over a serial line: until it has come, the id belongs to that connection. */
async function leave(): Promise<void> {
  await kitchen.ask({ do: 'close' }, 'closed');
  await vi.waitFor(async () => {
    const { clients } = await hall.ask({ do: 'clients' }, 'clients');
    expect(clients).not.toContainEqual(['kitchen', true]);
  }, LIMIT_MS);
}

describe.each(WAYS)('a Python program by %s', (_, url) => {
  beforeAll(async () => {
    await kitchen.ask({ do: 'connect', url: url(), client_id: 'kitchen' }, 'online');
  }, LIMIT_MS);
  afterAll(async () => {
    await leave();
  }, LIMIT_MS);

  it('sends a value of each kind, and knows who got it', async () => {
    for (const value of [{ on: true, level: 21.5, name: 'Küche' }, 43, -1.25, 'text', [1, null, false]]) {
      const receipt = await kitchen.ask({ do: 'deliver', to: 'lamp/led', value }, 'receipt');
      expect(receipt).toMatchObject({ accepted: true, delivered: 1, reason: null });
      expect(await hall.program.take('message', {}, LIMIT_MS)).toMatchObject({
        value,
        channel: 'lamp/led',
        sender: 'kitchen',
      });
    }
  });

  it('describes itself, and says where that is refused', async () => {
    const components = [{ name: 'led', type: 'switch', channel: 'lamp/led' }];
    await kitchen.ask({ do: 'describe', description: { name: 'Kitchen', components } }, 'described');
    await vi.waitFor(async () => {
      const { devices } = (await (await fetch(`${place.url}/api/v1/devices`)).json()) as { devices: unknown[] };
      expect(devices).toMatchObject([{ name: 'Kitchen', client: 'kitchen', online: true }]);
    }, LIMIT_MS);
    await kitchen.ask({ do: 'describe', description: { components: [] } }, 'described');
    const { text } = await kitchen.program.take('log', {}, LIMIT_MS);
    expect(text).toBe('crosscomm: components [malformed]');
  });

  it('hears what it subscribed to, and what is sent to its own id', async () => {
    await kitchen.ask({ do: 'subscribe', channel: 'blind/#' }, 'subscribed');
    await kitchen.ask({ do: 'subscribe', channel: '' }, 'subscribed');
    await hall.ask({ do: 'send', to: 'blind/west/1', value: { down: 3 } }, 'sent');
    const heard = await kitchen.program.take('message', {}, LIMIT_MS);
    expect(heard).toMatchObject({ channel: 'blind/west/1', value: { down: 3 }, sender: 'hall' });
    await hall.ask({ do: 'send', to: 'kitchen', value: 'psst' }, 'sent');
    expect(await kitchen.program.take('message', {}, LIMIT_MS)).toMatchObject({ channel: '', value: 'psst' });
  });

  it('calls a function of another, and is told where there is none', async () => {
    const { value } = await kitchen.ask({ do: 'call', to: 'hall', function: 'double', args: { x: 21 } }, 'answer');
    expect(value).toEqual({ result: 42, for: 'kitchen' });
    const missing = await kitchen.ask({ do: 'call', to: 'hall', function: 'nothing', args: null }, 'error');
    expect(missing).toMatchObject({ code: 'no_function' });
    const failed = await kitchen.ask({ do: 'call', to: 'hall', function: 'double', args: {} }, 'error');
    expect(failed).toMatchObject({ code: 'call_failed', text: expect.stringContaining("'x'") });
  });

  it('is called by another', async () => {
    await kitchen.ask({ do: 'register', function: 'triple', factor: 3 }, 'registered');
    const { value } = await hall.ask({ do: 'call', to: 'kitchen', function: 'triple', args: { x: 5 } }, 'answer');
    expect(value).toEqual({ result: 15, for: 'hall' });
  });

  it('sends a file, and gets it again whole', async () => {
    const base = randomBytes(20_000).toString('base64');
    const { key } = await kitchen.ask({ do: 'put', name: 'noise.bin', base, to: 'hall' }, 'put');
    expect(await hall.program.take('file', {}, LIMIT_MS)).toMatchObject({
      name: 'noise.bin',
      sender: 'kitchen',
      code: 0,
      base,
    });
    expect(await kitchen.ask({ do: 'get', key }, 'got')).toMatchObject({ base });
    expect(await kitchen.ask({ do: 'get', key: 'cross_comm/nobody/nothing' }, 'error')).toMatchObject({
      code: 'no_file',
    });
  });

  it('knows who is there', async () => {
    const { clients } = await kitchen.ask({ do: 'clients' }, 'clients');
    expect(clients).toContainEqual(['hall', true]);
    expect(clients).toContainEqual(['kitchen', true]);
  });
});

describe('a Python program', () => {
  const url = (): string => `ws://127.0.0.1:${place.listeners.http.port}`;

  it('sends what waited while the way was cut, in order, and hears again', async () => {
    const way = await CuttableWay.open(place.listeners.http.port);
    await kitchen.ask({ do: 'connect', url: way.url.replace('nats', 'ws'), client_id: 'kitchen' }, 'online');
    await kitchen.ask({ do: 'subscribe', channel: 'news' }, 'subscribed');
    await way.cut();
    for (let n = 1; n <= 20; n++) await kitchen.ask({ do: 'send', to: 'lamp/queue', value: n }, 'sent');
    await way.mend();
    for (let n = 1; n <= 20; n++) {
      expect(await hall.program.take('message', {}, LIMIT_MS)).toMatchObject({ value: n, channel: 'lamp/queue' });
    }
    const receipt = await hall.ask({ do: 'deliver', to: 'news', value: 'again' }, 'receipt');
    expect(receipt).toMatchObject({ delivered: 1 });
    expect(await kitchen.program.take('message', {}, LIMIT_MS)).toMatchObject({ value: 'again' });
    await leave();
    await way.close();
  });

  it('shares a variable, which the gateway keeps', async () => {
    await hall.ask({ do: 'variable', channel: 'house', key: 'level', keep: true }, 'shared');
    await hall.ask({ do: 'set', value: 7 }, 'set');
    await hall.ask({ do: 'deliver', to: 'house', value: 'after it' }, 'receipt');
    await kitchen.ask({ do: 'connect', url: url(), client_id: 'kitchen' }, 'online');
    await kitchen.ask({ do: 'variable', channel: 'house', key: 'level', keep: true }, 'shared');
    expect(await kitchen.program.take('changed', {}, LIMIT_MS)).toMatchObject({ value: 7 });
    await leave();
  });

  it('is told in a sentence where there is no gateway, and where its id is taken', async () => {
    const nowhere = { do: 'connect', url: 'ws://127.0.0.1:9', client_id: 'kitchen', timeout: 1 };
    expect(await kitchen.ask(nowhere, 'error')).toMatchObject({
      code: 'offline',
      text: expect.stringContaining('no connection to ws://127.0.0.1:9'),
    });
    const taken = { do: 'connect', url: url(), client_id: 'hall', timeout: 50 };
    expect(await kitchen.ask(taken, 'error')).toMatchObject({ code: 'id_taken' });
    const nonsense = { do: 'connect', url: 'http://127.0.0.1', client_id: 'kitchen', timeout: 1 };
    expect(await kitchen.ask(nonsense, 'error')).toMatchObject({ text: expect.stringContaining('ws://') });
  });
});

describe('a Python program of an account', () => {
  const secured = new Place();
  beforeAll(async () => {
    await secured.start({ auth: { anonymous: 'deny' } });
  }, LIMIT_MS);
  afterAll(() => secured.dispose());

  it('is paired by a code, keeps the token that it gets, and joins by it', async () => {
    const { screen, code } = await PairingScreen.open(secured.dataDir);
    const url = `ws://127.0.0.1:${secured.listeners.http.port}`;
    await kitchen.ask({ do: 'connect', url, client_id: 'kitchen', pair: code, stores: true }, 'online');
    const { token } = await kitchen.program.take('token', {}, LIMIT_MS);
    expect(await screen.done).toBe(0);
    await kitchen.ask({ do: 'close' }, 'closed');
    await kitchen.ask({ do: 'connect', url, client_id: 'kitchen-2', token }, 'online');
    await kitchen.ask({ do: 'close' }, 'closed');
    const wrong = { do: 'connect', url, client_id: 'kitchen', token: 'x'.repeat(32), timeout: 50 };
    expect(await kitchen.ask(wrong, 'error')).toMatchObject({ code: 'credentials' });
  });
});
