import { quote, type RawMember, writeObject } from '../common/json/scan.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import type { Room, Subject } from './subject.ts';
import { Table } from './table.ts';

/** How many characters the fields of one member may have, with their names. */
export const MAX_STATE_LENGTH = 4096;

export interface AwarenessOptions {
  readonly channel: string;
  /** The fields that count; none: all of them. */
  readonly keys: readonly string[];
  /** After how long a silence a member is forgotten; 0: never. */
  readonly timeoutMs: number;
}

type State = ReadonlyMap<string, string>;

/**
 * Who is there, and with which state: for each client that sends to a channel the last value of each of its fields. It is OOCSI's
 * `OOCSIAwareness`, whose members say nothing but what they say on the channel anyway.
 */
export class Awareness implements Subject {
  readonly channel: string;
  readonly isUrgent = false;
  readonly #keys: ReadonlySet<string>;
  readonly #timeoutMs: number;
  readonly #table: Table<State>;
  readonly #head: readonly RawMember[];

  constructor({ channel, keys, timeoutMs }: AwarenessOptions, key: string, room: Room) {
    this.channel = channel;
    this.#keys = new Set(keys);
    this.#timeoutMs = timeoutMs;
    this.#table = new Table(key, room);
    this.#head = [{ name: 'awareness', raw: quote(channel) }];
  }

  get isChanged(): boolean {
    return this.#table.isChanged;
  }

  get dueMs(): number | undefined {
    const { oldestMs } = this.#table;
    return oldestMs === undefined || this.#timeoutMs === 0 ? undefined : oldestMs + this.#timeoutMs;
  }

  hear(message: Message, nowMs: number): boolean {
    const before = this.#table.get(message.from);
    const state = new Map(before);
    let isNews = false;
    for (const { name, raw } of fieldsHeard(message)) {
      const counts = this.#keys.size === 0 ? !name.startsWith('_') : this.#keys.has(name) && raw !== 'null';
      if (!counts || state.get(name) === raw) continue;
      state.set(name, raw);
      isNews = true;
    }
    let length = 0;
    for (const [name, raw] of state) length += name.length + raw.length;
    if (length > MAX_STATE_LENGTH) return false;
    return this.#table.put(message.from, state, { length, nowMs, isNews });
  }

  tick(nowMs: number): void {
    if (this.#timeoutMs > 0) this.#table.dropBefore(nowMs - this.#timeoutMs + 1);
  }

  tell(all: boolean): string[] {
    return this.#table.pages(this.#head, all, writeState);
  }

  told(): void {
    this.#table.told();
  }

  end(): void {
    this.#table.end();
  }
}

function writeState(state: State): string {
  return writeObject(Array.from(state, ([name, raw]) => ({ name, raw })));
}
