/**
 * A scanner for JSON text that keeps literals as they are. JSON.parse would turn 1.0 into 1 and integers beyond 2^53
 * into others; clients in Python and Java tell them apart, so members are passed on as slices of the original text.
 * It never recurses, so nesting cannot exhaust the stack. Every message passes it: its loops stay within the text, since
 * reading a character beyond the end is slow.
 */

/** One member of an object: its name, decoded, and the raw text of its value. */
export interface RawMember {
  name: string;
  raw: string;
}

export interface ScanOptions {
  /** Accept NaN, Infinity and -Infinity, which Python writes. Default: refused, as JSON has none. */
  nonFinite?: boolean;
  /** The deepest nesting that is read; the object itself is level 1. Default 64. */
  maxDepth?: number;
}

/** Why a text was not read, and at which character. */
export class JsonScanError extends Error {
  readonly position: number;
  constructor(reason: string, position: number) {
    super(`${reason} at character ${position}`);
    this.position = position;
  }
}

const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const LETTER_E = 101;
const LETTER_U = 117;

/** What may follow a backslash, but `u`. */
const ESCAPED = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));
const HEX_4 = /^[0-9a-fA-F]{4}$/;
const DEFAULT_MAX_DEPTH = 64;
const NO_OPTIONS: ScanOptions = {};

function skipBlanks(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 32 || (code !== 32 && code !== 10 && code !== 13 && code !== 9)) break;
  }
  return at;
}

/** The index after the closing quote of the string that begins at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at = skipEscape(text, at);
    else if (code >= 32) at++;
    else throw new JsonScanError('a control character in a string', at);
  }
  throw new JsonScanError('a string without its end', at);
}

function skipEscape(text: string, from: number): number {
  const code = text.charCodeAt(from + 1);
  if (ESCAPED.has(code)) return from + 2;
  if (code === LETTER_U && HEX_4.test(text.slice(from + 2, from + 6))) return from + 6;
  throw new JsonScanError('a wrong escape', from);
}

/** The index after the digits that begin at `from`, of which there must be one. */
function skipDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) break;
    at++;
  }
  if (at === from) throw new JsonScanError('no value', from);
  return at;
}

function skipNumber(text: string, from: number): number {
  let at = from;
  if (text.charCodeAt(at) === MINUS) at++;
  at = at < text.length && text.charCodeAt(at) === ZERO ? at + 1 : skipDigits(text, at);
  if (at < text.length && text.charCodeAt(at) === DOT) at = skipDigits(text, at + 1);
  if (at < text.length && (text.charCodeAt(at) | 32) === LETTER_E) {
    const sign = text.charCodeAt(at + 1);
    at = skipDigits(text, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

function skipScalar(text: string, from: number, nonFinite: boolean): number {
  if (from >= text.length) throw new JsonScanError('no value', from);
  const code = text.charCodeAt(from);
  if (code === QUOTE) return skipString(text, from);
  if (code >= ZERO && code <= NINE) return skipNumber(text, from);
  if (code === 116 && text.startsWith('true', from)) return from + 4;
  if (code === 102 && text.startsWith('false', from)) return from + 5;
  if (code === 110 && text.startsWith('null', from)) return from + 4;
  if (nonFinite) {
    if (text.startsWith('NaN', from)) return from + 3;
    const infinity = code === MINUS ? from + 1 : from;
    if (text.startsWith('Infinity', infinity)) return infinity + 8;
  }
  return skipNumber(text, from);
}

/** The index of the value of a member whose name ends at `nameEnd`. */
function skipColon(text: string, nameEnd: number): number {
  const colon = skipBlanks(text, nameEnd);
  if (colon >= text.length || text.charCodeAt(colon) !== COLON)
    throw new JsonScanError('a name without a colon', colon);
  return skipBlanks(text, colon + 1);
}

/** The index after the name that begins at `from`. */
function skipName(text: string, from: number): number {
  if (from >= text.length || text.charCodeAt(from) !== QUOTE) {
    throw new JsonScanError('a member without a name', from);
  }
  return skipString(text, from);
}

/**
 * The index after the value that begins at `from`, which must not be a blank.
 * Throws JsonScanError where the text is not JSON, or nested deeper than `maxDepth` below `depth`.
 */
export function skipValue(text: string, from: number, options: ScanOptions = NO_OPTIONS, depth = 0): number {
  const nonFinite = options.nonFinite === true;
  if (from < text.length) {
    const first = text.charCodeAt(from);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, from, nonFinite, options, depth);
  }
  return skipScalar(text, from, nonFinite);
}

function skipNested(text: string, from: number, nonFinite: boolean, options: ScanOptions, depth: number): number {
  const maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
  const closers: number[] = [];
  let at = from;
  for (;;) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (closers.length + depth >= maxDepth) throw new JsonScanError(`nested deeper than ${maxDepth} levels`, at);
      const closer = code === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      at = skipBlanks(text, at + 1);
      if (at >= text.length || text.charCodeAt(at) !== closer) {
        closers.push(closer);
        if (closer === CLOSE_BRACE) at = skipColon(text, skipName(text, at));
        continue;
      }
      at++;
    } else at = skipScalar(text, at, nonFinite);
    for (;;) {
      const closer = closers[closers.length - 1];
      if (closer === undefined) return at;
      at = skipBlanks(text, at);
      const next = at < text.length ? text.charCodeAt(at) : 0;
      if (next === COMMA) {
        at = skipBlanks(text, at + 1);
        if (closer === CLOSE_BRACE) at = skipColon(text, skipName(text, at));
        break;
      }
      if (next !== closer) throw new JsonScanError('neither a comma nor the end', at);
      closers.pop();
      at++;
    }
  }
}

/** Decodes the raw text of a JSON string, quotes included. */
export function decodeString(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

/**
 * The members of the JSON object that `text` is, in their order; a name that occurs twice occurs twice.
 * Blanks around the object are accepted. Throws JsonScanError on anything that is not one JSON object.
 */
export function scanObject(text: string, options: ScanOptions = NO_OPTIONS): RawMember[] {
  const members: RawMember[] = [];
  let at = enter(text, OPEN_BRACE);
  if (at < text.length && text.charCodeAt(at) === CLOSE_BRACE) at++;
  else {
    for (;;) {
      const nameEnd = skipName(text, at);
      const plain = text.slice(at + 1, nameEnd - 1);
      const name = plain.includes('\\') ? decodeString(text.slice(at, nameEnd)) : plain;
      const begin = skipColon(text, nameEnd);
      const end = skipValue(text, begin, options, 1);
      members.push({ name, raw: text.slice(begin, end) });
      at = skipBlanks(text, end);
      const next = at < text.length ? text.charCodeAt(at) : 0;
      at++;
      if (next === CLOSE_BRACE) break;
      if (next !== COMMA) throw new JsonScanError('neither a comma nor the end', at - 1);
      at = skipBlanks(text, at);
    }
  }
  leave(text, at);
  return members;
}

/**
 * The raw texts of the elements of the JSON array that `text` is, in their order.
 * Blanks around the array are accepted. Throws JsonScanError on anything that is not one JSON array.
 */
export function scanArray(text: string, options: ScanOptions = NO_OPTIONS): string[] {
  const elements: string[] = [];
  let at = enter(text, OPEN_BRACKET);
  if (at < text.length && text.charCodeAt(at) === CLOSE_BRACKET) at++;
  else {
    for (;;) {
      const end = skipValue(text, at, options, 1);
      elements.push(text.slice(at, end));
      at = skipBlanks(text, end);
      const next = at < text.length ? text.charCodeAt(at) : 0;
      at++;
      if (next === CLOSE_BRACKET) break;
      if (next !== COMMA) throw new JsonScanError('neither a comma nor the end', at - 1);
      at = skipBlanks(text, at);
    }
  }
  leave(text, at);
  return elements;
}

/** The index of what follows the opening bracket, blanks around it skipped. */
function enter(text: string, bracket: number): number {
  const at = skipBlanks(text, 0);
  if (at >= text.length || text.charCodeAt(at) !== bracket) {
    throw new JsonScanError(bracket === OPEN_BRACE ? 'not an object' : 'not an array', at);
  }
  return skipBlanks(text, at + 1);
}

function leave(text: string, from: number): void {
  const at = skipBlanks(text, from);
  if (at < text.length) throw new JsonScanError('something after the end', at);
}

/** The members as `scanObject` reads them, or undefined where `text` is not one JSON object. */
export function tryScanObject(text: string, options: ScanOptions = NO_OPTIONS): RawMember[] | undefined {
  try {
    return scanObject(text, options);
  } catch (error) {
    if (error instanceof JsonScanError) return undefined;
    throw error;
  }
}

/** True where `text` is one JSON value (blanks around it accepted). */
export function isJson(text: string, options: ScanOptions = NO_OPTIONS): boolean {
  try {
    return skipBlanks(text, skipValue(text, skipBlanks(text, 0), options)) >= text.length;
  } catch (error) {
    if (error instanceof JsonScanError) return false;
    throw error;
  }
}

/** The text of an object with these members, in this order. */
export function writeObject(members: readonly RawMember[]): string {
  let text = '{';
  for (const { name, raw } of members) {
    if (text.length > 1) text += ',';
    text += `${quote(name)}:${raw}`;
  }
  return `${text}}`;
}

const PLAIN = /^[\w .:/+@#$-]*$/;

/** A JSON string of `text`, quotes included. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
