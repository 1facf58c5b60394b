import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { freePort } from '../subjects/process.mjs';
import { Gateway } from './gateway.mjs';

/** @typedef {ReturnType<typeof import('./options.mjs').readOptions>} Options */

const TOPIC = 'soak/up';
const EVERY_MS = 2;
/** So much of what comes in a second may wait, on average, so that the outbox is full before the end. */
const OUTBOX_BYTES_PER_S = 12_000;
const PAYLOAD = 'x'.repeat(40);
/** MQTT 5: quota exceeded. */
const FULL = 0x97;
const OFF_MS = 500;
const DRAIN_MS = 300_000;
/** @type {import('mqtt').IClientOptions} */
const SESSION = {
  clean: false,
  properties: { sessionExpiryInterval: 86_400 },
  protocolVersion: 5,
  reconnectPeriod: 100,
};

/**
 * A bridge to a mosquitto that is away nearly all the time, under load, until the outbox is full, with a gateway that is killed again and again.
 * Nothing that was acknowledged may be lost, and its order has to be kept; the rest has to be refused with a reason.
 * @param {Options} options
 */
export async function soakBridge({ totalMs, killEveryMs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosscomm-soak-'));
  const port = await freePort();
  const bridge = { name: 'soak', url: `mqtt://127.0.0.1:${port}`, topics: [{ filter: TOPIC, direction: 'out' }] };
  const bridges = [{ ...bridge, outboxBytes: Math.round((totalMs / 1000) * OUTBOX_BYTES_PER_S), retryMs: 1000 }];
  const gateway = new Gateway(folder, [], { bridges });
  let mosquitto = await startMosquitto(folder, port);
  process.on('exit', () => {
    void gateway.kill();
    mosquitto.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await gateway.start();
  /** @type {number[]} */
  const arrived = [];
  const listener = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...SESSION, clientId: 'listener' });
  listener.on('error', () => {});
  listener.on('message', (_, payload) => arrived.push(Number(payload.toString().split(' ')[0])));
  await listener.subscribeAsync(TOPIC, { qos: 1 });
  const publisher = mqtt.connect(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, { ...SESSION, clientId: 'publisher' });
  publisher.on('error', () => {});
  /** @type {number[]} */
  const acknowledged = [];
  let refused = 0;
  let next = 0;
  let waiting = 0;
  const saying = setInterval(() => {
    if (waiting >= 100) return;
    const number = next++;
    waiting++;
    publisher.publish(TOPIC, `${number} ${PAYLOAD}`, { qos: 1 }, (error) => {
      waiting--;
      if (error === undefined || error === null) acknowledged.push(number);
      else if (/** @type {{ code?: number }} */ (error).code === FULL) refused++;
      else throw error;
    });
  }, EVERY_MS);
  await sleep(totalMs * 0.05);
  await stop(mosquitto);
  const until = performance.now() + totalMs * 0.9;
  while (performance.now() < until) {
    await sleep(Math.min(killEveryMs, Math.max(0, until - performance.now())));
    await gateway.kill();
    await sleep(OFF_MS);
    const startMs = await gateway.start();
    process.stderr.write(
      `${gateway.kills.length} kills, started in ${Math.round(startMs)} ms, ${acknowledged.length} acknowledged, ${refused} refused\n`,
    );
  }
  mosquitto = await startMosquitto(folder, port);
  await sleep(totalMs * 0.05);
  clearInterval(saying);
  const drainUntil = performance.now() + DRAIN_MS;
  while (performance.now() < drainUntil && (waiting > 0 || arrived.at(-1) !== acknowledged.at(-1))) await sleep(100);
  const firsts = [...new Set(arrived)];
  const has = new Set(firsts);
  const lost = acknowledged.filter((number) => !has.has(number)).length;
  const disorder = firsts.filter(
    (number, index) => index > 0 && number < /** @type {number} */ (firsts[index - 1]),
  ).length;
  await Promise.all([listener.endAsync(true), publisher.endAsync(true)]);
  await gateway.kill();
  await stop(mosquitto);
  const rows = {
    acknowledged: acknowledged.length,
    refused,
    arrived: arrived.length,
    'came twice (QoS 1 may)': arrived.length - firsts.length,
    lost,
    'out of order': disorder,
    kills: gateway.kills.length,
  };
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(24)}${value}`);
  return lost === 0 && disorder === 0 && refused > 0;
}

/**
 * @param {string} folder
 * @param {number} port
 */
async function startMosquitto(folder, port) {
  const file = path.join(folder, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root', 'set_tcp_nodelay true'];
  lines.push('persistence true', `persistence_location ${folder}/`, 'max_queued_messages 0', 'autosave_interval 5');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('mosquitto', ['-c', file], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).then(
      () => socket.readyState === 'open',
      () => false,
    );
    socket.destroy();
    if (isUp) return child;
    await sleep(50);
  }
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
