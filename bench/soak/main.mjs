import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemOf } from '../problem.mjs';
import { Crowd } from './crowd.mjs';
import { Gateway } from './gateway.mjs';
import { Ledger } from './ledger.mjs';
import { growthOf } from './memory.mjs';
import { HELP, readOptions } from './options.mjs';
import { readByMqtt, readByOocsi, talkByCrossComm } from './readers.mjs';
import { printReport } from './report.mjs';

/** @typedef {ReturnType<typeof readOptions>} Options */
/** @import { Fleet } from './sources.mjs' */

const DURABLE = 'mqtt-reader';
const LIVE = ['oocsi-reader', 'crosscomm-reader'];
const CHANNELS = { frames: 'soak/frames', mqtt: 'soak/mqtt', crosscomm: 'soak/crosscomm' };
const BOARDS = ['serial-1', 'serial-2', 'serial-3'];
/** How much of the time the gateway is killed again and again; after that its memory is watched. */
const KILLING = 2 / 3;
/** How long it is off. */
const OFF_MS = 500;
/** MQTT clients that are mostly away. */
const CROWD = { sessions: 200, everyMs: 1000, moves: 20 };
const SAMPLE_MS = 1000;
const DRAIN_MS = 60_000;
/** Nothing has come for so long: nothing more will. */
const QUIET_MS = 3000;

/** @param {Options} options */
async function soak(options) {
  const { startDevices, publishByMqtt } = await import('./sources.mjs');
  const { totalMs, killEveryMs, devices, seed } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'crosscomm-soak-'));
  const ledger = new Ledger();
  const gateway = new Gateway(
    folder,
    BOARDS.map((name) => path.join(folder, name)),
  );
  process.on('exit', () => {
    void gateway.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await gateway.start();
  const channels = Object.values(CHANNELS);
  const durable = readByMqtt(ledger, DURABLE, gateway, channels);
  await durable.ready;
  const readers = [
    durable,
    readByOocsi(ledger, LIVE[0], gateway, channels),
    talkByCrossComm(ledger, LIVE[1], gateway, { listenTo: channels, sayTo: CHANNELS.crosscomm, everyMs: 200 }),
  ];
  const webSocket = `ws://127.0.0.1:${gateway.ports.http}`;
  const byMqtt = `mqtt://127.0.0.1:${gateway.ports.mqtt}`;
  /** @param {number} part */
  const share = (part) => Math.max(1, Math.round(devices * part));
  /** @param {Partial<Fleet> & Pick<Fleet, 'name' | 'count'>} more */
  const fleet = (more) => ({ channel: CHANNELS.frames, intervalMs: 200, seed, ...more });
  const faults = { loseLinkEveryMs: 20_000, awayMs: 2000 };
  const resets = { ...faults, resetEveryMs: 15_000 };
  const fleets = [
    await startDevices(ledger, fleet({ name: 'websocket', count: devices, url: webSocket, faults })),
    await startDevices(ledger, fleet({ name: 'mqtt frames', count: share(1 / 5), url: byMqtt, faults })),
    await startDevices(ledger, fleet({ name: 'resets', count: share(1 / 5), url: webSocket, faults: resets })),
    await startDevices(
      ledger,
      fleet({ name: 'serial', count: BOARDS.length, ptyFolder: folder, noiseOneIn: 1000, faults }),
    ),
  ];
  const crowd = new Crowd(gateway.ports.mqtt, { ...CROWD, seed });
  await crowd.begin();
  const publisher = publishByMqtt(ledger, 'mqtt-publisher', gateway, { topic: CHANNELS.mqtt, everyMs: 100 });

  /** @type {number[]} */
  const restarts = [];
  const begun = performance.now();
  const killUntil = begun + totalMs * KILLING;
  while (performance.now() + killEveryMs < killUntil) {
    await sleep(killEveryMs * (0.75 + Math.random() / 2));
    await gateway.kill();
    await sleep(OFF_MS);
    restarts.push(await gateway.start());
    progress(`${gateway.kills.length} kills`, begun, totalMs);
  }
  /** @type {number[]} */
  const memory = [];
  while (performance.now() < begun + totalMs) {
    await sleep(SAMPLE_MS);
    if (!gateway.isRunning) throw new Error(`the gateway ended by itself\n${gateway.log}`);
    memory.push(gateway.residentMb());
    if (memory.length % 30 === 0) progress(`${memory.at(-1)?.toFixed(0)} MB`, begun, totalMs);
  }

  for (const source of [...fleets, publisher]) source.finish();
  const waiting = () => fleets.reduce((sum, { devices: all }) => sum + all.reduce((n, one) => n + one.waiting, 0), 0);
  const drainUntil = performance.now() + DRAIN_MS;
  while (waiting() + publisher.waiting > 0 && performance.now() < drainUntil) await sleep(50);
  const undrained = waiting() + publisher.waiting;
  await sleep(QUIET_MS);
  const sleepers = { acknowledged: crowd.acknowledged, faults: await crowd.finish() };
  const rows = ledger.account({ durable: DURABLE, live: LIVE, kills: gateway.kills });
  const counts = fleets.map((each) => each.counts());
  const growth = growthOf(memory);
  for (const source of fleets) await source.stop();
  await publisher.stop();
  for (const reader of readers) await reader.stop();
  await gateway.kill();
  return printReport({ rows, counts, sleepers, restarts, growth, undrained, minutes: totalMs / 60_000 });
}

/**
 * @param {string} what
 * @param {number} begun
 * @param {number} totalMs
 */
function progress(what, begun, totalMs) {
  /** @param {number} ms */
  const minutes = (ms) => (ms / 60_000).toFixed(1);
  process.stderr.write(`${minutes(performance.now() - begun)} of ${minutes(totalMs)} minutes, ${what}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** @type {Options} */
let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(problemOf(error));
  process.exit(2);
}
if (options.help) console.log(HELP);
else if (options.isPage) {
  const { soakPage } = await import('./page.mjs');
  process.exit((await soakPage(options)) ? 0 : 1);
} else if (options.isBridge) {
  const { soakBridge } = await import('./bridge.mjs');
  process.exit((await soakBridge(options)) ? 0 : 1);
} else if (options.isCluster) {
  const { soakCluster } = await import('./cluster.mjs');
  process.exit((await soakCluster()) ? 0 : 1);
} else process.exit((await soak(options)) ? 0 : 1);
