import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeValue, encodeValue, type Value } from '../src/index.ts';
import {
  frameVectors,
  fromHex,
  fromNotation,
  jsonVectors,
  type Notation,
  toHex,
  valueVectors,
  vectorFile,
} from './support/vectors.ts';

const PYTHON = fileURLToPath(new URL('../../../.cache/venv/bin/python', import.meta.url));
const SCRIPT = fileURLToPath(new URL('support/cbor2_check.py', import.meta.url));

interface Checked {
  file: string;
  name: string;
  item: Notation;
  again: string;
  canonical: string;
}

const CASES = [
  ...valueVectors.map(({ name, hex, decodeOnly }) => ({ file: 'values', name, hex, decodeOnly })),
  ...jsonVectors.map(({ name, hex }) => ({ file: 'json', name, hex, decodeOnly: false })),
  ...frameVectors.map(({ name, hex, decodeOnly }) => ({ file: 'frames', name, hex, decodeOnly })),
];

describe('another implementation of CBOR, cbor2 for Python,', () => {
  const checked = new Map<string, Checked>();

  beforeAll(() => {
    const files = ['values', 'json', 'frames'].map((name) => fileURLToPath(vectorFile(name)));
    const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, ...files], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cbor2 did not run; "npm test" installs it. ${stderr}`);
    for (const line of stdout.trim().split('\n')) {
      const result = JSON.parse(line) as Checked;
      checked.set(`${result.file} ${result.name}`, result);
    }
  });

  function of(file: string, name: string): Checked {
    const result = checked.get(`${file} ${name}`);
    if (!result) throw new Error(`cbor2 has not seen ${file} ${name}`);
    return result;
  }

  it('has seen every vector', () => {
    expect(checked.size).toBe(CASES.length);
  });

  it.each(CASES)('decodes the same: $file, $name', ({ file, name, hex }) => {
    expect(fromNotation(of(file, name).item)).toEqual(decodeValue(fromHex(hex)));
  });

  it.each(CASES)('is decoded to the same: $file, $name', ({ file, name, hex }) => {
    expect(decodeValue(fromHex(of(file, name).again))).toEqual(decodeValue(fromHex(hex)));
  });

  it.each(CASES)('encodes in the same bytes: $file, $name', ({ file, name, hex }) => {
    const value = decodeValue(fromHex(hex));
    expect(toHex(encodeValue(sortedMaps(value)))).toBe(of(file, name).canonical);
  });
});

/** cbor2's canonical encoding sorts the keys of maps by the length of their encoding, then bytewise (RFC 7049, 3.9). */
function sortedMaps(value: Value): Value {
  if (Array.isArray(value)) return value.map(sortedMaps);
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, member]) => ({
    key,
    order: toHex(encodeValue(key)),
    member: sortedMaps(member),
  }));
  entries.sort((a, b) => a.order.length - b.order.length || (a.order < b.order ? -1 : 1));
  return new Map(entries.map(({ key, member }) => [key, member]));
}
