import { ALIAS_FLAGS, CODES } from '../codes.ts';
import type { Alias, DataFrame, DataFrameInit, Dictionary, FrameInit, Unalias } from '../frame.ts';
import { restoreKeys } from '../keys.ts';
import { fromShape, toShape } from '../shape.ts';
import { type Encodable, Float, MAX_SMALL, type Value } from '../value.ts';

interface AliasEntry {
  alias: number;
  channel: string;
  subscribes: boolean;
  /** The keys of the maps that go without them, where there are any. */
  shape: readonly string[] | undefined;
  /** Whether the gateway takes the shape; undefined until it has said so. */
  takesShape: boolean | undefined;
  /** Told once: the code of the first confirmation or refusal. */
  settle: ((code: number) => void) | undefined;
}

/** So many characters of keys are declared in one frame, at least one key. */
const MAX_KEY_CHARACTERS = 1024;

/**
 * The numbers that stand for channels and for the keys of maps (SPEC.md, section 7): declares them, in each session anew, until
 * the gateway has confirmed them, and uses those that it has declared.
 */
export class ClientNames {
  readonly #byChannel = new Map<string, AliasEntry>();
  readonly #byAlias = new Map<number, AliasEntry>();
  /** To be declared by this link. */
  readonly #undeclared = new Set<AliasEntry>();
  /** Declared by this link, and not confirmed. */
  readonly #declared = new Set<AliasEntry>();
  /** Numbers that the gateway is to free, and whether it was told so by this link. */
  readonly #leaving = new Map<number, boolean>();
  readonly #keys: string[] = [];
  readonly #numbers = new Map<string, number>();
  #declaredKeys = 0;
  #confirmedKeys = 0;

  /** Whether a declaration is under way or has to be sent. */
  get isWaiting(): boolean {
    return (
      this.#undeclared.size > 0 ||
      this.#declared.size > 0 ||
      this.#leaving.size > 0 ||
      this.#confirmedKeys < this.#keys.length
    );
  }

  /** The channel of an alias, as it was declared. */
  channel(alias: number): string | undefined {
    return this.#byAlias.get(alias)?.channel;
  }

  /** Declares an alias, or changes whether it subscribes; a shape stays until there is another. False: all numbers are in use. */
  declare(channel: string, subscribes: boolean, settle: AliasEntry['settle'], shape?: readonly string[]): boolean {
    const before = this.#byChannel.get(channel);
    if (before !== undefined) {
      const earlier = before.settle;
      before.subscribes = subscribes;
      if (shape !== undefined) {
        before.shape = shape;
        before.takesShape = undefined;
      }
      this.#undeclared.add(before);
      before.settle = (code) => {
        earlier?.(code);
        settle?.(code);
      };
      return true;
    }
    let alias = 0;
    while (this.#byAlias.has(alias) || this.#leaving.has(alias)) alias++;
    if (alias > MAX_SMALL) return false;
    const entry: AliasEntry = { alias, channel, subscribes, shape, takesShape: undefined, settle };
    this.#byChannel.set(channel, entry);
    this.#byAlias.set(alias, entry);
    this.#undeclared.add(entry);
    return true;
  }

  isSubscribed(channel: string): boolean {
    return this.#byChannel.get(channel)?.subscribes ?? false;
  }

  /** Frees the number of a channel, which ends its subscription. False: it has none. */
  free(channel: string): boolean {
    const entry = this.#byChannel.get(channel);
    if (entry === undefined) return false;
    this.#remove(entry);
    this.#leaving.set(entry.alias, false);
    settle(entry, CODES.offline);
    return true;
  }

  /** Adds keys to the dictionary; those that it has are left out. */
  addKeys(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#numbers.has(key) || this.#keys.length > MAX_SMALL) continue;
      this.#numbers.set(key, this.#keys.length);
      this.#keys.push(key);
    }
  }

  /** Sends what was not declared by this link. False: the link is full, so nothing that uses a number may follow. */
  pump(send: (frame: FrameInit) => boolean): boolean {
    for (const alias of this.#leaving.keys()) {
      if (this.#leaving.get(alias)) continue;
      if (!send({ type: 'unalias', alias })) return false;
      if (this.#leaving.has(alias)) this.#leaving.set(alias, true);
    }
    for (const entry of this.#undeclared) {
      const { alias, channel, subscribes, shape } = entry;
      const frame = { type: 'alias', alias, channel, flags: subscribes ? ALIAS_FLAGS.subscribe : 0 } as const;
      // Before it is sent: an answer may come before `send` returns.
      this.#undeclared.delete(entry);
      this.#declared.add(entry);
      if (send(shape === undefined ? frame : { ...frame, shape })) continue;
      this.#undeclared.add(entry);
      return false;
    }
    while (this.#declaredKeys < this.#keys.length) {
      const first = this.#declaredKeys;
      let end = first;
      for (let characters = 0; end < this.#keys.length; end++) {
        characters += (this.#keys[end] as string).length;
        if (characters > MAX_KEY_CHARACTERS && end > first) break;
      }
      this.#declaredKeys = end;
      if (send({ type: 'dictionary', first, keys: this.#keys.slice(first, end) })) continue;
      this.#declaredKeys = first;
      return false;
    }
    return true;
  }

  /** What was declared and not confirmed has to be declared again. */
  again(): void {
    for (const entry of this.#declared) this.#undeclared.add(entry);
    this.#declared.clear();
    for (const alias of this.#leaving.keys()) this.#leaving.set(alias, false);
    this.#declaredKeys = this.#confirmedKeys;
  }

  /** A new session knows nothing. */
  restart(): void {
    for (const entry of this.#byChannel.values()) {
      this.#undeclared.add(entry);
      entry.takesShape = undefined;
    }
    this.#declared.clear();
    this.#leaving.clear();
    this.#declaredKeys = 0;
    this.#confirmedKeys = 0;
  }

  confirm(frame: Alias | Unalias | Dictionary): void {
    if (frame.type === 'unalias') this.#leaving.delete(frame.alias);
    else if (frame.type === 'dictionary') {
      this.#confirmedKeys = Math.min(frame.first, this.#keys.length);
      this.#declaredKeys = Math.max(this.#confirmedKeys, Math.min(this.#declaredKeys, this.#keys.length));
    } else {
      const entry = this.#byAlias.get(frame.alias);
      if (entry === undefined || this.#undeclared.has(entry)) return;
      this.#declared.delete(entry);
      entry.takesShape = (frame.flags & ALIAS_FLAGS.shaped) !== 0;
      settle(entry, CODES.ok);
    }
  }

  /** The gateway does not know an alias: it has to be declared again. */
  missAlias(alias: number): void {
    const entry = this.#byAlias.get(alias);
    if (entry) this.#undeclared.add(entry);
  }

  /** The gateway does not know a key: it has to be declared again. */
  missKey(key: number): void {
    this.#confirmedKeys = Math.min(this.#confirmedKeys, key);
    this.#declaredKeys = this.#confirmedKeys;
  }

  /** The gateway refuses an alias. */
  refuseAlias(alias: number, code: number): void {
    const entry = this.#byAlias.get(alias);
    if (entry === undefined) return;
    this.#remove(entry);
    settle(entry, code);
  }

  /** The gateway takes no keys from this one on. */
  refuseKeys(first: number): void {
    for (const key of this.#keys.splice(first)) this.#numbers.delete(key);
    this.#declaredKeys = Math.min(this.#declaredKeys, first);
    this.#confirmedKeys = Math.min(this.#confirmedKeys, first);
  }

  /** Everybody who waits for a confirmation is told that it is over. */
  drop(code: number): void {
    for (const entry of this.#byChannel.values()) settle(entry, code);
  }

  /** The frame with the numbers that stand for its names. */
  shrink(frame: DataFrameInit): DataFrameInit {
    if (frame.type === 'message') return { ...frame, ...this.#pack(frame.to, frame.value) };
    if (frame.type === 'call') {
      return { ...frame, to: this.#number(frame.to), args: this.#shrinkKeys(frame.args ?? null) };
    }
    return frame.type === 'reply' ? { ...frame, value: this.#shrinkKeys(frame.value) } : frame;
  }

  /** The frame with names for its numbers. Throws FrameError `unknown_key`. */
  expand(frame: DataFrame): DataFrameInit {
    if (frame.type === 'message') return { ...frame, to: this.#name(frame.to), value: this.unpack(frame) };
    if (frame.type === 'call') return { ...frame, to: this.#name(frame.to), args: this.restore(frame.args) };
    return frame.type === 'reply' ? { ...frame, value: this.restore(frame.value) } : frame;
  }

  /** The value of a message that came, or waits, for `to`, with all its keys. Throws FrameError `unknown_key`. */
  unpack({ to, value }: { to: number | string | null; value: Value }): Value {
    const entry = typeof to === 'number' ? this.#byAlias.get(to) : undefined;
    const restored = this.restore(value);
    if (entry?.shape === undefined || entry.takesShape === false || !Array.isArray(restored)) return restored;
    return fromShape(restored, entry.shape) ?? restored;
  }

  /** The value with texts for its keys. Throws FrameError `unknown_key`. */
  restore(value: Value): Value {
    return restoreKeys(value, this.#keys);
  }

  /** To whom a message goes, and its value: without keys where the gateway takes the shape of its channel. */
  #pack(to: number | string | null, value: Encodable): { to: number | string | null; value: Encodable } {
    const entry = typeof to === 'string' ? this.#byChannel.get(to) : undefined;
    if (entry?.shape === undefined || !entry.takesShape)
      return { to: this.#number(to), value: this.#shrinkKeys(value) };
    // An array by the alias would be read as the values of a map.
    if (Array.isArray(value)) return { to, value: this.#shrinkKeys(value) };
    return { to: entry.alias, value: this.#shrinkKeys(toShape(value, entry.shape) ?? value) };
  }

  #remove(entry: AliasEntry): void {
    this.#byChannel.delete(entry.channel);
    this.#byAlias.delete(entry.alias);
    this.#undeclared.delete(entry);
    this.#declared.delete(entry);
  }

  #name(to: number | string | null): number | string | null {
    return typeof to === 'number' ? (this.channel(to) ?? to) : to;
  }

  #number(to: number | string | null): number | string | null {
    return typeof to === 'string' ? (this.#byChannel.get(to)?.alias ?? to) : to;
  }

  #shrinkKeys(value: Encodable): Encodable {
    return this.#keys.length === 0 ? value : this.#withNumbers(value);
  }

  #withNumbers(value: Encodable): Encodable {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Float)
      return value;
    if (Array.isArray(value)) return value.map((item: Encodable) => this.#withNumbers(item));
    const map = new Map<string | number, Encodable>();
    const members = value instanceof Map ? value.entries() : Object.entries(value);
    for (const [key, member] of members as Iterable<[string | number, Encodable | undefined]>) {
      if (member === undefined) continue;
      map.set(typeof key === 'string' ? (this.#numbers.get(key) ?? key) : key, this.#withNumbers(member));
    }
    return map;
  }
}

function settle(entry: AliasEntry, code: number): void {
  const { settle: tell } = entry;
  entry.settle = undefined;
  tell?.(code);
}
