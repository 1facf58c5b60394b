import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { TestShell } from '@crosscomm/testing/test-shell';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type EspBoard, type EspBoardOptions, startEspBoard } from './host/esp-board.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { sketchFolder } from './support/sketch-folder.ts';

/** Longer than the wait of a board after a refusal. */
const LIMIT_MS = 90_000;

let devices: FakeDevices;
let gateway: GatewayProcess;
let mqtt: MqttClient;

beforeAll(async () => {
  devices = await makeFakeDevices();
  const serial = { deviceDirectory: devices.directory, approve: true };
  gateway = new GatewayProcess({ serial, auth: { anonymous: 'deny' } }, devices.env);
  await gateway.start();
  const { token } = await command('account', 'add', 'anna', '--role', 'admin');
  mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, {
    clientId: 'anna',
    username: 'anna',
    password: token as string,
    reconnectPeriod: 500,
  });
  mqtt.on('error', () => {});
}, 120_000);
afterAll(async () => {
  await mqtt?.endAsync(true);
  await gateway?.dispose();
  await devices?.remove();
});

/** What a command of the gateway's operator says in JSON, its last line. */
async function command(...argv: string[]): Promise<Record<string, unknown>> {
  const shell = new TestShell();
  const place =
    argv[1] === 'list' ? ['--config', join(gateway.folder, 'crosscomm.yaml')] : ['--data-dir', gateway.dataDir];
  const code = await shell.run(...argv, '--json', ...place);
  expect({ code, err: shell.stderr.text }).toEqual({ code: 0, err: '' });
  return JSON.parse(shell.stdout.text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

/** The ids of an account's tokens; none where there is no such account. */
async function tokensOf(account: string): Promise<string[]> {
  const shell = new TestShell();
  const code = await shell.run('account', 'show', account, '--json', '--data-dir', gateway.dataDir);
  if (code !== 0) return [];
  const { tokens } = JSON.parse(shell.stdout.text) as { tokens: { id: string }[] };
  return tokens.map(({ id }) => id);
}

describe('an Uno at the cable', () => {
  let uno: AvrBoard;
  let port: string;

  beforeAll(async () => {
    port = devices.port('ttyACM0');
    uno = await startBoard({ sketch: 'uno-paired', link: port });
  }, 120_000);
  afterAll(async () => {
    await uno?.unplug();
  });

  /** The Uno is there, with whatever it has proved itself, and hears what is said to it. */
  async function hears(): Promise<void> {
    const isLit = uno.waitForPin('LED', 1);
    const saying = setInterval(() => mqtt.publish('lamp', '1'), 250);
    try {
      await isLit;
    } finally {
      clearInterval(saying);
    }
    const isDark = uno.waitForPin('LED', 0);
    await mqtt.publishAsync('lamp', '0', { qos: 1 });
    await isDark;
  }

  test('waits until its port is approved, gets a token over the cable, and keeps it over a reset', {
    timeout: 2 * LIMIT_MS,
  }, async () => {
    await expect.poll(() => command('serial', 'list'), { timeout: LIMIT_MS }).toMatchObject({ state: 'not approved' });
    expect(await tokensOf('uno-1')).toEqual([]);
    expect(await command('serial', 'approve', port)).toMatchObject({ path: port });
    await expect.poll(() => tokensOf('uno-1'), { timeout: LIMIT_MS }).toHaveLength(1);
    const tokens = await tokensOf('uno-1');
    // Its id belongs to its account now, so it is heard only where it comes with its token.
    await hears();
    uno.reset();
    await uno.waitFor(({ event }) => event === 'reset');
    await hears();
    expect(await tokensOf('uno-1')).toEqual(tokens);
  });

  test('is approved and has its token after a restart of the gateway', { timeout: 2 * LIMIT_MS }, async () => {
    const tokens = await tokensOf('uno-1');
    expect(tokens).toHaveLength(1);
    await gateway.stop();
    await gateway.start();
    await hears();
    expect(await tokensOf('uno-1')).toEqual(tokens);
    expect((await command('serial', 'list')).state).toBe('found');
  });

  test('gets another token where its account was removed', { timeout: 2 * LIMIT_MS }, async () => {
    const [before] = await tokensOf('uno-1');
    await command('account', 'remove', 'uno-1');
    // It would come back by itself, after the half minute that a refused board waits.
    uno.reset();
    await expect.poll(() => tokensOf('uno-1'), { timeout: LIMIT_MS }).toHaveLength(1);
    expect(await tokensOf('uno-1')).not.toContain(before);
    await hears();
  });
});

describe('an ESP over a WebSocket', () => {
  let folder: string;
  let sketch: string;
  let storage: string;
  const boards: EspBoard[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosscomm-'));
    sketch = join(folder, 'esp32-paired');
    storage = join(folder, 'nvs');
    await cp(sketchFolder('esp32-paired'), sketch, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const board of boards.splice(0)) await board.unplug();
  });

  /** Uploads the example with this code to a board. */
  async function upload(
    code: string,
    options: Pick<EspBoardOptions, 'board' | 'mac' | 'storage'> = {},
  ): Promise<EspBoard> {
    const file = join(sketch, 'esp32-paired.ino');
    const text = await readFile(file, 'utf8');
    // It asks for its code when it runs, as what has not changed is not compiled again.
    const changed = text.replace(/CODE = "\d+"/, 'CODE = getenv("SKETCH_CODE")');
    vi.stubEnv('SKETCH_CODE', code);
    if (changed !== text) await writeFile(file, changed);
    const board = await startEspBoard({ sketch, gateway, ...options });
    boards.push(board);
    return board;
  }

  /** What `crosscomm pair` tells, while it runs; the code is the first. */
  function pair(...argv: string[]): { events(): Record<string, string>[]; done: Promise<number> } {
    const shell = new TestShell();
    const done = shell.run('pair', '--json', '--data-dir', gateway.dataDir, ...argv);
    const events = (): Record<string, string>[] =>
      shell.stdout.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string>);
    return { events, done };
  }

  async function codeOf(pairing: ReturnType<typeof pair>): Promise<string> {
    await expect.poll(() => pairing.events().length, { timeout: 20_000 }).toBeGreaterThan(0);
    return pairing.events()[0]?.code ?? '';
  }

  test('gets a token by its code, keeps it over a reset, and its code serves no other', {
    timeout: 300_000,
  }, async () => {
    const pairing = pair();
    const code = await codeOf(pairing);
    const board = await upload(code, { storage });
    await board.lines.waitFor((line) => line === 'paired');
    await board.lines.waitFor((line) => line === 'connected');
    expect(await pairing.done).toBe(0);
    expect(pairing.events().map(({ event }) => event)).toEqual(['code', 'joined', 'paired']);
    expect(pairing.events()[1]).toMatchObject({ id: 'esp32-3f2a1c', protocol: 'frames', account: 'esp32-3f2a1c' });
    const tokens = await tokensOf('esp32-3f2a1c');
    expect(tokens).toHaveLength(1);

    await board.unplug();
    const again = await upload(code, { storage });
    await again.lines.waitFor((line) => line === 'connected');
    expect(await tokensOf('esp32-3f2a1c')).toEqual(tokens);

    const other = await upload(code, { mac: '24:0A:C4:3F:2A:1D' });
    await other.lines.waitFor((line) => line.startsWith('refused'));
    expect(await tokensOf('esp32-3f2a1d')).toEqual([]);
  });

  test('that is an ESP8266 keeps its token in the EEPROM', { timeout: 300_000 }, async () => {
    const eeprom = join(folder, 'eeprom');
    const pairing = pair();
    const options = { board: 'esp8266', mac: '24:0A:C4:3F:2A:20', storage: eeprom } as const;
    const board = await upload(await codeOf(pairing), options);
    await board.lines.waitFor((line) => line === 'paired');
    expect(await pairing.done).toBe(0);
    await board.unplug();
    const again = await startEspBoard({ sketch, gateway, ...options });
    boards.push(again);
    await again.lines.waitFor((line) => line === 'connected');
  });

  test('ends a code that five boards guess', { timeout: 300_000 }, async () => {
    const pairing = pair();
    const wrong = (await codeOf(pairing)) === '111111' ? '222222' : '111111';
    for (let number = 1; number <= 5; number++) {
      const board = await upload(wrong, { mac: `24:0A:C4:00:00:0${number}` });
      await board.lines.waitFor((line) => line.startsWith('refused'));
    }
    expect(await pairing.done).toBe(1);
    expect(pairing.events().at(-1)).toMatchObject({ event: 'guessed' });
  });

  test('is not let in by a code whose time is over', { timeout: 300_000 }, async () => {
    const pairing = pair('--minutes', '0.02');
    const code = await codeOf(pairing);
    expect(await pairing.done).toBe(1);
    const late = await upload(code, { mac: '24:0A:C4:3F:2A:1E' });
    await late.lines.waitFor((line) => line.startsWith('refused'));
    expect(await tokensOf('esp32-3f2a1e')).toEqual([]);
  });
});
