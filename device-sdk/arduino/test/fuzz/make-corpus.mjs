// Writes what the fuzzers begin with, from the protocol's test vectors: node make-corpus.mjs FOLDER_OF_VECTORS FOLDER
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [vectors, folder] = process.argv.slice(2);
/**
 * @param {string} file
 * @returns {{ hex: string }[]}
 */
const load = (file) => JSON.parse(readFileSync(join(vectors, file), 'utf8')).vectors;
/** @param {{ hex: string }} vector */
const bytesOf = (vector) => Buffer.from(vector.hex, 'hex');

/**
 * @param {string} name
 * @param {Buffer[]} inputs
 */
function write(name, inputs) {
  mkdirSync(join(folder, name), { recursive: true });
  inputs.forEach((bytes, i) => {
    writeFileSync(join(folder, name, String(i).padStart(4, '0')), bytes);
  });
}

const frames = load('frames.json').map(bytesOf);
const all = ['values.json', 'invalid.json', 'serial.json'].flatMap((file) => load(file).map(bytesOf));
write('decoder', [...frames, ...all]);

// Scripts of the session's fuzzer: options of the sketch, then a frame by its length, or what the sketch does by A0.
const MOST_IN_SCRIPT = 0x5f;
/** @param {Buffer} bytes */
const frame = (bytes) => Buffer.concat([Buffer.from([bytes.length]), bytes]);
/** @param {string} text */
const hex = (text) => Buffer.from(text, 'hex');
const WELCOME = frame(hex('88010109001a6955b900f58419040019040018401880f4'));
/** @param {...number} what */
const does = (...what) => Buffer.from(what.flatMap((one) => [0xa0, one]));
/**
 * @param {number} options
 * @param {...Buffer} steps
 */
const online = (options, ...steps) => Buffer.concat([Buffer.from([options]), WELCOME, ...steps]);
const short = frames.filter((bytes) => bytes.length <= MOST_IN_SCRIPT);
write('session', [
  ...short.map((bytes) => online(0x6f, does(0x10, 0x21, 0x03), frame(bytes), frame(hex('820a01')))),
  online(0x09, does(0x03, 0x13, 0x14), frame(hex('820600')), frame(hex('820b03')), frame(hex('820a02'))),
  online(0x08, frame(hex('830901860e03f66166a1616b01627079')), does(0x06), frame(hex('840f01a1617802'))),
  online(
    0x40,
    frame(hex('830901871001616b0501617766')),
    frame(hex('851001616b0a01')),
    frame(hex('84120100450102030405')),
  ),
  online(
    0x40,
    does(0x0e),
    frame(hex('861003616105f6f61a470b99f4')),
    frame(hex('84120300450102030405')),
    frame(hex('820a01')),
  ),
  online(0x00, does(0x00), frame(hex('84020960820600')), frame(hex('820208')), Buffer.from([0x7f, 6]), WELCOME),
]);
