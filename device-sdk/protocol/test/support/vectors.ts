import { readFileSync } from 'node:fs';
import { Float, type FrameInit, type Value } from '../../src/index.ts';

/** A decoded item as the vectors write it: their `notation` says how. */
export type Notation =
  | null
  | boolean
  | number
  | string
  | Notation[]
  | { int: string }
  | { float: string }
  | { bytes: string }
  | { map: [Notation, Notation][] };

interface Vector {
  name: string;
  why: string;
  hex: string;
}

export interface ValueVector extends Vector {
  value: Notation;
  json: string;
  decodeOnly?: boolean;
}

export interface JsonVector extends Vector {
  json: string;
  value: Notation;
}

export interface FrameVector extends Vector {
  items: Notation;
  frame: Record<string, unknown>;
  decodeOnly?: boolean;
}

export interface InvalidVector extends Vector {
  error: string;
  limits?: { maxBytes?: number; maxDepth?: number; maxItems?: number };
}

export interface CrcVector extends Vector {
  crc: string;
  onTheWire: string;
}

export type SerialEvent = { text: string } | { frame: string } | { fault: string };

export interface SerialVector extends Vector {
  maxFrame: number;
  events: SerialEvent[];
}

function load<T>(name: string): T[] {
  const text = readFileSync(vectorFile(name), 'utf8');
  return (JSON.parse(text) as { vectors: T[] }).vectors;
}

/** The URL of a file of vectors. */
export function vectorFile(name: string): URL {
  return new URL(`../../vectors/${name}.json`, import.meta.url);
}

export const valueVectors = load<ValueVector>('values');
export const jsonVectors = load<JsonVector>('json');
export const frameVectors = load<FrameVector>('frames');
export const invalidVectors = load<InvalidVector>('invalid');
export const crcVectors = load<CrcVector>('crc');
export const serialVectors = load<SerialVector>('serial');

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The value that the notation stands for. */
export function fromNotation(item: Notation): Value {
  if (typeof item !== 'object' || item === null) return item;
  if (Array.isArray(item)) return item.map(fromNotation);
  if ('int' in item) return BigInt(item.int);
  if ('bytes' in item) return fromHex(item.bytes);
  if ('map' in item) {
    return new Map(item.map.map(([key, value]) => [key as string | number, fromNotation(value)]));
  }
  const float = Number(item.float);
  return Number.isInteger(float) ? new Float(float) : float;
}

/** The fields that hold values, which the vectors write in their notation. */
const VALUE_FIELDS = new Set(['value', 'args', 'about', 'content']);

/** A frame as the codec hands it out. */
export function frameFromNotation(frame: object): FrameInit {
  const entries = Object.entries(frame).map(([name, field]) => {
    if (VALUE_FIELDS.has(name)) return [name, fromNotation(field)];
    const isInner = name === 'frame' && field !== null;
    return [name, isInner ? frameFromNotation(field) : field];
  });
  return Object.fromEntries(entries);
}
