import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Place } from '@crosscomm/testing/place';
import { PYTHON } from '@crosscomm/testing/python';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MicroPythonBoard, sources } from './micropython.ts';
import { FOLDER, LIMIT_MS } from './support.ts';

/** What a sketch that sends, listens, calls and is called over Wi-Fi loads; files and variables come when they are used. */
const FIRST = [
  ...['__init__', 'calls', 'client', 'codec', 'errors', 'fields', 'links', 'message', 'names', 'outbox', 'platform'],
  ...['session', 'sockets', 'times', 'websocket'],
];

const PROGRAM = `
import crosscomm
client = crosscomm.Client(Uart(), 'board', log=lambda text: emit('log', text=text))
client.subscribe('lamp/+', lambda value, m: emit('message', value=value, channel=m.channel, sender=m.sender))
client.register('double', lambda args, sender: {'result': args['x'] * 2})
client.files.on(lambda offer: offer.save(None, lambda code, content: emit('file', code=code, size=len(content), same=content == bytes(range(256)) * 8)))
`;

const place = new Place();
const folder = mkdtempSync(join(tmpdir(), 'crosscomm-mpy-'));
/** The modules as mpy-cross makes them for a board. */
let compiled: Map<string, Uint8Array>;

beforeAll(async () => {
  await place.start();
  compiled = new Map(
    [...sources().keys()].map((name) => {
      const target = join(folder, name.replace('.py', '.mpy'));
      execFileSync(join(PYTHON, '..', 'mpy-cross'), ['-O3', '-o', target, join(FOLDER, 'crosscomm', name)]);
      return [name.replace('.py', '.mpy'), readFileSync(target)];
    }),
  );
}, LIMIT_MS);
afterAll(async () => {
  await place.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The next frame of a type that comes with a number. What is repeated under load, as nothing had acknowledged it yet, is passed over. */
async function told(device: WebSocketDevice, type: string): Promise<object | null> {
  for (;;) {
    const { seq, frame } = await device.take('sequenced');
    device.say({ type: 'ack', seq });
    if (frame?.type === type) return frame;
  }
}

describe.each([
  ['its sources', 'web-1', () => sources()],
  ['what mpy-cross made of it', 'web-2', () => compiled],
])('MicroPython with %s', (_, web, files) => {
  let board: MicroPythonBoard;
  let device: WebSocketDevice;

  beforeAll(async () => {
    board = await MicroPythonBoard.start(place.listeners.http.port, files(), PROGRAM);
    device = await WebSocketDevice.connect(place.listeners.http.port);
    device.say({
      type: 'hello',
      version: 1,
      deviceId: web,
      bootId: 1,
      maxFrame: 8192,
      window: 8192,
      capabilities: 0,
    });
    await device.take('welcome');
  }, LIMIT_MS);
  afterAll(() => {
    board.stop();
    device.socket.close();
  });

  it('sends, and knows who got it', async () => {
    device.say({ type: 'alias', alias: 0, channel: `${web}/readings`, flags: 1 });
    await device.take('alias');
    board.run(
      `client.send('${web}/readings', {'t': 21.5, 'n': 43}, lambda r: emit('receipt', accepted=r.accepted, delivered=r.delivered))`,
    );
    expect(await board.take('receipt')).toMatchObject({ accepted: true, delivered: 1 });
    const frame = await told(device, 'message');
    expect(frame).toMatchObject({
      to: 0,
      from: 'board',
      value: new Map<string, unknown>([
        ['t', expect.anything()],
        ['n', 43],
      ]),
    });
  });

  it('hears what it subscribed to', async () => {
    device.say({ type: 'message', to: 'lamp/led', value: { on: true } });
    expect(await board.take('message')).toMatchObject({ value: { on: true }, channel: 'lamp/led', sender: web });
  });

  it('is called, and calls', async () => {
    device.say({ type: 'call', callId: 7, to: 'board', function: 'double', args: { x: 21 } });
    expect(await told(device, 'reply')).toMatchObject({ callId: 7, value: new Map([['result', 42]]) });
    board.run(
      `client.call_then('${web}', 'nothing', None, lambda code, value, text: emit('answer', code=code), timeout=1)`,
    );
    expect(await board.take('answer')).toMatchObject({ code: 21 });
  });

  it('sends a file, and gets it again whole', async () => {
    board.run(
      `client.files.send(bytes(range(256)) * 8, 'log.bin', '${web}', done=lambda code, key: emit('put', code=code, key=key))`,
    );
    const { key } = await board.take('put');
    expect(key).toMatch(/^cross_comm\/board\//);
    board.run(
      `client.files.pull_key(${JSON.stringify(key)}, None, {}, lambda code, content: emit('file', code=code, same=content == bytes(range(256)) * 8))`,
    );
    expect(await board.take('file')).toMatchObject({ code: 0, same: true });
  });
});

describe('on a board', () => {
  const bytesOf = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (compiled.get(`${name}.mpy`)?.length ?? Number.NaN), 0);

  it('takes at most 24,000 bytes of flash for what a first program uses over Wi-Fi', () => {
    expect(bytesOf(FIRST)).toBeLessThanOrEqual(24_000);
  });

  it('takes at most 12 KB of heap at work, beside its code', async () => {
    const measured = `
import gc
import crosscomm
import crosscomm.serial, crosscomm.names
gc.collect()
before = gc.mem_alloc()
${PROGRAM}
def measure():
    gc.collect()
    emit('heap', bytes=gc.mem_alloc() - before)
`;
    const board = await MicroPythonBoard.start(place.listeners.http.port, compiled, measured);
    board.run(`client.send('readings', {'t': 21.5}, lambda r: measure())`);
    const { bytes } = await board.take('heap');
    board.stop();
    expect(bytes).toBeLessThanOrEqual(12 * 1024);
  });
});
