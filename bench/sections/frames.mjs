import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame, encodeSlip } from '@crosscomm/protocol';
import { atLeast, atMost, below } from '../asked.mjs';
import { alternateNew, Cast } from '../cast.mjs';
import { problemOf } from '../problem.mjs';
import { median, summary } from '../stats.mjs';
import { measureCycles, startUno } from '../subjects/avr.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { temporaryFolder } from '../subjects/process.mjs';
import { countReadings } from '../subjects/readings.mjs';
import { latencyRow, throughputRow } from './rows.mjs';

/** @import { DevicesJob } from '../job-types.ts' */
/** @import { Asked, Member, Options, Row, Section } from '../types.ts' */
/** @import { DataFrameInit, FrameInit } from '@crosscomm/protocol' */
/** @import { Bench } from '../bench.mjs' */

/**
 * Frames of devices: what they cost on the wire and on an AVR, and how many the gateway takes.
 * @param {Bench} bench
 */
export async function benchFrames(bench) {
  benchBytes(bench);
  benchCycles(bench);
  await benchUno(bench);
  await benchOneDevice(bench);
  await benchManyDevices(bench);
}

/** @param {number} value */
const same = (value) => ({ median: value, min: value, max: value });

// Bytes

const CHANNEL = 'lab/room1';
const READING = { temperature: 21.5, humidity: 43 };
/** By a dictionary of two keys. */
const SHORT = new Map([
  [0, READING.temperature],
  [1, READING.humidity],
]);
const BYTES = 'Frames, bytes';

/**
 * A text of JSON with blanks, as Python's json writes it.
 * @param {object} value
 */
const python = (value) => JSON.stringify(value).replaceAll('":', '": ').replaceAll(',"', ', "');

function crossCommBytes() {
  const message =
    '{"msg_id": "uno-1_1767225600000_1a2b3c4d", "from_client_id": "uno-1", ' +
    `"to_client_id": "${CHANNEL}", "msg_type": "dict", "content": ${python(READING)}, ` +
    '"timestamp": 1767225600.123456, "oss_key": null}';
  return message.length + WEBSOCKET_HEADER_BYTES;
}

/** Of a client's message of 126 to 65,535 bytes. */
const WEBSOCKET_HEADER_BYTES = 8;
const MQTT_HEADER_BYTES = 2 + 2;

/** @param {Bench} bench */
function benchBytes(bench) {
  const line = { name: 'a reading of two numbers', asked: atMost(16, 'bytes') };
  if (bench.options.before || bench.wanted(BYTES, [line]).length === 0) return;
  bench.begin({ title: BYTES, note: 'on the wire, all framing included', more: 'how' });
  /** @type {DataFrameInit} */
  const message = { type: 'message', to: 1, value: SHORT };
  /** @param {FrameInit} frame */
  const bytes = (frame) => encodeSlip(encodeFrame(frame)).length;
  /** @type {[who: string, bytes: number, how: string][]} */
  const rows = [
    ['frame', bytes(message), 'serial'],
    ['sequenced', bytes({ type: 'sequenced', seq: 57, frame: message }), 'serial, number 57'],
    ['MQTT JSON', MQTT_HEADER_BYTES + CHANNEL.length + JSON.stringify(READING).length, 'PUBLISH, QoS 0'],
    ['OOCSI JSON', `sendraw ${CHANNEL} ${python(READING)}\n`.length, 'sendraw'],
    ['CrossComm', crossCommBytes(), 'WebSocket'],
  ];
  bench.add(
    { ...line, unit: 'bytes' },
    rows.map(([who, count, more]) => ({ who, figure: same(count), more })),
  );
}

// Cycles

const CYCLES = 'Frames, AVR cycles';
const CYCLE_LINES = [
  { name: 'encode a reading', what: 'encode', asked: atMost(10_000, 'cycles') },
  { name: 'encode a reading by a shape', what: 'encodeShape', asked: atMost(4_000, 'cycles') },
  { name: 'encode one number', what: 'encodeOne', asked: atMost(4_000, 'cycles') },
  { name: 'decode a reading', what: 'decode', asked: atMost(8_000, 'cycles') },
  { name: 'decode a reading by a shape', what: 'decodeShape', asked: atMost(8_000, 'cycles') },
  { name: '  until the handler', what: 'called' },
  { name: 'encode one of 3 bytes more', what: 'wideEncode' },
  { name: 'decode one of 9 bytes more', what: 'wideDecode' },
  { name: 'loop() with nothing to do', what: 'idle' },
];

/**
 * The library on an Uno, from the sketch's call to the last byte on the wire, and from the first byte to both values.
 * @param {Bench} bench
 */
function benchCycles(bench) {
  const wanted = bench.wanted(CYCLES, CYCLE_LINES);
  if (bench.options.before || wanted.length === 0) return;
  bench.begin({ title: CYCLES, note: 'of two numbers, by the Arduino library in simavr, checksum and SLIP included' });
  /** @type {ReturnType<typeof measureCycles> | undefined} */
  let results;
  /** @type {string | undefined} */
  let problem;
  try {
    results = measureCycles();
  } catch (error) {
    problem = problemOf(error);
  }
  for (const line of wanted) {
    // What is reported twice is of this reading first, then of the longer one.
    const cycles = results?.find(({ what }) => what === line.what)?.cycles;
    bench.add({ ...line, unit: 'cycles' }, [
      { who: 'library', ...(results ? { figure: same(cycles ?? Number.NaN) } : { problem }) },
    ]);
  }
}

// An Uno at 115,200 baud

/** @typedef {{ share: number, perSecond: number, lost: number, duplicated: number }} Share what came through of what a wire carries */
/** @typedef {Pick<Options, 'profile'> & { main: string }} UnoOptions */

const UNO = 'Frames, Uno';
const WIRE_BYTES_PER_SECOND = 115_200 / 10;
const UNO_MS = 4000;
/** What the sketch `upload` sends. */
const FILE_BYTES = 65_536;

const READINGS = {
  name: 'Uno -> OOCSI, 115,200 baud',
  asked: atLeast(90, '% of wire'),
  run: floodOnce,
  what: 'readings/s',
};
const FILE = {
  name: 'content of a file, to disk',
  asked: atLeast(80, '% of wire'),
  run: sendFileOnce,
  what: 'bytes/s',
};

/**
 * What leaves the chip and reaches the other end, as a share of what 115,200 baud can carry, by the chip's own clock.
 * @param {Bench} bench
 */
async function benchUno(bench) {
  const wanted = bench.wanted(UNO, [READINGS, FILE]);
  if (wanted.length === 0) return;
  bench.begin({ title: UNO, note: 'as fast as the wire takes it', more: 'a second', showsLoss: true });
  for (const { run, what, ...line } of wanted) {
    // A board has one gateway, which has to know its port before it starts: the run starts both.
    const builds = bench.starters(async (main) => ({ main, stop: () => {} }));
    const rows = await alternateNew(builds, bench.options.rounds, ({ main }) => run({ ...bench.options, main }));
    bench.add(
      { ...line, unit: '%' },
      rows.map((row) => unoRow(row, what)),
    );
  }
}

/**
 * @param {Member<Share>} member
 * @param {string} what
 * @returns {Row}
 */
function unoRow({ who, results: rounds, problem }, what) {
  if (problem) return { who, problem };
  /** @param {'lost' | 'duplicated'} key */
  const sum = (key) => rounds.reduce((total, round) => total + round[key], 0);
  return {
    who,
    figure: summary(rounds.map(({ share }) => share * 100)),
    more: `${Math.round(median(rounds.map(({ perSecond }) => perSecond))).toLocaleString('en-US')} ${what}`,
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    rounds,
  };
}

/**
 * @param {UnoOptions} options
 * @returns {Promise<Share>}
 */
async function floodOnce({ main, profile }) {
  const port = path.join(temporaryFolder(), 'uno');
  const uno = await startUno('flood', port);
  /** @type {Awaited<ReturnType<typeof startGateway>> | undefined} */
  let server;
  /** @type {Awaited<ReturnType<typeof countReadings>> | undefined} */
  let readings;
  try {
    server = await startGateway({ main, profile, serialPorts: [{ path: port }] });
    readings = await countReadings(server.targets.oocsi.port, 'flood');
    await readings.first;
    const before = { ...(await uno.status()), readings: readings.count };
    await sleep(UNO_MS);
    const after = { ...(await uno.status()), readings: readings.count };
    const chipSeconds = after.chipSeconds - before.chipSeconds;
    return {
      share: (after.sent - before.sent) / chipSeconds / WIRE_BYTES_PER_SECOND,
      perSecond: (after.readings - before.readings) / chipSeconds,
      lost: readings.lost,
      duplicated: readings.duplicated,
    };
  } finally {
    readings?.close();
    uno.stop();
    await server?.stop();
  }
}

/**
 * @param {UnoOptions} options
 * @returns {Promise<Share>}
 */
async function sendFileOnce({ main, profile }) {
  const port = path.join(temporaryFolder(), 'uno');
  const uno = await startUno('upload', port);
  /** @type {Awaited<ReturnType<typeof startGateway>> | undefined} */
  let server;
  try {
    const begun = uno.untilLed(1);
    server = await startGateway({ main, profile, serialPorts: [{ path: port }] });
    const beganSeconds = await begun;
    const ended = uno.untilLed(0);
    const before = await uno.status();
    const chipSeconds = (await ended) - beganSeconds;
    const { sent } = await uno.status();
    return {
      share: FILE_BYTES / chipSeconds / WIRE_BYTES_PER_SECOND,
      perSecond: (sent - before.sent) / chipSeconds,
      // The gateway has compared the CRC of all of it.
      lost: 0,
      duplicated: 0,
    };
  } finally {
    uno.stop();
    await server?.stop();
  }
}

// One device, and many

/** @typedef {Omit<DevicesJob, 'sequenced'>} AnyDevicesJob */

const DEVICE = 'Frames, one device';
/** Some 80 bytes each: well below the gateway's window of 131,072 bytes. */
const WINDOW = 1024;
const DEVICE_LINES = [
  { name: 'at least once', job: { sequenced: true, window: WINDOW }, asked: atLeast(20_000, 'frames/s') },
  {
    name: 'at most once, 20,000/s sent',
    job: { sequenced: false, window: WINDOW, rate: 20_000 },
    asked: atLeast(19_800, 'frames/s'),
  },
];

/**
 * Frames through one WebSocket to one OOCSI client.
 * @param {Bench} bench
 */
async function benchOneDevice(bench) {
  const note = 'frames a second through one WebSocket to an OOCSI client';
  const section = { title: DEVICE, note, more: 'deliveries', showsLoss: true };
  await benchDevices(bench, section, {
    lines: DEVICE_LINES,
    unit: 'msg/s',
    run: (load, line, job) => load.run('oneDevice', { ...job, ...line.job }),
    rowOf: throughputRow,
  });
}

const FLEET = 'Frames, 1,000 devices';
const FLEET_LINES = [
  { name: '10/s each, at most once', job: { sequenced: false, devices: 1000, rate: 10 }, asked: below(5, 'ms') },
  { name: '10/s each, at least once', job: { sequenced: true, devices: 1000, rate: 10 }, asked: below(5, 'ms') },
];

/**
 * From a device's write to an OOCSI client's read.
 * @param {Bench} bench
 */
async function benchManyDevices(bench) {
  const section = { title: FLEET, note: 'latency to an OOCSI client', more: '99th percentile', showsLoss: true };
  await benchDevices(bench, section, {
    lines: FLEET_LINES,
    unit: 'ms',
    run: (load, line, job) => load.run('manyDevices', { ...job, ...line.job }),
    rowOf: latencyRow,
  });
}

/**
 * @template {{ name: string, asked: Asked }} L
 * @template R
 * @param {Bench} bench
 * @param {Section} section
 * @param {{ lines: L[], unit: string, run: (load: Load, line: L, job: AnyDevicesJob) => Promise<R>,
 *   rowOf: (member: Member<R>) => Row }} what
 */
async function benchDevices(bench, section, { lines, unit, run, rowOf }) {
  const wanted = bench.wanted(section.title, lines);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  bench.begin(section);
  const cast = await Cast.start(bench.starters((main) => startGateway({ main, profile })));
  for (const line of wanted) {
    const load = new Load();
    const rows = await cast.alternate(rounds, ({ pid, targets }) =>
      run(load, line, { from: targets.crosscomm, to: targets.oocsi, pid, warmupMs, measureMs }),
    );
    load.stop();
    bench.add({ ...line, unit }, rows.map(rowOf));
  }
  await cast.stop();
}
