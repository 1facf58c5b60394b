import { compactJson } from '../../common/json/compact.ts';
import { withoutNonFinite } from '../../common/json/finite.ts';
import { decodeString, isJson, JsonScanError, quote, scanArray, writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message, type MessageInit } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';
import { addressOf } from './address-codec.ts';
import type { OscArgument } from './argument.ts';
import { fitsFloat32, floatText, shortestOfFloat32 } from './float-text.ts';
import { timeTagToMs } from './time-tag.ts';
import { encodeMessage } from './write-codec.ts';

/** What the arguments of a message are: one is its value, several a json array, and none an empty one. */
export function readArguments(args: readonly OscArgument[]): Pick<MessageInit, 'kind' | 'body'> {
  const [only] = args;
  if (args.length !== 1 || only === undefined) return { kind: 'json', body: arrayText(args) };
  switch (only.type) {
    case 's':
    case 'S':
      return { kind: isObjectText(only.value) ? 'dict' : 'text', body: only.value };
    case 'c':
      return { kind: 'text', body: only.value };
    case 'r':
      return { kind: 'text', body: colourText(only.value) };
    case 'b':
      return { kind: 'bytes', body: only.value };
    default:
      return { kind: 'json', body: jsonText(only) };
  }
}

/** As by MQTT and serial lines: the text of one JSON object is a dict, which has fields for those who know nothing else. */
function isObjectText(text: string): boolean {
  return /^\s*\{/.test(text) && isJson(text);
}

function arrayText(args: readonly OscArgument[]): string {
  return `[${args.map(jsonText).join(',')}]`;
}

function jsonText(arg: OscArgument): string {
  switch (arg.type) {
    case 'i':
      return String(arg.value);
    case 'h':
      return String(arg.value);
    case 'f':
      return floatText(shortestOfFloat32(arg.value));
    case 'd':
      return floatText(arg.value);
    case 's':
    case 'S':
    case 'c':
      return quote(arg.value);
    case 'r':
      return quote(colourText(arg.value));
    case 'b':
      return quote(base64(arg.value));
    case 'm':
      return `[${arg.value.join(',')}]`;
    case 't':
      return String(timeTagToMs(arg.value) ?? null);
    case 'T':
    case 'I':
      return 'true';
    case 'F':
      return 'false';
    case 'N':
      return 'null';
    case '[':
      return arrayText(arg.values);
  }
}

/** As in style sheets: `#rrggbbaa`. */
function colourText(colour: number): string {
  return `#${colour.toString(16).padStart(8, '0')}`;
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** The packet of a message. */
export const oscPacket = defineEncoding<Uint8Array>((message) =>
  encodeMessage(addressOf(message.to), argumentsOf(message)),
);

/** The arguments of a message: an array's elements, and one of everything else. */
export function argumentsOf(message: Message): OscArgument[] {
  switch (message.kind) {
    case 'text':
      return [textArgument(message.text)];
    case 'bytes':
      return [{ type: 'b', value: message.bytes }];
    case 'dict':
    case 'json':
      return jsonArguments(message.text);
    default:
      return [{ type: 's', value: writeObject(describeObject(message)) }];
  }
}

/** MQTT and serial lines have no numbers, only texts that are one; OSC's programs cannot calculate with a text. */
function textArgument(text: string): OscArgument {
  const number = text.length <= MAX_NUMBER_LENGTH && isJson(text) ? numberOf(text) : undefined;
  return number ?? { type: 's', value: text };
}

/** What is longer is no number that anyone means. */
const MAX_NUMBER_LENGTH = 32;

/** What other wires let in: Python's NaN and Infinity, and any nesting, which costs the scanner no stack. */
const LENIENT = { nonFinite: true, maxDepth: Number.POSITIVE_INFINITY };
/** Arrays that are nested deeper than OSC's are read here stay JSON text. */
const MAX_DEPTH = 8;

function jsonArguments(text: string): OscArgument[] {
  const raw = text.trim();
  // CrossComm's json is a string that its sender promises to be JSON; a broken promise is passed on as a string.
  if (!raw.startsWith('[')) return isJson(raw, LENIENT) ? [argumentOf(raw, 0)] : [{ type: 's', value: text }];
  try {
    return scanArray(raw, LENIENT).map((element) => argumentOf(element, 1));
  } catch (error) {
    if (error instanceof JsonScanError) return [{ type: 's', value: text }];
    throw error;
  }
}

/** The argument of one JSON value, within so many arrays. */
function argumentOf(raw: string, depth: number): OscArgument {
  switch (raw.charAt(0)) {
    case '"':
      return { type: 's', value: decodeString(raw) };
    case 't':
      return { type: 'T' };
    case 'f':
      return { type: 'F' };
    case '{':
      return { type: 's', value: compactJson(withoutNonFinite(raw)) };
    case '[':
      if (depth >= MAX_DEPTH) return { type: 's', value: compactJson(withoutNonFinite(raw)) };
      return { type: '[', values: scanArray(raw, LENIENT).map((element) => argumentOf(element, depth + 1)) };
    default:
      return numberOf(raw) ?? { type: 'N' };
  }
}

/** How many characters an int64 has at most. */
const INT64_LENGTH = 20;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * An integer by its literal is an `i` or `h`, everything else an `f` or `d`: an `f` where a float32 has all its digits, as Pure Data
 * knows no other. Undefined for null and for what JSON does not have: NaN, and the infinities.
 */
function numberOf(raw: string): OscArgument | undefined {
  if (!/^-?\d/.test(raw)) return undefined;
  const value = Number(raw);
  if (raw.length <= INT64_LENGTH && /^-?\d+$/.test(raw)) {
    if ((value | 0) === value) return { type: 'i', value };
    const integer = BigInt(raw);
    if (integer >= MIN_INT64 && integer <= MAX_INT64) return { type: 'h', value: integer };
  }
  return { type: fitsFloat32(value) ? 'f' : 'd', value };
}
