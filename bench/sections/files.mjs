import { once } from 'node:events';
import { FrameClient } from '@crosscomm/protocol';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { alternateNew } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { watchMemory } from '../watch-memory.mjs';

/** @import { Member, Row, Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

/**
 * Files of devices, and images for their displays.
 * @param {Bench} bench
 */
export async function benchFiles(bench) {
  await benchUploads(bench);
  await benchImages(bench);
}

// Uploads

const UPLOADS = 'Files of devices';
const DEVICES = 200;
const FILE_BYTES = 100_000;
const CHUNK_BYTES = 4096;

/**
 * Many devices send a file each at the same time; all of it is on disk when the last hears so.
 * @param {Bench} bench
 */
async function benchUploads(bench) {
  const line = { name: `${DEVICES} x 100 KB, WebSocket`, unit: 'MB/s' };
  if (bench.wanted(UPLOADS, [line]).length === 0) return;
  bench.begin({ title: UPLOADS, note: 'at once, until they are on disk', more: 'memory' });
  const rows = await alternateNew(bench.starters(gateway), bench.options.rounds, uploadOnce);
  bench.add(line, rows.map(uploadRow));
}

/** @param {string} main */
const gateway = (main) => startGateway({ main });

/**
 * @param {Member<{ rate: number, rose: number }>} member
 * @returns {Row}
 */
function uploadRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const rose = Math.max(...results.map((round) => round.rose));
  return { who, figure: summary(results.map(({ rate }) => rate)), more: `+${Math.round(rose)} MB` };
}

/** @param {Server} server */
async function uploadOnce(server) {
  const devices = await Promise.all(Array.from({ length: DEVICES }, (_, index) => connect(server, `d${index}`)));
  const { result: seconds, rose } = await watchMemory(server, async () => {
    const begun = performance.now();
    await Promise.all(devices.map(({ client }) => sendFile(client)));
    return (performance.now() - begun) / 1000;
  });
  for (const { client, socket } of devices) {
    client.stop();
    socket.close();
  }
  return { rate: (DEVICES * FILE_BYTES) / 1e6 / seconds, rose };
}

/**
 * @param {Server} server
 * @param {string} deviceId
 */
async function connect(server, deviceId) {
  const { host, port } = server.targets.crosscomm;
  const socket = new WebSocket(`ws://${host}:${port}`);
  const clock = {
    now: () => performance.now(),
    /**
     * @param {number} delayMs
     * @param {() => void} run
     */
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
  /** @type {() => void} */
  let online;
  /** @type {Promise<void>} */
  const isOnline = new Promise((resolve) => {
    online = resolve;
  });
  const client = new FrameClient(
    { deviceId, clock, random: Math.random, fileChunkBytes: CHUNK_BYTES },
    { state: (state) => state === 'online' && online() },
  );
  socket.on('message', (frame) => client.receive(/** @type {Buffer} */ (frame)));
  await once(socket, 'open');
  /** @param {Uint8Array} frame */
  const send = (frame) => {
    socket.send(frame);
    return true;
  };
  client.linkUp({ send, close: () => socket.close() });
  await isOnline;
  return { client, socket };
}

/**
 * @param {FrameClient} client
 * @returns {Promise<void>}
 */
function sendFile(client) {
  const bytes = Buffer.alloc(FILE_BYTES, 7);
  /**
   * @param {number} offset
   * @param {number} length
   */
  const read = (offset, length) => bytes.subarray(offset, offset + length);
  return new Promise((resolve, reject) => {
    client.sendFile({ name: 'file.bin', size: FILE_BYTES, to: 'nobody', read }, ({ code, text }) => {
      if (code === 0) resolve();
      else reject(new Error(`a file was refused with code ${code} ${text}`));
    });
  });
}

// Images

const IMAGES = 'Images for displays';
const IMAGE_LINES = [
  { name: 'photo -> 240x240 rgb565', unit: 'ms', progressive: false },
  { name: 'the same, progressive', unit: 'ms', progressive: true },
];

/**
 * A photo of 12 megapixels by HTTP for a small display; each time for another, so that none is in the cache.
 * @param {Bench} bench
 */
async function benchImages(bench) {
  const wanted = bench.wanted(IMAGES, IMAGE_LINES);
  if (wanted.length === 0) return;
  bench.begin({ title: IMAGES, note: 'a JPEG of 12 megapixels, turned upright', more: 'memory' });
  for (const { progressive, ...line } of wanted) {
    const photo = await makePhoto(progressive);
    // The first conversion of a server loads the library.
    const { rounds } = bench.options;
    const rows = await alternateNew(bench.starters(gateway), 1, (server) => convertPhoto(server, photo, rounds));
    bench.add(line, rows.map(imageRow));
  }
}

/**
 * @param {Member<Omit<Row, 'who'>>} member
 * @returns {Row}
 */
const imageRow = ({ who, results, problem }) => (problem ? { who, problem } : { who, ...results[0] });

/**
 * @param {Server} server
 * @param {Buffer} photo
 * @param {number} rounds
 */
async function convertPhoto(server, photo, rounds) {
  const { host, port } = server.targets.crosscomm;
  const base = `http://${host}:${port}/objects/`;
  const put = await fetch(`${base}photo.jpg?from=bench&kind=image`, { method: 'PUT', body: photo });
  const { key } = /** @type {{ key: string }} */ (await put.json());
  const { result: times, rose } = await watchMemory(server, async () => {
    const took = [];
    for (let round = 0; round <= rounds; round++) {
      const begun = performance.now();
      const answer = await fetch(`${base}${key}?width=240&height=${240 - round}&fit=cover&format=rgb565`);
      const { byteLength } = await answer.arrayBuffer();
      if (byteLength !== 240 * (240 - round) * 2) throw new Error(`the gateway answered ${answer.status}`);
      took.push(performance.now() - begun);
    }
    return took.slice(1);
  });
  const megabytes = (photo.length / 1e6).toFixed(1);
  return { figure: summary(times), more: `${megabytes} MB, +${Math.round(rose)} MB` };
}

/**
 * A photo with as much detail as a phone's, on its side.
 * @param {boolean} progressive
 */
async function makePhoto(progressive) {
  const [width, height] = [4032, 3024];
  const samples = Buffer.allocUnsafe(width * height * 3);
  let state = 1;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      const grain = ((state >>> 24) - 128) * 0.15;
      const light = 128 + 80 * Math.sin(x / 90) * Math.cos(y / 70) + 30 * Math.sin(x / 7 + y / 5) + grain;
      for (const sample of [light, 0.8 * light + 20, 255 - light]) samples[at++] = Math.max(0, Math.min(255, sample));
    }
  }
  return await sharp(samples, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92, progressive })
    .withMetadata({ orientation: 6 })
    .toBuffer();
}
