import {
  ALIAS_FLAGS,
  type CodeName,
  type DataFrame,
  type DataFrameInit,
  fromShape,
  type GatewayLimits,
  replaceKeys,
  restoreKeys,
  toShape,
  type Value,
} from '@crosscomm/protocol';
import { parseAddress } from '../../hub/address.ts';
import { detachText } from '../../hub/detach.ts';

interface AliasEntry {
  /** The channel as it was declared. */
  address: string;
  /** The channel's name alone. */
  name: string;
  /** Where a message to it goes: the name, with the password of a private channel. */
  target: string;
  subscribes: boolean;
  /** The keys of the maps that go without them; undefined where none were declared. */
  shape: readonly string[] | undefined;
}

/** To whom a message goes, and its value, as they are on the link or as the rest of the gateway has them. */
export interface Addressed<To extends number | string | null = number | string | null> {
  to: To;
  value: Value;
}

/** What a declaration of an alias means for subscriptions. */
export interface AliasChange {
  subscribe: string | undefined;
  unsubscribe: string | undefined;
}

/** The texts of a dictionary together, and those of all shapes; a device that has more knows no limits. */
const MAX_KEY_CHARACTERS = 64 * 1024;

/** The small numbers that stand for channels and for the keys of maps in one session (SPEC.md, section 7). */
export class Names {
  readonly #limits: GatewayLimits;
  readonly #aliases = new Map<number, AliasEntry>();
  readonly #byTarget = new Map<string, number>();
  #keys: string[] = [];
  #numbers = new Map<string, number>();
  #keyCharacters = 0;
  #shapeCharacters = 0;

  constructor(limits: GatewayLimits) {
    this.#limits = limits;
  }

  /** The channel for an alias or a name; undefined for an alias that was not declared. */
  resolve(to: number | string): string | undefined {
    return typeof to === 'string' ? to : this.#aliases.get(to)?.target;
  }

  /** The alias of a channel, or the channel. */
  shorten(channel: string): number | string {
    return this.#byTarget.get(channel) ?? channel;
  }

  /** The value with numbers for its keys, where the device declared any. */
  withNumbers(value: Value): Value {
    return this.#numbers.size === 0 ? value : replaceKeys(value, this.#numbers);
  }

  /** The value with texts for its keys. Throws FrameError `unknown_key`. */
  withTexts(value: Value): Value {
    return restoreKeys(value, this.#keys);
  }

  /** How many keys are known. */
  get keyCount(): number {
    return this.#keys.length;
  }

  /** A message as it goes to the device: without keys where its alias has a shape, with numbers for them where it declared any. */
  pack({ to, value }: Addressed): Addressed {
    const entry = typeof to === 'number' ? this.#aliases.get(to) : undefined;
    if (entry?.shape === undefined) return { to, value: this.withNumbers(value) };
    // An array by the alias would be read as the values of a map.
    if (Array.isArray(value)) return { to: entry.name, value: this.withNumbers(value) };
    return { to, value: this.withNumbers((toShape(value, entry.shape) as Value[] | undefined) ?? value) };
  }

  /** The value of a message that came for `to`, with all its keys; undefined where it does not fit the shape. Throws FrameError `unknown_key`. */
  unpack({ to, value }: Addressed): Value | undefined {
    const shape = typeof to === 'number' ? this.#aliases.get(to)?.shape : undefined;
    const texts = this.withTexts(value);
    return shape !== undefined && Array.isArray(texts) ? fromShape(texts, shape) : texts;
  }

  /** Whether declaring it would change what an alias means already. */
  changesAlias(alias: number, channel: string, shape?: readonly string[]): boolean {
    const before = this.#aliases.get(alias);
    return before !== undefined && (before.address !== channel || !isSame(before.shape, shape));
  }

  /** Whether declaring them would change what a key means already. */
  changesKeys(first: number, keys: readonly string[]): boolean {
    return keys.some((key, index) => first + index < this.#keys.length && this.#keys[first + index] !== key);
  }

  /** Declares an alias. Returns why not, or which subscriptions it changes. */
  declareAlias(alias: number, channel: string, flags: number, shape?: readonly string[]): CodeName | AliasChange {
    const characters = this.#shapeCharacters + lengthOf(shape ?? []) - lengthOf(this.#aliases.get(alias)?.shape ?? []);
    if (alias >= this.#limits.maxAliases || characters > MAX_KEY_CHARACTERS) return 'too_many';
    const address = detachText(channel);
    const parsed = parseAddress(address);
    if (parsed === undefined) return 'name_invalid';
    const { name, password } = parsed;
    const before = this.#aliases.get(alias);
    const subscribes = (flags & ALIAS_FLAGS.subscribe) !== 0;
    this.#drop(alias);
    const target = password === undefined ? name : `${name}:${password}`;
    this.#shapeCharacters = characters;
    this.#aliases.set(alias, { address, name, target, subscribes, shape: shape?.map(detachText) });
    this.#byTarget.set(name, alias);
    this.#byTarget.set(target, alias);
    const isLost = before?.subscribes && (before.address !== address || !subscribes) && !this.subscribes(before.name);
    return { subscribe: subscribes ? address : undefined, unsubscribe: isLost ? before.address : undefined };
  }

  /** Frees a number. Returns its address, if no other number subscribes to it. */
  freeAlias(alias: number): string | undefined {
    const before = this.#aliases.get(alias);
    this.#shapeCharacters -= lengthOf(before?.shape ?? []);
    this.#drop(alias);
    return before?.subscribes && !this.subscribes(before.name) ? before.address : undefined;
  }

  /** The alias that subscribes to this address, if there is one. */
  subscriberOf(address: string): number | undefined {
    for (const [alias, entry] of this.#aliases) if (entry.subscribes && entry.address === address) return alias;
    return undefined;
  }

  /** Whether an alias subscribes to the channel of this name. */
  subscribes(name: string): boolean {
    for (const entry of this.#aliases.values()) if (entry.subscribes && entry.name === name) return true;
    return false;
  }

  /** Declares keys. False: they are too many, and none was taken. What begins beyond the known keys is not taken. */
  declareKeys(first: number, keys: readonly string[]): boolean {
    if (first > this.#keys.length) return true;
    const replaced = this.#keys.slice(first, first + keys.length);
    const characters = this.#keyCharacters + lengthOf(keys) - lengthOf(replaced);
    if (first + keys.length > this.#limits.maxKeys || characters > MAX_KEY_CHARACTERS) return false;
    this.#keyCharacters = characters;
    for (const [index, key] of keys.entries()) this.#keys[first + index] = detachText(key);
    this.#numbers = new Map(this.#keys.map((key, number) => [key, number]));
    return true;
  }

  clear(): void {
    this.#aliases.clear();
    this.#byTarget.clear();
    this.#keys = [];
    this.#numbers = new Map();
    this.#keyCharacters = 0;
    this.#shapeCharacters = 0;
  }

  /** A frame that was written with these names, without any number. */
  expand(frame: DataFrame): DataFrameInit {
    if (frame.type === 'message')
      return { ...frame, to: this.#name(frame.to), value: this.unpack(frame) ?? frame.value };
    if (frame.type === 'call') return { ...frame, to: this.#name(frame.to), args: this.withTexts(frame.args) };
    if (frame.type === 'reply') return { ...frame, value: this.withTexts(frame.value) };
    return frame;
  }

  /** The same frame with these names' numbers. */
  shrink(frame: DataFrameInit): DataFrameInit {
    if (frame.type === 'message') {
      return { ...frame, ...this.pack({ to: this.#number(frame.to), value: frame.value as Value }) };
    }
    if (frame.type === 'call') {
      return { ...frame, to: this.#number(frame.to), args: this.withNumbers((frame.args ?? null) as Value) };
    }
    if (frame.type === 'reply') return { ...frame, value: this.withNumbers(frame.value as Value) };
    return frame;
  }

  #name(to: number | string | null): string | null {
    return typeof to === 'number' ? (this.#aliases.get(to)?.name ?? null) : to;
  }

  #number(to: number | string | null): number | string | null {
    return typeof to === 'string' ? this.shorten(to) : to;
  }

  #drop(alias: number): void {
    const before = this.#aliases.get(alias);
    if (before === undefined) return;
    this.#aliases.delete(alias);
    for (const key of [before.name, before.target]) if (this.#byTarget.get(key) === alias) this.#byTarget.delete(key);
  }
}

function isSame(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return one?.length === other?.length && (one ?? []).every((key, index) => key === other?.[index]);
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
