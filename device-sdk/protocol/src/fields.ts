import { FrameError } from './error.ts';
import type { Value } from './value.ts';

export const MAX_UINT32 = 2 ** 32 - 1;
export const MAX_UINT16 = 2 ** 16 - 1;

/** The items of a frame or of an array inside it, read in their order. Each method throws FrameError `bad_field`. */
export class Fields {
  readonly #items: readonly Value[];
  readonly #what: string;
  #next: number;

  /** `what` names the frame in messages; the items before `first` are not read. */
  constructor(items: readonly Value[], what: string, first: number) {
    this.#items = items;
    this.#what = what;
    this.#next = first;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.#take();
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw this.#bad(name, `is no integer from ${min} to ${max}`);
  }

  integerOr(fallback: number, name: string, min: number, max: number): number {
    return this.#skipDefault() ? fallback : this.integer(name, min, max);
  }

  integerOrNull(name: string, min: number, max: number): number | null {
    return this.#skipDefault() ? null : this.integer(name, min, max);
  }

  boolean(name: string): boolean {
    const value = this.#take();
    if (typeof value === 'boolean') return value;
    throw this.#bad(name, 'is neither true nor false');
  }

  booleanOr(fallback: boolean, name: string): boolean {
    return this.#skipDefault() ? fallback : this.boolean(name);
  }

  text(name: string): string {
    const value = this.#take();
    if (typeof value === 'string') return value;
    throw this.#bad(name, 'is no text');
  }

  bytes(name: string): Uint8Array {
    const value = this.#take();
    if (value instanceof Uint8Array) return value;
    throw this.#bad(name, 'is not bytes');
  }

  textOr<T>(fallback: T, name: string): string | T {
    return this.#skipDefault() ? fallback : this.text(name);
  }

  /** Text that is not empty. */
  name(name: string): string {
    const value = this.text(name);
    if (value.length > 0) return value;
    throw this.#bad(name, 'is empty');
  }

  nameOrNull(name: string): string | null {
    return this.#skipDefault() ? null : this.name(name);
  }

  /** An alias, a name, or null. */
  target(name: string): number | string | null {
    const value = this.#take();
    if (value === null || (typeof value === 'string' && value.length > 0)) return value;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_UINT16) return value;
    throw this.#bad(name, 'is neither an alias nor a name');
  }

  targetOrNull(name: string): number | string | null {
    return this.#skipDefault() ? null : this.target(name);
  }

  value(name: string): Value {
    const value = this.#take();
    if (value !== undefined) return value;
    throw this.#bad(name, 'is missing');
  }

  valueOrNull(): Value {
    return this.#take() ?? null;
  }

  array(name: string): Value[] {
    const value = this.#take();
    if (Array.isArray(value)) return value;
    throw this.#bad(name, 'is no array');
  }

  arrayOrNull(name: string): Value[] | null {
    return this.#skipDefault() ? null : this.array(name);
  }

  mapOrNull(name: string): ReadonlyMap<string | number, Value> | null {
    if (this.#skipDefault()) return null;
    const value = this.#take();
    if (value instanceof Map) return value;
    throw this.#bad(name, 'is no map');
  }

  /** The fields of an array that is a field of this frame. */
  inner(name: string, items: readonly Value[]): Fields {
    return new Fields(items, `${this.#what}: ${name}`, 0);
  }

  fail(name: string, why: string): never {
    throw this.#bad(name, why);
  }

  #take(): Value | undefined {
    return this.#items[this.#next++];
  }

  #skipDefault(): boolean {
    const value = this.#items[this.#next];
    if (value !== undefined && value !== null) return false;
    this.#next++;
    return true;
  }

  #bad(name: string, why: string): FrameError {
    return new FrameError('bad_field', `${this.#what}: ${name} ${why}`, { field: name });
  }
}
