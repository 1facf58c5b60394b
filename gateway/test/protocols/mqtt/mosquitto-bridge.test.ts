import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker, TestClient } from '../../mqtt-engine/support.ts';

let test: TestBroker;
let mosquitto: ChildProcess;
let folder: string;
let port: number;

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

beforeEach(async () => {
  test = await startBroker({ maxQueuedMessages: 20 });
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-bridge-'));
  port = await freePort();
  // A bridge as mosquitto's manual has it; only it tries again after one second.
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root'];
  lines.push('connection pi', `address 127.0.0.1:${test.port}`, 'topic # both 1', 'restart_timeout 1');
  await writeFile(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  mosquitto = spawn('/usr/sbin/mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
});
afterEach(async () => {
  mosquitto.kill('SIGKILL');
  await test.close();
  await rm(folder, { recursive: true });
});

/** The id of the bridge's client, which has the machine's name in it, once it is online; what it says first is still to come then. */
async function bridged(): Promise<string> {
  const find = () => [...test.house.hub.clients()].find(({ id, online }) => online && id.endsWith('.pi'))?.id;
  await expect.poll(find, { timeout: 10_000 }).toBeDefined();
  return find() as string;
}

it('a bridge of mosquitto with its default settings passes messages once, both ways, also after a restart', async () => {
  const id = await bridged();
  const state = `$SYS/broker/connection/${id}/state`;
  const local = new TestClient(mqtt.connect({ host: '127.0.0.1', port, protocolVersion: 4 }));
  await local.mqtt.subscribeAsync('#', { qos: 1 });
  let expected: string[] = [];
  for (const run of ['first', 'second']) {
    await bridged();
    const here = await test.connect(`here ${run}`);
    await here.mqtt.subscribeAsync('#', { qos: 1 });
    await here.mqtt.subscribeAsync('$SYS/broker/connection/#', { qos: 1 });
    // More than the queue of one that is away takes.
    const up = Array.from({ length: 30 }, (_, index) => `up=${run} ${index}`);
    const passUp = (line: string) => local.mqtt.publishAsync('up', line.slice(3), { qos: 1 });
    const heard = () => here.lines.filter((line) => !line.startsWith('$SYS/'));
    // A bridge says that it is connected, then subscribes, then passes messages: with the first of these it is ready.
    const [first = '', ...others] = up;
    await passUp(first);
    await expect.poll(heard).toEqual([first]);
    for (const line of others) await passUp(line);
    const down = [`down=${run}`];
    await here.mqtt.publishAsync('down', run, { qos: 1 });
    expected = [...expected, ...up, ...down];
    await expect.poll(() => heard().length).toBeGreaterThanOrEqual(up.length + down.length);
    await local.got(expected.length);
    expect(heard().sort()).toEqual([...up, ...down].sort());
    // It is told once, and not kept: only who listened already hears it.
    expect([[], [`${state}=1`]]).toContainEqual(here.lines.filter((line) => line.startsWith('$SYS/')));
    expect([...local.lines].sort()).toEqual([...expected].sort());
    // What the bridge has not acknowledged yet would come once more after the restart, as QoS 1 may.
    const waiting = async () => (await test.keys()).filter((key) => key.startsWith('queue:'));
    await expect.poll(waiting).toEqual([]);
    if (run === 'first') await test.restart();
  }
  const watcher = await test.connect('watcher');
  await watcher.mqtt.subscribeAsync(state);
  mosquitto.kill('SIGKILL');
  expect(await watcher.got(1)).toMatchObject([{ topic: state, text: '0' }]);
  expect(test.house.incidents.counts()).toEqual({});
  await local.mqtt.endAsync(true);
});
