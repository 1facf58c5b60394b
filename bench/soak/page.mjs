import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bold, green, red } from '../report/colour.mjs';
import { median } from '../stats.mjs';
import { firstPictureMs, openDashboard, SLOWED, takeFrames } from './browser.mjs';
import { Gateway } from './gateway.mjs';
import { growthOf } from './memory.mjs';

const DEVICES = fileURLToPath(new URL('./many-devices.mjs', import.meta.url));
const PER_SECOND = 5000;
const LEAST_FRAMES = 20;
/** In a browser that has never seen the page, before the devices talk. */
const FIRST_PICTURE_MS = 1000;
/** What a page's memory may swing by. */
const TOLERATED_MB = 10;
/** So long a page is looked at until it is another's turn; the first part of it does not count, as it loads then. */
const LOOK_MS = 15_000;
const LOAD_MS = 2000;
/** @type {[name: string, hash: string][]} */
const PAGES = [
  ['Overview', '#/'],
  ['Clients', '#/clients'],
  ['Channels', '#/channels'],
  ['one channel', '#/channels/room-1%2Fdevice-25%2Flight'],
  ['Conversation', '#/conversation'],
  ['Graph', '#/graph'],
];

/**
 * A dashboard open in a real browser, on one page after the other, while many devices talk: whether it stays smooth, and its memory level. True where
 * all is well.
 * @param {{ totalMs: number, devices: number }} options
 */
export async function soakPage({ totalMs, devices }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosscomm-soak-'));
  const gateway = new Gateway(folder, []);
  process.on('exit', () => {
    void gateway.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await gateway.start();
  const url = `http://127.0.0.1:${gateway.ports.http}/`;
  const pictures = await firstPictureMs(url);
  const load = await startDevices(gateway, devices);
  const dashboard = await openDashboard(url);
  const { page } = dashboard;
  const begun = performance.now();
  /** @type {number[]} */
  const memory = [];
  /** By page: pictures a second, what its memory was, and the longest wait for a picture.
   * @type {Map<string, { frames: number[], heapMb: number[], longestMs: number }>} */
  const seen = new Map(PAGES.map(([name]) => [name, { frames: [], heapMb: [], longestMs: 0 }]));
  while (performance.now() < begun + totalMs) {
    for (const [name, hash] of PAGES) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await sleep(LOAD_MS);
      await takeFrames(page);
      const from = performance.now();
      await sleep(LOOK_MS - LOAD_MS);
      const { count, longestMs } = await takeFrames(page);
      const of = seen.get(name);
      of?.frames.push((count * 1000) / (performance.now() - from));
      of?.heapMb.push(await dashboard.heapMb());
      if (of) of.longestMs = Math.max(of.longestMs, longestMs);
      memory.push(gateway.residentMb());
    }
    process.stderr.write(`${((performance.now() - begun) / 60_000).toFixed(1)} of ${totalMs / 60_000} minutes\n`);
  }
  const { perSecond } = await ratesOf(gateway);
  await dashboard.close();
  load.disconnect();
  await gateway.kill();
  return report({ seen, growth: growthOf(memory), faults: dashboard.faults, perSecond, devices, pictures });
}

/**
 * @param {Gateway} gateway
 * @param {number} devices
 */
async function startDevices({ ports }, devices) {
  const load = fork(DEVICES);
  process.on('exit', () => load.kill());
  /** @param {'oocsi' | 'mqtt'} protocol */
  const at = (protocol) => ({ protocol, host: '127.0.0.1', port: ports[protocol] });
  load.send({ targets: { oocsi: at('oocsi'), mqtt: at('mqtt') }, devices, perSecond: PER_SECOND });
  const [{ error }] = await once(load, 'message');
  if (error !== undefined) throw new Error(error);
  return load;
}

/** How much was said in the last seconds. @param {Gateway} gateway */
async function ratesOf({ ports }) {
  const look = async () => {
    const answer = await fetch(`http://127.0.0.1:${ports.http}/api/v1/clients?search=display-&limit=1000`);
    const { clients } = /** @type {{ clients: { sent: number }[] }} */ (await answer.json());
    return clients.reduce((sum, { sent }) => sum + sent, 0);
  };
  const [before, begun] = [await look(), performance.now()];
  await sleep(5000);
  return { perSecond: ((await look()) - before) / ((performance.now() - begun) / 1000) };
}

/**
 * @typedef {{ frames: number[], heapMb: number[], longestMs: number }} Seen
 * @param {{ seen: Map<string, Seen>, growth: import('../types.ts').Growth, faults: string[], perSecond: number, devices: number, pictures: number[] }} of
 */
function report({ seen, growth, faults, perSecond, devices, pictures }) {
  /** @param {string | number} text */
  const cell = (text) => String(text).padStart(12);
  console.log(
    bold(
      ['PAGE'.padEnd(14), ...['FRAMES/S', 'AT LEAST', 'LONGEST MS', 'MB AT FIRST', 'MB AT LAST'].map(cell)].join(' '),
    ),
  );
  const wrong = [...faults];
  for (const [name, { frames, heapMb, longestMs }] of seen) {
    // The first time its history fills.
    const [first = Number.NaN, last = Number.NaN] = [median(heapMb.slice(1, 4)), median(heapMb.slice(-3))];
    const least = Math.min(...frames);
    const shown = [
      median(frames).toFixed(0),
      least.toFixed(0),
      longestMs.toFixed(0),
      first.toFixed(1),
      last.toFixed(1),
    ];
    console.log([name.padEnd(14), ...shown.map(cell)].join(' '));
    if (least < LEAST_FRAMES) wrong.push(`${name} had ${least.toFixed(0)} frames a second, less than ${LEAST_FRAMES}`);
    if (last - first > TOLERATED_MB) wrong.push(`the memory of the page grew on ${name}`);
  }
  const { firstMb, lastMb, mostMb } = growth;
  console.log(`
${devices} devices; ${Math.round(perSecond).toLocaleString('en-US')} messages a second arrived
gateway: ${firstMb.toFixed(0)} MB at first, ${lastMb.toFixed(0)} MB at last, ${mostMb.toFixed(0)} MB at most`);
  console.log(
    `first picture with a processor ${SLOWED} times slower: ${median(pictures).toFixed(0)} ms, at most ${Math.max(...pictures).toFixed(0)}`,
  );
  if (median(pictures) > FIRST_PICTURE_MS) wrong.push(`the first picture took longer than ${FIRST_PICTURE_MS} ms`);
  if (growth.grew) wrong.push('the memory of the gateway grew');
  if (perSecond < 0.95 * PER_SECOND) wrong.push(`less than ${PER_SECOND} messages a second arrived`);
  for (const fault of wrong) console.log(red(fault));
  console.log(wrong.length === 0 ? green('All is well.') : red('All is not well.'));
  return wrong.length === 0;
}
