import { FrameError } from './error.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Float, MAX_INTEGER, MIN_INTEGER, type Value, type ValueMap, wellFormed } from './value.ts';

/** How JSON text is read. */
export interface JsonOptions {
  /** The deepest nesting that is read; an array of numbers is 1. Default 16. */
  maxDepth?: number;
  /** Names of members that become small integers: a device's dictionary. Default: none. */
  keys?: ReadonlyMap<string, number>;
}

/**
 * The value of a JSON text (SPEC.md, section 2): numbers with a point or an exponent are floats, others integers up to 64 bits,
 * exactly. NaN and Infinity, which Python writes, are read. Throws FrameError `bad_json` or `too_deep`.
 */
export function jsonTextToValue(text: string, options: JsonOptions = {}): Value {
  const reader = new Reader(text, options.maxDepth ?? DEFAULT_LIMITS.maxDepth, options.keys);
  const value = reader.value(0);
  reader.end();
  return value;
}

const QUOTE = 34;
const BACKSLASH = 92;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #keys: ReadonlyMap<string, number> | undefined;
  #at = 0;

  constructor(text: string, maxDepth: number, keys: ReadonlyMap<string, number> | undefined) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#keys = keys;
  }

  value(depth: number): Value {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    switch (first) {
      case '"':
        return this.#string();
      case '[':
      case '{':
        if (depth >= this.#maxDepth) {
          throw new FrameError('too_deep', `JSON is nested deeper than ${this.#maxDepth} levels`);
        }
        this.#at++;
        return first === '[' ? this.#array(depth + 1) : this.#object(depth + 1);
    }
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match) {
      this.#at = NUMBER.lastIndex;
      return match[1] === undefined && match[2] === undefined ? integer(match[0]) : float(Number(match[0]));
    }
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    throw this.#bad('no value');
  }

  end(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#bad('something after the value');
  }

  #array(depth: number): Value[] {
    const items: Value[] = [];
    if (this.#accept(']')) return items;
    do items.push(this.value(depth));
    while (this.#accept(','));
    if (!this.#accept(']')) throw this.#bad('neither a comma nor the end of the array');
    return items;
  }

  #object(depth: number): ValueMap {
    const map: ValueMap = new Map();
    if (this.#accept('}')) return map;
    do {
      this.#skipBlanks();
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#bad('no name');
      const name = this.#string();
      if (!this.#accept(':')) throw this.#bad('no colon');
      map.set(this.#keys?.get(name) ?? name, this.value(depth));
    } while (this.#accept(','));
    if (!this.#accept('}')) throw this.#bad('neither a comma nor the end of the object');
    return map;
  }

  #string(): string {
    const from = this.#at;
    let at = from + 1;
    let escaped = false;
    for (; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code < 32) throw this.#bad('a control character in a string');
      if (code === BACKSLASH) {
        escaped = true;
        at++;
      }
    }
    if (at >= this.#text.length) throw this.#bad('a string without its end');
    this.#at = at + 1;
    if (!escaped) return wellFormed(this.#text.slice(from + 1, at));
    try {
      return wellFormed(JSON.parse(this.#text.slice(from, at + 1)) as string);
    } catch {
      throw this.#bad('a wrong escape');
    }
  }

  #accept(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  }

  #bad(what: string): FrameError {
    return new FrameError('bad_json', `${what} at character ${this.#at}`);
  }
}

/** More digits than any integer of 64 bits has; BigInt takes a time that grows with the square of the digits. */
const MAX_DIGITS = 20;

function integer(text: string): Value {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  if (text.length > MAX_DIGITS) return float(number);
  const exact = BigInt(text);
  return exact >= MIN_INTEGER && exact <= MAX_INTEGER ? exact : float(number);
}

function float(number: number): Value {
  return Number.isInteger(number) ? new Float(number) : number;
}
