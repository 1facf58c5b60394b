// Writes the protocol's test vectors as a C++ header: node make-vectors.mjs FOLDER_OF_VECTORS HEADER
//
// Values become two things: a text of what a reader should see, and the calls by which a writer writes them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A value as the vectors write it.
 * @typedef {null | boolean | number | string | Json[] | { int: string } | { bytes: string } | { float: string } | { map: [Json, Json][] }} Json
 */

/**
 * A vector; which of these it has depends on its file.
 * @typedef {{ name: string, hex: string, value: Json, items: Json, isFrame?: boolean, crc: string, decodeOnly?: boolean, error: string, deviceMayAccept?: boolean,
 *   limits?: { maxBytes?: number, maxDepth?: number }, maxFrame: number, events: Record<string, string>[] }} Vector
 */

const [folder, header] = process.argv.slice(2);
/**
 * @param {string} file
 * @returns {Vector[]}
 */
const load = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).vectors;
const lines = [
  '// Made from device-sdk/protocol/vectors by make-vectors.mjs.',
  '#pragma once',
  '#include "vector-types.h"',
  '',
];

/** @param {string} text */
const quote = (text) =>
  `"${[...Buffer.from(text, 'utf8')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
/** @param {string} text */
const hexOf = (text) => Buffer.from(text, 'utf8').toString('hex');

/**
 * What a reader should see, in the notation of describe.h.
 * @param {Json} value
 * @returns {string}
 */
function describe(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return `i${value}`;
  if (typeof value === 'string') return `t${hexOf(value)}`;
  if (Array.isArray(value)) return `[${value.map(describe).join(',')}]`;
  if ('int' in value) return `i${value.int}`;
  if ('bytes' in value) return `b${value.bytes}`;
  if ('float' in value) return `f${doubleHex(value.float)}`;
  return `{${value.map.map(([key, item]) => `${describe(key)}:${describe(item)}`).join(',')}}`;
}

/** @param {string} text */
function doubleHex(text) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Number(text));
  return bytes.toString('hex');
}

/**
 * @param {Json} value
 * @returns {string}
 */
function writerCalls(value) {
  if (value === null) return 'w.null();';
  if (typeof value === 'boolean') return `w.boolean(${value});`;
  if (typeof value === 'number' || (typeof value === 'object' && 'int' in value)) return writeInteger(value);
  if (typeof value === 'string') return `w.text(${quote(value)}, ${Buffer.byteLength(value)});`;
  if (Array.isArray(value)) return `w.array(${value.length}); ${value.map(writerCalls).join(' ')}`;
  if ('bytes' in value) return writeBytes(value.bytes);
  if ('float' in value) return `w.floating(doubleOf(0x${doubleHex(value.float)}ULL));`;
  const pairs = value.map.map(([key, item]) => `${writerCalls(key)} ${writerCalls(item)}`);
  return `w.map(${value.map.length}); ${pairs.join(' ')}`;
}

/** @param {number | { int: string }} value */
function writeInteger(value) {
  const integer = BigInt(typeof value === 'number' ? value : value.int);
  if (integer >= 0n)
    return integer <= 0xffffffffn ? `w.unsignedInteger(${integer}UL);` : `w.unsignedInteger64(${integer}ULL);`;
  return integer >= -0x80000000n ? `w.integer(${integer}LL);` : `w.integer64(-1 - ${-1n - integer}LL);`;
}

/** @param {string} hex */
function writeBytes(hex) {
  const text = [...Buffer.from(hex, 'hex')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `w.bytes(reinterpret_cast<const uint8_t *>("${text}"), ${hex.length / 2});`;
}

/**
 * @param {string} type
 * @param {string} name
 * @param {(string | number | boolean)[][]} rows
 */
function writeTable(type, name, rows) {
  lines.push(`static const ${type} ${name}[] = {`, ...rows.map((row) => `  {${row.join(', ')}},`), '};', '');
}

const readable = [...load('values.json'), ...load('frames.json').map((v) => ({ ...v, value: v.items, isFrame: true }))];
readable.forEach((vector, i) => {
  lines.push(`static void write${i}(crosscomm::CborWriter &w) { ${writerCalls(vector.value)} }`);
});
writeTable(
  'ValueVector',
  'VALUES',
  readable.map((v, i) => [
    quote(v.name),
    quote(v.hex),
    quote(describe(v.value)),
    `write${i}`,
    Boolean(v.decodeOnly),
    Boolean(v.isFrame),
  ]),
);
writeTable(
  'InvalidVector',
  'INVALID',
  load('invalid.json').map((v) => [
    quote(v.name),
    quote(v.hex),
    quote(v.error),
    v.limits?.maxBytes ?? 65535,
    v.limits?.maxDepth ?? 16,
    Boolean(v.deviceMayAccept) || v.error === 'too_many_items',
  ]),
);
writeTable(
  'SerialVector',
  'SERIAL_LINES',
  load('serial.json').map((v) => [
    quote(v.name),
    quote(v.hex),
    v.maxFrame,
    quote(
      joinTexts(v.events)
        .map(([kind, what]) => `${kind}:${what}`)
        .join(' '),
    ),
  ]),
);
writeTable(
  'CrcVector',
  'CRCS',
  load('crc.json').map((v) => [quote(v.hex), `0x${v.crc}`]),
);
writeFileSync(header, lines.join('\n'));

/**
 * Texts beside each other are one: the C++ decoder hands text out byte by byte.
 * @param {Record<string, string>[]} events
 */
function joinTexts(events) {
  const joined = [];
  for (const event of events.map((one) => Object.entries(one)[0])) {
    const last = joined.at(-1);
    if (event[0] === 'text' && last?.[0] === 'text') last[1] += event[1];
    else joined.push([...event]);
  }
  return joined;
}
