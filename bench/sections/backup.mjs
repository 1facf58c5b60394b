import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { atMostTimesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { BUILT, startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { latencyRow } from './rows.mjs';

/** @import { Target } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const MIB = 1024 * 1024;
const TITLE = 'A backup of 1 GiB';
const ALONE = 'no backup';
const RATE = 5000;
/** What waits for clients that are away: a gigabyte that does not get smaller by compression. */
const MESSAGE_BYTES = 128 * 1024;
const MESSAGES = 8192;
const AWAY = ['away-1', 'away-2'];
const SETTLE_MS = 2000;

/** @type {{ name: string, protocol: string }[]} */
const LINES = [
  { name: 'OOCSI at 5,000/s', protocol: 'oocsi' },
  { name: 'MQTT QoS 0 at 5,000/s', protocol: 'mqtt' },
];

/**
 * What a backup costs those who send meanwhile: latency at an even rate in one gateway, while one backup after another is written into a
 * file by the command, and while none is.
 * @param {Bench} bench
 */
export async function benchBackup(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin({ title: TITLE, note: 'messages that wait in the database', more: '99th percentile', showsLoss: true });
  const server = await startGateway({ profile, settings: { mqtt: { maxQueuedBytes: 2048 * MIB } } });
  const dataDir = path.join(server.folder, 'data');
  await fill(server.targets.mqtt);
  await sleep(SETTLE_MS);
  for (const line of wanted) {
    // One process, as two of them differ.
    const member = () => Promise.resolve({ stop: async () => {} });
    const cast = await Cast.start({ gateway: member, [ALONE]: member });
    const load = new Load();
    /** @type {number[]} */
    const seconds = [];
    const rows = await cast.alternate(rounds, async (_, who) => {
      const stop = who === ALONE ? async () => [] : backUp(dataDir, path.join(server.folder, 'backup.tar'));
      const to = server.targets[line.protocol];
      const job = { from: to, to, rate: RATE, address: 'channel', pairs: false };
      const result = await load.run('paced', { ...job, warmupMs, measureMs: Math.max(measureMs, 3000) });
      seconds.push(...(await stop()));
      return result;
    });
    load.stop();
    const shown = rows.map(latencyRow);
    if (shown[0])
      shown[0].note = `a backup takes ${(seconds.reduce((sum, each) => sum + each, 0) / seconds.length).toFixed(1)} s`;
    bench.add({ ...line, unit: 'ms', asked: atMostTimesPeer(2, ALONE) }, shown);
  }
  await server.stop();
}

/**
 * Has a gigabyte wait for two clients that are away.
 * @param {Target} mqtt
 */
async function fill({ host, port }) {
  const url = `mqtt://${host}:${port}`;
  for (const clientId of AWAY) {
    const client = await connectAsync(url, { clientId, clean: false });
    await client.subscribeAsync(clientId, { qos: 1 });
    await client.endAsync();
  }
  const sender = await connectAsync(url, { clientId: 'filler' });
  for (let sent = 0; sent < MESSAGES; sent += 16) {
    const some = Array.from({ length: 16 }, (_, index) =>
      sender.publishAsync(AWAY[index % AWAY.length] ?? '', randomBytes(MESSAGE_BYTES), { qos: 1 }),
    );
    await Promise.all(some);
  }
  await sender.endAsync();
}

/**
 * Makes one backup after another until the returned function is called, which tells how long each took, in seconds.
 * @param {string} dataDir
 * @param {string} file
 */
function backUp(dataDir, file) {
  let isOver = false;
  const done = (async () => {
    const seconds = [];
    while (!isOver) {
      const start = performance.now();
      const command = spawn(process.execPath, [BUILT, 'backup', file, '--data-dir', dataDir], { stdio: 'ignore' });
      const [code] = await once(command, 'close');
      if (code !== 0 || statSync(file).size < (MESSAGE_BYTES * MESSAGES) / 2) throw new Error('the backup failed');
      seconds.push((performance.now() - start) / 1000);
      rmSync(file);
    }
    return seconds;
  })();
  done.catch(() => {});
  return () => {
    isOver = true;
    return done;
  };
}
