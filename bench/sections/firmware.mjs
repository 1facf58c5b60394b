import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FrameClient } from '@crosscomm/protocol';
import { WebSocket } from 'ws';
import { atMost, timesPeer } from '../asked.mjs';
import { alternateNew } from '../cast.mjs';
import { summary } from '../stats.mjs';
import { buildEspSketch, startEsp } from '../subjects/esp.mjs';
import { BUILT, startGateway } from '../subjects/gateway.mjs';
import { watchMemory } from '../watch-memory.mjs';

/** @import { Member, Row, Server } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'Firmware over the air';
const BYTES = 1_000_000;
const HTTP = 'HTTP download';
const RATE = { name: '1 MB, WebSocket, one board', unit: 'MB/s', asked: timesPeer(0.6, HTTP) };
const BOARDS = 200;
const MEMORY = { name: `${BOARDS} boards at once, memory`, unit: 'MB', asked: atMost(40, 'MB') };
const VERSION = '1.4.0';
const FIRMWARE = 5;
/** What an ESP32 takes where its sketch does not say otherwise. */
const BOARD_FRAME_BYTES = 1024;
/** Receipts, files and firmware. */
const CAPABILITIES = 1 + 4 + 16;

/**
 * Firmware for a board, beside what the same board needs for a plain HTTP download into the same flash; and for many boards at once.
 * @param {Bench} bench
 */
export async function benchFirmware(bench) {
  const wanted = bench.wanted(TITLE, [RATE, MEMORY]);
  if (wanted.length === 0) return;
  bench.begin({ title: TITLE, note: 'signed, into the flash of an ESP32 played by a process', more: 'memory' });
  const { rounds } = bench.options;
  /** @param {string} main */
  const start = (main) => startGateway({ main });
  if (wanted.includes(RATE)) {
    const program = buildEspSketch('firmware');
    const peers = { [HTTP]: () => start(BUILT) };
    const rows = await alternateNew(bench.starters(start, peers), rounds, async (server, who) =>
      who === HTTP ? await download(server, program) : await update(server, program),
    );
    bench.add(RATE, rows.map(rateRow));
  }
  if (wanted.includes(MEMORY)) {
    const rows = await alternateNew(bench.starters(start), rounds, updateMany);
    bench.add(MEMORY, rows.map(memoryRow));
  }
}

/**
 * @param {Member<number>} member
 * @returns {Row}
 */
const rateRow = ({ who, results, problem }) => (problem ? { who, problem } : { who, figure: summary(results) });

/**
 * @param {Member<{ rose: number, seconds: number }>} member
 * @returns {Row}
 */
function memoryRow({ who, results, problem }) {
  if (problem) return { who, problem };
  const seconds = Math.max(...results.map((round) => round.seconds));
  return { who, figure: summary(results.map(({ rose }) => rose)), more: `${seconds.toFixed(1)} s for all` };
}

/**
 * @param {Server} server
 * @param {string} program
 */
async function update(server, program) {
  const key = await makeFirmware(server);
  const { host, port } = server.targets.crosscomm;
  const storage = path.join(server.folder, 'board');
  const board = startEsp(program, { target: { host, port }, storage, env: { SKETCH_KEY: key } });
  try {
    const took = board.said(/^took (\d+)$/);
    const sent = crosscomm(server, ['ota', 'send', 'board', 'firmware.bin', ...SIGNED]);
    const [, ms] = await took;
    sent.kill();
    return BYTES / 1e3 / Number(ms);
  } finally {
    board.stop();
  }
}

/**
 * @param {Server} server
 * @param {string} program
 */
async function download(server, program) {
  await makeFirmware(server);
  const { host, port } = server.targets.crosscomm;
  const url = `http://${host}:${port}/objects/firmware.bin?from=bench&kind=file`;
  const put = await fetch(url, { method: 'PUT', body: readFileSync(path.join(server.folder, 'firmware.bin')) });
  const { key } = /** @type {{ key: string }} */ (await put.json());
  const storage = path.join(server.folder, 'board');
  const board = startEsp(program, { target: { host, port }, storage, env: { PATH_TO_FIRMWARE: `/objects/${key}` } });
  try {
    const [, ms] = await board.said(/^took (\d+)$/);
    return BYTES / 1e3 / Number(ms);
  } finally {
    board.stop();
  }
}

const SIGNED = ['--firmware-version', VERSION, '--board', 'lamp-board'];

/**
 * Makes an application of an ESP32 and a key in the server's folder; returns the public half.
 * @param {Server} server
 */
async function makeFirmware(server) {
  const image = Buffer.alloc(BYTES);
  for (let at = 80, state = 1; at < BYTES; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    image[at] = state >>> 24;
  }
  image[0] = 0xe9;
  image.writeUInt32LE(0x40081000, 4);
  image.writeUInt32LE(0xabcd5432, 32);
  image.write(VERSION, 48, 'latin1');
  writeFileSync(path.join(server.folder, 'firmware.bin'), image);
  const made = spawn(process.execPath, [BUILT, 'ota', 'keygen', '--json'], {
    cwd: server.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  made.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  await once(made, 'close');
  return /** @type {{ publicKey: string }} */ (JSON.parse(text)).publicKey;
}

/**
 * @param {Server} server
 * @param {readonly string[]} args
 */
function crosscomm(server, args) {
  const { host, port } = server.targets.crosscomm;
  const call = [BUILT, ...args, '--url', `ws://${host}:${port}`];
  return spawn(process.execPath, call, { cwd: server.folder, stdio: 'ignore' });
}

/** @param {Server} server */
async function updateMany(server) {
  await makeFirmware(server);
  const boards = await Promise.all(Array.from({ length: BOARDS }, (_, index) => connect(server, `board-${index}`)));
  const { result: seconds, rose } = await watchMemory(server, async () => {
    const begun = performance.now();
    const flags = ['--at-once', `${BOARDS}`, '--stop-after', `${BOARDS}`];
    const sent = crosscomm(server, ['ota', 'fleet', 'firmware.bin', 'board-*', ...SIGNED, ...flags]);
    await Promise.all(boards.map(({ updated }) => updated));
    const [code] = await once(sent, 'close');
    if (code !== 0) throw new Error(`crosscomm ota fleet ended with ${code}`);
    return (performance.now() - begun) / 1000;
  });
  for (const { client, socket } of boards) {
    client.stop();
    socket.close();
  }
  return { rose, seconds };
}

/**
 * A board that takes any firmware, without a look at it, and says at once that it runs.
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
  /** @type {{ online(): void, done(): void, failed(error: Error): void }} */
  const heard = { online() {}, done() {}, failed() {} };
  const online = new Promise((resolve) => {
    heard.online = () => resolve(undefined);
  });
  const updated = new Promise((resolve, reject) => {
    heard.done = () => resolve(undefined);
    heard.failed = reject;
  });
  const client = new FrameClient(
    { deviceId, clock, random: Math.random, capabilities: CAPABILITIES, maxFrame: BOARD_FRAME_BYTES },
    {
      state: (state) => state === 'online' && heard.online(),
      file: (file) => {
        if (file.kind !== FIRMWARE) throw new Error('a file that is no firmware');
        file.pull(
          () => {},
          ({ code }) => {
            client.log(1, `firmware ${VERSION} runs`);
            if (code === 0) heard.done();
            else heard.failed(new Error(`a board got code ${code}`));
          },
        );
      },
    },
  );
  socket.on('message', (frame) => client.receive(/** @type {Buffer} */ (frame)));
  await once(socket, 'open');
  /** @param {Uint8Array} frame */
  const send = (frame) => {
    socket.send(frame);
    return true;
  };
  client.linkUp({ send, close: () => socket.close() });
  await online;
  return { client, socket, updated };
}
