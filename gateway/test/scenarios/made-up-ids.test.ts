import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CrossCommService } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connect, connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let gateway: GatewayProcess;
const programs: Program[] = [];

beforeEach(async () => {
  gateway = new GatewayProcess();
  await gateway.start();
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL')));
  await gateway.dispose();
});

interface Clients {
  known: number;
  online: number;
  list: { id: string; protocol: string }[];
}

async function clients(): Promise<Clients> {
  const response = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`);
  return ((await response.json()) as { clients: Clients }).clients;
}

const idsOnline = async (): Promise<string[]> => (await clients()).list.map(({ id }) => id).sort();

/** Runs a program to its end; its exit code. */
async function run(program: string, ...args: string[]): Promise<number | null> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

describe('clients that were given no id', () => {
  test('have short ones, and nothing remembers them once they have gone', async () => {
    const { http, mqtt, oocsi } = gateway.ready;
    const at = ['-h', '127.0.0.1', '-p', String(mqtt.port)];
    const lamp = await OocsiClient.connect(oocsi.port, 'lamp');
    lamp.send('subscribe door');
    const nameless = spawn('mosquitto_sub', [...at, '-t', 'news'], { stdio: 'ignore' });
    const old = spawn('mosquitto_sub', [...at, '-V', 'mqttv31', '-t', 'news'], { stdio: 'ignore' });
    const page = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`);
    const numbered = await OocsiClient.open(oocsi.port, 'visitor_####');
    const service = new CrossCommService({ port: http.port });
    await service.login();
    const python = startPython('a program without a handle', 'oocsi_agent.py');
    programs.push(python);
    python.command({ do: 'connect', handle: null, ...oocsi });
    await python.take('connected', {}, 60_000);
    const pattern = [
      /^OOCSIClient_[0-9a-f]{15}$/,
      /^js-[0-9a-f]{6}$/,
      /^lamp$/,
      /^mosq-[0-9A-Za-z]{18}$/,
      /^mqtt-[0-9a-f]{4}$/,
      /^mqttjs_[0-9a-f]+$/,
      /^visitor_\d{4}$/,
    ].map((form) => expect.stringMatching(form));
    await expect.poll(idsOnline, { timeout: 20_000 }).toEqual(pattern);
    const url = `127.0.0.1:${http.port}`;
    expect(await run(process.execPath, COMMAND, 'send', '--url', url, 'lamp', 'on')).toBe(0);
    expect(await run('mosquitto_pub', ...at, '-t', 'news', '-m', 'x')).toBe(0);

    // Some say goodbye and some do not.
    nameless.kill('SIGKILL');
    old.kill('SIGTERM');
    page.end(true);
    numbered.close();
    await python.stop('SIGKILL');
    await service.logout();
    await expect.poll(clients, { timeout: 20_000 }).toMatchObject({ known: 1, online: 1, list: [{ id: 'lamp' }] });
    lamp.close();
    await expect.poll(async () => (await clients()).online).toBe(0);
    await gateway.stop();
    const file = await readFile(join(gateway.dataDir, 'cross_comm_clients.yaml'), 'utf8');
    expect(file.split('\n').filter((line) => line.startsWith('"'))).toEqual([expect.stringContaining('"lamp": {')]);
    await gateway.start();
    expect(await clients()).toMatchObject({ known: 1, online: 0 });
  }, 180_000);

  test('and that an earlier version wrote down are forgotten at the next start', async () => {
    await gateway.stop();
    const away = '{status: offline, last_seen: 1700000000.0}';
    const ids = ['kitchen', 'aedes_0fdc5a31-52a5-4f6c-8d5c-9a1f1d7a2a11', 'cli-0a1b2c3d', 'd83add0a1b2c_1f2e3d4c'];
    const file = join(gateway.dataDir, 'cross_comm_clients.yaml');
    await writeFile(file, ids.map((id) => `${id}: ${away}\n`).join(''));
    await gateway.start();
    expect(await clients()).toMatchObject({ known: 1, online: 0 });
    await gateway.stop();
    expect(await readFile(file, 'utf8')).not.toContain('aedes_');
  }, 60_000);

  test('but asked MQTT for a session have it, also after a restart', async () => {
    const url = `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`;
    const clientId = 'mqttjs_6b9a6df8';
    const before = await connectAsync(url, { clientId, clean: false });
    await before.subscribeAsync('news', { qos: 1 });
    await before.endAsync();
    await expect.poll(clients).toMatchObject({ known: 1, online: 0 });
    await gateway.stop();
    await gateway.start();
    const sender = await connectAsync(url, { clientId: 'sender' });
    await sender.publishAsync('news', 'kept', { qos: 1 });
    // What waits may come in one piece with the answer to its CONNECT.
    const back = connect(url, { clientId, clean: false });
    const heard = await new Promise<string>((resolve) =>
      back.once('message', (_, payload) => resolve(String(payload))),
    );
    expect(heard).toBe('kept');
    await Promise.all([back.endAsync(), sender.endAsync()]);
  }, 60_000);
});
