import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PtyTransport } from '@crosscomm/sim';
import { FilesClient } from '@crosscomm/testing/files-client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bytesOf, type RecordingEvent } from '../../src/transports/recording/events.ts';

// Serial ports, Open Sound Control and TLS are recorded as well, at a gateway as a user has it.

const SOON = { timeout: 20_000, interval: 20 };
const run = promisify(execFile);
const ends: (() => unknown)[] = [];
let folder: string;
let gateway: GatewayProcess;
let board: PtyTransport;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-record-'));
  board = await PtyTransport.open({ deviceIds: ['knob'], maxFrame: 1024, noiseOneIn: 0, random: Math.random, folder });
  const serial = { autoDetect: false, ports: [{ path: join(folder, 'knob') }] };
  gateway = new GatewayProcess({ serial, tls: { auto: true }, mqtt: { tlsPort: 0 }, osc: { port: 0 } });
  await gateway.start();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});
afterAll(async () => {
  await board.stop();
  await gateway.dispose();
  await rm(folder, { recursive: true, maxRetries: 5 });
});

/** Records a client while something happens; the events of the file, and its path. */
async function recorded(
  client: string,
  happen: () => Promise<unknown>,
): Promise<{ path: string; all: RecordingEvent[] }> {
  const path = join(gateway.folder, `recording-${++count}.jsonl`);
  const shell = new TestShell({ cwd: gateway.folder });
  const over = shell.run('record', path, '--client', client, '--url', url());
  await expect.poll(() => shell.stderr.text, SOON).toContain('Recording ');
  await happen();
  shell.interrupt();
  expect(await over, shell.stderr.text).toBe(0);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return { path, all: lines.map((line) => JSON.parse(line) as RecordingEvent) };
}

function url(): string {
  return `http://127.0.0.1:${gateway.ready.http.port}`;
}

async function replayed(path: string, ...flags: string[]): Promise<string> {
  const shell = new TestShell({ cwd: gateway.folder });
  const code = await shell.run('replay', path, '--url', url(), '--speed', '20', ...flags);
  return `${code} ${shell.stdout.text}${shell.stderr.text}`;
}

/** All that was sent one way, as text of one character for each byte. */
function said(all: readonly RecordingEvent[], way: 'in' | 'out'): string {
  return all.map((event) => (event.is === way ? bytesOf(event).toString('latin1') : '')).join('');
}

test('a board at a serial port, whose frames are replayed by WebSocket', async () => {
  const { path, all } = await recorded('knob', async () => {
    const device = new FilesClient(board, 'knob', 7);
    ends.push(() => device.stop());
    await new Promise<void>((resolve) => {
      device.client.send('bench', 4711, () => resolve());
    });
  });
  expect(all[1]).toMatchObject({ is: 'open', protocol: 'serial', by: 'serial', client: 'knob' });
  expect(said(all, 'in')).toContain('knob');
  expect(said(all, 'in')).toContain('bench');
  expect(await replayed(path, '--client-suffix', '-2')).toContain('knob  serial by serial  ');
});

test('a program that speaks OSC by UDP, with its answers at another port', async () => {
  const from = createSocket('udp4');
  const answers = createSocket('udp4');
  ends.push(
    () => from.close(),
    () => answers.close(),
  );
  for (const socket of [from, answers]) socket.bind(0, '127.0.0.1');
  await Promise.all([once(from, 'listening'), once(answers, 'listening')]);
  const { port = 0 } = gateway.ready.osc ?? {};
  const answerPort = Buffer.alloc(4);
  answerPort.writeInt32BE(answers.address().port);
  const { path, all } = await recorded(`osc-127.0.0.1-${from.address().port}`, async () => {
    const subscribe = Buffer.concat([Buffer.from('/subscribe\0\0,si\0lamp\0\0\0\0'), answerPort]);
    const heard = once(answers, 'message');
    const again = setInterval(() => {
      from.send(subscribe, port, '127.0.0.1');
      void run('oscsend', ['127.0.0.1', String(port), '/lamp', 'i', '7']);
    }, 200);
    await heard;
    clearInterval(again);
  });
  expect(all[1]).toMatchObject({ is: 'open', protocol: 'osc', by: 'udp' });
  expect(said(all, 'in')).toContain('/subscribe');
  expect(said(all, 'out')).toContain('/lamp');
  expect(await replayed(path)).toContain('osc by udp');
});

test('mosquitto by TLS, without what TLS puts around it', async () => {
  const { port = 0 } = gateway.ready.mqttTls ?? {};
  const ca = join(gateway.dataDir, 'tls', 'ca.crt');
  const { path, all } = await recorded('sealed', async () => {
    const at = [
      '-h',
      'localhost',
      '-p',
      String(port),
      '--cafile',
      ca,
      '-i',
      'sealed',
      '-u',
      'ben',
      '-P',
      'horse-sealed',
    ];
    await run('mosquitto_pub', [...at, '-t', 'lab/t', '-m', 'encrypted', '-q', '1']).catch(() => {});
  });
  expect(all[1]).toMatchObject({ is: 'open', protocol: 'mqtt', by: 'tcp', listener: 'mqttTls' });
  expect(said(all, 'in')).toContain('sealed');
  expect(said(all, 'in')).not.toContain('horse');
  expect(await replayed(path)).toMatch(/^0 .*as recorded/s);
});
