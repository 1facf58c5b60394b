import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { keptSecret } from '@crosscomm/testing/secrets';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** More than the systems of both ends keep of what is on its way. */
const IMAGE = Buffer.alloc(12_000_000, 'object');
/** How many messages are sent as fast as they are taken; the others have so much time between them. */
const ENOUGH = 100;
const PAUSE_MS = 10;

interface Said {
  code: number;
  out: string;
  err: string;
}

function run(program: string, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'utf8', maxBuffer: 1e8 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

const crosscomm = (...args: string[]): Promise<Said> => run(process.execPath, COMMAND, ...args);

describe('a backup of a gateway with all kinds of things', { timeout: 120_000 }, () => {
  const gateway = new GatewayProcess();
  let publisher: MqttClient;
  let key = '';
  let token = '';
  let acknowledged = 0;
  let isOver = false;

  const mosquitto = (which: GatewayProcess, ...args: string[]): Promise<Said> =>
    run('mosquitto_sub', '-p', String(which.ready.mqtt.port), '-i', 'durable', '-c', '-q', '2', ...args);
  const config = (): string[] => ['--config', join(gateway.folder, 'crosscomm.yaml')];

  beforeAll(async () => {
    await gateway.start();
    const { oocsi, mqtt } = gateway.ready;
    const added = await crosscomm('account', 'add', 'anna', '--role', 'admin', '--json', ...config());
    token = keptSecret((JSON.parse(added.out) as { token: string }).token);
    await mosquitto(gateway, '-t', 'orders', '-E');
    const esp = await OocsiClient.connect(oocsi.port, 'esp');
    esp.send('subscribe lamp');
    const sender = await OocsiClient.connect(oocsi.port, 'sender');
    sender.send('sendraw shelf {"kept":1.0,"_RETAIN":3600}');
    await sender.settle();
    await esp.settle();
    esp.close();
    sender.close();
    key = await new HttpObjects(gateway).put(IMAGE);
    publisher = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { clientId: 'publisher' });
    await publisher.publishAsync('sign', 'retained', { qos: 1, retain: true });
    // Known clients are written a second after they changed.
    await vi.waitFor(async () => expect((await stateOf(gateway)).includes('!clients!esp')).toBe(true));
    void (async () => {
      for (let number = 1; !isOver; number++) {
        await publisher.publishAsync('orders', String(number), { qos: number % 2 === 0 ? 1 : 2 });
        acknowledged = number;
        // As many as the processor has time for would make each backup larger than the one before.
        if (number > ENOUGH) await sleep(PAUSE_MS);
      }
    })();
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(ENOUGH));
  });
  afterAll(() => gateway.dispose());

  test('while messages pass has all that was acknowledged, and is restored elsewhere', async () => {
    const file = join(await temporaryFolder(), 'gateway.tar');
    // It is to be in the backup, so it must not be due before that is made, however slow the machine is.
    const sender = await OocsiClient.connect(gateway.ready.oocsi.port, 'sender');
    sender.send('sendraw esp {"promised":true,"_DELAY":12}');
    await vi.waitFor(async () => expect((await stateOf(gateway)).includes('promised')).toBe(true));
    sender.close();
    const before = acknowledged;
    const made = await crosscomm('backup', '--objects', file, '--json', ...config());
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(made.out)).toMatchObject({ file, bytes: statSync(file).size, objects: true, dataVersion: 1 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const after = acknowledged;
    expect(after).toBeGreaterThan(before);

    const other = new GatewayProcess();
    try {
      expect(await crosscomm('restore', file, '--data-dir', other.dataDir)).toMatchObject({ code: 0, err: '' });
      await other.start();
      expect(await numbersOf(other)).toEqual({ isWhole: true, isRecent: true });

      const headers = { authorization: `Bearer ${token}` };
      const session = await fetch(`http://127.0.0.1:${other.ready.http.port}/api/v1/session`, { headers });
      expect(await session.json()).toMatchObject({ account: 'anna' });
      const object = await new HttpObjects(other).get(key, headers);
      expect(Buffer.from(await object.arrayBuffer()).equals(IMAGE)).toBe(true);
      const esp = await OocsiClient.connect(other.ready.oocsi.port, 'esp');
      const writer = await OocsiClient.connect(other.ready.oocsi.port, 'writer');
      writer.send('sendraw lamp {"on":1}');
      expect(await esp.take('lamp')).toMatchObject({ sender: 'writer', on: 1 });
      writer.send('subscribe shelf');
      expect(await writer.takeLine((line) => line.includes('"recipient":"shelf"'))).toContain('"kept":1.0');
      const sign = await run('mosquitto_sub', '-p', String(other.ready.mqtt.port), '-t', 'sign', '-C', '1', '-W', '30');
      expect(sign.out).toBe('retained\n');
      expect(await esp.take('esp', 40_000)).toMatchObject({ sender: 'sender', promised: true });
      esp.close();
      writer.close();
    } finally {
      await other.dispose();
    }

    /** What is in the queue that was restored: each number once, from 1 to one that was acknowledged meanwhile. */
    async function numbersOf(which: GatewayProcess): Promise<object> {
      await run('mosquitto_pub', '-p', String(which.ready.mqtt.port), '-q', '2', '-t', 'orders', '-m', 'end');
      const reader = spawn('mosquitto_sub', [
        ...['-p', String(which.ready.mqtt.port), '-i', 'durable', '-c', '-q', '2', '-t', 'orders', '-W', '60'],
      ]);
      let text = '';
      reader.stdout.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.includes('end\n')) reader.kill();
      });
      await once(reader, 'close');
      // The client prints what has QoS 2 once its handshake is over, so later than what has QoS 1.
      const numbers = text
        .split('\n')
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
      numbers.sort((one, other) => one - other);
      const last = numbers.at(-1) ?? 0;
      return {
        isWhole: numbers.every((number, index) => number === index + 1),
        isRecent: last >= before && last <= after + 1,
      };
    }
  });

  test('is not restored while the gateway runs', async () => {
    const file = join(await temporaryFolder(), 'gateway.tar');
    await crosscomm('backup', file, ...config());
    const { code, err } = await crosscomm('restore', file, ...config());
    expect([code, err]).toEqual([
      2,
      `crosscomm: A gateway runs with the data folder ${gateway.dataDir}: stop it, restore, and start it again. [DATA_DIR_LOCKED]\n`,
    ]);
    expect((await crosscomm('restore', '--check', file)).out).toMatch(/ is whole and sound: gateway 0\.\d+\.\d+, /);
  });

  test('is given to nobody but operators, once at a time', async () => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}/api/v1/backup`;
    expect((await fetch(url)).status).toBe(403);
    const headers = { authorization: `Bearer ${token}` };
    const first = await fetch(`${url}?objects=true`, { headers });
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/x-tar']);
    expect(first.headers.get('content-disposition')).toMatch(/^attachment; filename="crosscomm-[\d-]+\.tar"$/);
    expect((await fetch(url, { headers })).status).toBe(503);
    await first.body?.cancel();
    let next = first;
    await expect
      .poll(async () => {
        next = await fetch(url, { headers });
        return next.status;
      })
      .toBe(200);
    // What it says beforehand of its length is right, or the answer would break off.
    expect(next.headers.get('content-length')).toBe(String((await next.arrayBuffer()).byteLength));
  });

  test('that is killed leaves the file of before', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'gateway.tar');
    await writeFile(file, 'the one of before');
    const slow = await HeldUp.open(gateway);
    const backup = spawn(process.execPath, [COMMAND, 'backup', '--objects', file, '--data-dir', slow.dataDir]);
    await expect.poll(() => existsSync(`${file}.new`)).toBe(true);
    backup.kill('SIGKILL');
    await once(backup, 'close');
    slow.close();
    expect(readFileSync(file, 'utf8')).toBe('the one of before');
    await expect.poll(() => crosscomm('backup', file, ...config())).toMatchObject({ code: 0 });
    expect(await readdir(folder)).toEqual(['gateway.tar']);
  });

  test('that the gateway is killed under says so, and leaves nothing', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'gateway.tar');
    const slow = await HeldUp.open(gateway);
    const backup = crosscomm('backup', '--objects', file, '--data-dir', slow.dataDir);
    await expect.poll(() => existsSync(`${file}.new`)).toBe(true);
    isOver = true;
    publisher.end(true);
    await gateway.kill();
    slow.letGo();
    const { code, err } = await backup;
    slow.close();
    expect(code).not.toBe(0);
    expect(err).toMatch(/was not written: the gateway has broken off, .* \[BACKUP_FAILED\]/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is made of a gateway at rest, also after a kill, and is all or nothing where its restore is killed', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'gateway.tar');
    expect(await crosscomm('backup', '--objects', file, ...config())).toMatchObject({ code: 0 });
    // Whatever a gateway keeps is in it, or known to be made anew.
    const { out } = await run('tar', '-tf', file);
    const found = new Set(out.split('\n'));
    const entries = await readdir(gateway.dataDir, { recursive: true, withFileTypes: true });
    const left = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(gateway.dataDir.length + 1))
      .filter((name) => !name.startsWith('state/') && !found.has(`crosscomm-backup/data/${name}`));
    expect(left.sort()).toEqual(['operator.secret', 'reserve', 'running.json']);
    const at = join(folder, 'data');
    const names = async (): Promise<string[]> =>
      (await readdir(at).catch(() => [])).filter((name) => name !== 'accounts.lock');
    for (let delayMs = 150; delayMs <= 450; delayMs += 150) {
      await rm(at, { recursive: true, force: true });
      const restore = spawn(process.execPath, [COMMAND, 'restore', file, '--data-dir', at]);
      const timer = setTimeout(() => restore.kill('SIGKILL'), delayMs);
      await once(restore, 'close');
      clearTimeout(timer);
      const left = await names();
      const isDone = left.includes('state') || left.includes('restoring.json');
      // The next one tidies up, and has the same.
      expect(await crosscomm('restore', file, '--data-dir', at)).toMatchObject({ code: 0 });
      const found = await names();
      expect(found.filter((name) => name.startsWith('replaced-'))).toHaveLength(isDone ? 1 : 0);
      expect(found.filter((name) => name.startsWith('restoring'))).toEqual([]);
      expect(await readFile(join(at, 'accounts.json'), 'utf8')).toContain('anna');
    }
  });
});

/** What is in the logs of its database. */
async function stateOf(gateway: GatewayProcess): Promise<string> {
  const state = join(gateway.dataDir, 'state');
  const logs = (await readdir(state)).filter((name) => name.endsWith('.log'));
  return (await Promise.all(logs.map((name) => readFile(join(state, name), 'latin1')))).join('');
}

/** A way to a gateway on which a backup stops in its middle, and the data folder of a gateway that is to be reached by it. */
class HeldUp {
  readonly dataDir: string;
  readonly #server: Server;
  #answer: IncomingMessage | undefined;

  private constructor(gateway: GatewayProcess, dataDir: string) {
    this.dataDir = dataDir;
    const { port } = gateway.ready.http;
    this.#server = createServer(({ url: path = '', headers }, response) => {
      if (path === '/operator') {
        response.end(JSON.stringify({ dataDir }));
        return;
      }
      const asked = get({ port, path, headers, agent: false }, (answer) => {
        this.#answer = answer;
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        let passed = 0;
        answer.on('data', (chunk: Buffer) => {
          passed += chunk.length;
          if (passed > IMAGE.length / 4 && passed - chunk.length <= IMAGE.length / 4) answer.pause();
          response.write(chunk);
        });
        answer.on('error', () => response.destroy()).on('end', () => response.end());
        response.on('close', () => answer.destroy());
      });
      asked.on('error', () => response.destroy());
    });
  }

  static async open(gateway: GatewayProcess): Promise<HeldUp> {
    const held = new HeldUp(gateway, await temporaryFolder());
    await copyFile(join(gateway.dataDir, 'operator.secret'), join(held.dataDir, 'operator.secret'));
    await once(held.#server.listen(0, '127.0.0.1'), 'listening');
    const { port } = held.#server.address() as AddressInfo;
    await writeFile(join(held.dataDir, 'running.json'), JSON.stringify({ http: { host: '127.0.0.1', port } }));
    return held;
  }

  /** Lets what is left of the backup come. */
  letGo(): void {
    this.#answer?.resume();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
