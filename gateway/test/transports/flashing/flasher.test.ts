import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { FakePorts, settle } from '@crosscomm/testing/fake-ports';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configSchema } from '../../../src/app/config.ts';
import { SerialDevices } from '../../../src/protocols/lines/serial-devices.ts';
import type { FlashEvent } from '../../../src/transports/flashing/events.ts';
import { type FirmwareFile, Flasher, MAX_FIRMWARE_BYTES } from '../../../src/transports/flashing/flasher.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { openSerialListener } from '../../../src/transports/serial/listener.ts';

const HEX = ':100000000C945C000C946E000C946E000C946E00CA\n:00000001FF\n';
const BOARD = 'serial-7573';
/** A program waits for the test. */
const UNTIL_GO = 'while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.02; done';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-flasher-'));
  path = join(folder, 'ttyACM0');
  await writeFile(path, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  return rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A gateway with an Uno, and an avrdude that says its version and then does this. */
async function build(script: string, version = 'avrdude version 7.1, URL: x') {
  const program = join(folder, 'avrdude');
  await writeFile(program, `#!/bin/sh\nif [ "$1" = "-?" ]; then echo '${version}' >&2; exit 1; fi\n${script}\n`);
  await chmod(program, 0o755);
  const house = buildHouse();
  const ports = new FakePorts();
  const config = configSchema.parse({ serial: { deviceDirectory: folder } }).serial;
  const listener = await openSerialListener({
    ...{ config, context: house, turn: new WriteTurn(), budget: new QueueBudget(1 << 20) },
    connect: new SerialDevices(house, config).connect,
    listPorts: async () => [{ path, vendorId: '2341', productId: '0043', serialNumber: '7573' }],
    openPort: ports.open,
  });
  await settle();
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const flasher = new Flasher({ ...house, ports: listener, env });
  const events: FlashEvent[] = [];
  const file = await flasher.receive(pieces(HEX));
  const flash = async (wish = {}, what: FirmwareFile = file): Promise<FlashEvent[]> => {
    await flasher.flash({ port: BOARD, ...wish }, what, (event) => events.push(event));
    return events;
  };
  const states = () => listener.ports().map(({ state }) => state);
  return { house, ports, listener, flasher, file, flash, events, states };
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Moves the fake clock until a promise has settled, but for the time in which a program of the machine runs, however long that takes. */
async function passing<T>({ house, states }: Awaited<ReturnType<typeof build>>, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    if (states().includes('flashing')) await new Promise((resolve) => setTimeout(resolve, 1));
    else house.clock.advance(10);
    await settle();
  }
  return await over;
}

test('a board is offline while it is flashed, and done is told when it is back and has spoken', async () => {
  const built = await build(`${UNTIL_GO}; echo "Writing | ####"`);
  const { flash, house, ports, states, events } = built;
  const work = flash();
  await expect.poll(states).toEqual(['flashing']);
  expect(house.hub.session(BOARD)).toBeUndefined();
  expect(ports.last.closed).toBe(true);
  await writeFile(join(folder, 'go'), '');
  await expect.poll(() => ports.opened.length).toBe(2);
  ports.last.say('hello\n');
  await passing(built, work);
  expect(events.map(({ is }) => is)).toEqual(['begun', 'progress', 'done']);
  expect(events[0]).toMatchObject({ client: BOARD, path, board: 'uno', tool: 'avrdude 7.1', bytes: HEX.length });
  expect(events[1]).toEqual({ is: 'progress', stage: 'writing', percent: 8 });
  expect(events[2]).toMatchObject({ is: 'done', client: BOARD, hasSpoken: true });
  expect(states()).toEqual(['open']);
});

test('a board that says nothing is done all the same, a while later', async () => {
  const built = await build('true');
  const { flash } = built;
  const events = await passing(built, flash());
  expect(events.at(-1)).toMatchObject({ is: 'done', client: BOARD, hasSpoken: false });
});

test('what a program fails with is told, counted and logged, and the board is taken back', async () => {
  const built = await build('echo "avrdude: programmer is not responding" >&2; exit 1');
  const { flash, house, states } = built;
  const events = await passing(built, flash());
  const message =
    'The boot loader of the board did not answer. Is its kind really uno? A Nano may be a nano-old, with another speed. ' +
    'A capacitor at its reset pin keeps it from being flashed. It said: avrdude: programmer is not responding';
  expect(events.at(-1)).toEqual({ is: 'failed', code: 'FLASH_FAILED', message, isWritten: false });
  expect(house.incidents.counts()).toMatchObject({ 'serial FLASH_FAILED': 1 });
  await expect.poll(states).toEqual(['open']);
});

test('a boot loader that was not heard right is asked a second time', async () => {
  const again = `[ -e again ] && exit 0; touch again; echo "avrdude error: unknown response=0x04" >&2; exit 1`;
  const built = await build(again);
  const { flash, house } = built;
  const events = await passing(built, flash());
  expect(events.at(-1)).toMatchObject({ is: 'done' });
  expect(house.incidents.counts()).toEqual({});
});

test('a board that does not come back is told, with its firmware on it', async () => {
  const built = await build('true');
  const { flash, ports, listener } = built;
  ports.failure = new Error('Cannot lock port');
  const events = await passing(built, flash());
  expect(events.at(-1)).toMatchObject({ is: 'failed', isWritten: true });
  expect(events.at(-1)).toMatchObject({ message: expect.stringContaining('cannot be opened') });
  await listener.close();
});

test('a board is flashed by one at a time, and cannot be set meanwhile', async () => {
  const built = await build(UNTIL_GO);
  const { flash, states } = built;
  const first = flash();
  await expect.poll(states).toEqual(['flashing']);
  await expect(flash()).rejects.toMatchObject({ code: 'PEER_TOO_MANY' });
  await expect(flash({ port: path, board: 'nano' })).rejects.toMatchObject({ code: 'PEER_TOO_MANY' });
  await writeFile(join(folder, 'go'), '');
  await passing(built, first);
});

test('a gateway that stops ends the program', async () => {
  const built = await build('exec sleep 60');
  const { flash, flasher, states } = built;
  const work = flash();
  await expect.poll(states).toEqual(['flashing']);
  flasher.close();
  const events = await passing(built, work);
  expect(events.at(-1)).toMatchObject({
    is: 'failed',
    message: expect.stringContaining('was ended before it was done'),
  });
});

test('a version with a date behind it is one', async () => {
  const built = await build('true', 'avrdude version 6.3-20171130, URL: x');
  const { flash } = built;
  const events = await passing(built, flash());
  expect(events[0]).toMatchObject({ tool: 'avrdude 6.3' });
});

test.each([
  ['avrdude version 5.11', 'is version 5.11, and at least 6.0 is needed: sudo apt install avrdude.'],
  ['what?', 'does not say its version ("what?"): sudo apt install avrdude.'],
])('a program that says "%s" is not used, and nothing is done', async (version, message) => {
  const { flash, ports, events } = await build('true', version);
  await expect(flash()).rejects.toMatchObject({
    code: 'FLASH_TOOL_MISSING',
    message: expect.stringContaining(message),
  });
  expect(ports.last.closed).toBe(false);
  expect(events).toEqual([]);
});

test('a file that is no firmware, and a port that is not there, are refused', async () => {
  const { flash, flasher } = await build('true');
  const text = await flasher.receive(pieces('hello'));
  await expect(flash({}, text)).rejects.toMatchObject({ code: 'PEER_MALFORMED' });
  await expect(flash({ port: 'nobody' })).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' });
  await expect(flash({ board: 'pico' })).rejects.toMatchObject({ code: 'PEER_MALFORMED' });
  await text.remove();
});

test('a file that is too long is not kept', async () => {
  const { flasher, file } = await build('true');
  const piece = 'x'.repeat(1 << 20);
  vi.stubEnv('TMPDIR', await mkdtemp(join(folder, 'tmp-')));
  const long = flasher.receive(pieces(...Array.from({ length: MAX_FIRMWARE_BYTES / piece.length + 1 }, () => piece)));
  await expect(long).rejects.toMatchObject({ code: 'PEER_TOO_LARGE' });
  expect(await readdir(tmpdir())).toEqual([]);
  await file.remove();
});

test('a program gets no secrets of the environment, and a port and a file of the gateway alone', async () => {
  const built = await build('env > "$0.env"; printf "%s\\n" "$@" > "$0.args"', undefined);
  const { flash, file } = built;
  vi.stubEnv('CROSSCOMM_TOKEN', 'hush');
  await passing(built, flash());
  const read = (name: string) => readFile(join(folder, `avrdude.${name}`), 'utf8');
  expect(await read('env')).not.toContain('hush');
  const said = (await read('args')).trim().split('\n');
  expect(said).toEqual([
    ...['-p', 'atmega328p', '-c', 'arduino', '-P', path, '-b', '115200', '-D', '-U'],
    `flash:w:${file.path}:i`,
  ]);
});
