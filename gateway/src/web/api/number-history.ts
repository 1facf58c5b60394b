import type { Clock } from '../../common/clock.ts';
import { detachText } from '../../hub/detach.ts';
import type { Look } from './look.ts';

/** One value for each of these, the last one in it. */
export const SLOT_MS = 10_000;
/** An hour of them. */
const SLOTS = 360;
/** Each takes 1.4 kB, so all of them some 1.5 MB. */
const MAX_LINES = 1000;
/** Of one channel. */
const MAX_FIELDS = 8;
/** Longer messages and names are not looked at. */
const MAX_LENGTH = 4096;
const MAX_FIELD_LENGTH = 100;
/** What a number, a truth value or an object begins with; most texts begin otherwise. */
const MAY_HAVE_NUMBERS = /^[\s\d{tf-]/;

/** The numbers of a field over the last hour, as far as the gateway has looked at them. */
export interface NumberLine {
  /** Empty where the message is nothing but a number. */
  field: string;
  /** One for each ten seconds, the newest last. */
  values: (number | null)[];
}

interface Line {
  readonly values: Float32Array;
  /** Of the newest value. */
  slot: number;
}

interface Channel {
  readonly lines: Map<string, Line>;
  /** Something of it went to one client alone. */
  wasDirect: boolean;
}

/** The numbers that were said on channels in the last hour, of those channels that said any last. */
export class NumberHistory {
  readonly #clock: Clock;
  readonly #maxLines: number;
  readonly #channels = new Map<string, Channel>();
  #lines = 0;

  constructor(clock: Clock, maxLines = MAX_LINES) {
    this.#clock = clock;
    this.#maxLines = maxLines;
  }

  /** Takes the numbers of a message. */
  note({ message: { to, body }, between }: Pick<Look, 'message' | 'between'>): void {
    if (typeof body !== 'string' || body.length > MAX_LENGTH || !MAY_HAVE_NUMBERS.test(body)) return;
    const numbers = numbersIn(body);
    if (numbers.length === 0) return;
    const slot = this.#slot;
    const channel = this.#channels.get(to) ?? { lines: new Map<string, Line>(), wasDirect: false };
    channel.wasDirect ||= between !== undefined;
    // The one that said nothing for the longest time is the first to go.
    this.#channels.delete(to);
    this.#channels.set(detachText(to), channel);
    for (const [field, value] of numbers) this.#add(channel, field, slot, value);
    for (const [name, { lines }] of this.#channels) {
      if (this.#lines <= this.#maxLines) break;
      this.#channels.delete(name);
      this.#lines -= lines.size;
    }
  }

  /** What was said on a channel; no lines where that was nothing. All have equally many values. */
  of(name: string): { lines: NumberLine[]; wasDirect: boolean } {
    const { lines = new Map<string, Line>(), wasDirect = false } = this.#channels.get(name) ?? {};
    const now = this.#slot;
    const shown = Array.from(lines, ([field, line]) => ({ field, values: valuesOf(line, now) }));
    const first = Math.min(
      ...shown.map(({ values }) => values.findIndex((value) => value !== null)).filter((at) => at >= 0),
    );
    if (!Number.isFinite(first)) return { lines: [], wasDirect };
    return { lines: shown.map(({ field, values }) => ({ field, values: values.slice(first) })), wasDirect };
  }

  get #slot(): number {
    return Math.floor(this.#clock.monotonicMs() / SLOT_MS);
  }

  #add({ lines }: Channel, field: string, slot: number, value: number): void {
    let line = lines.get(field);
    if (line === undefined) {
      if (lines.size >= MAX_FIELDS) return;
      line = { values: new Float32Array(SLOTS).fill(Number.NaN), slot };
      lines.set(detachText(field), line);
      this.#lines++;
    }
    // Those in between said nothing.
    const from = Math.max(line.slot + 1, slot - SLOTS + 1);
    for (let each = from; each <= slot; each++) line.values[each % SLOTS] = Number.NaN;
    line.slot = slot;
    line.values[slot % SLOTS] = value;
  }
}

/** The values of the last hour until `now`. */
function valuesOf({ values, slot }: Line, now: number): (number | null)[] {
  const shown: (number | null)[] = [];
  for (let each = now - SLOTS + 1; each <= now; each++) {
    const value = each < 0 || each > slot || each <= slot - SLOTS ? Number.NaN : (values[each % SLOTS] as number);
    // What a float of 32 bits can be right about.
    shown.push(Number.isFinite(value) ? Number(value.toPrecision(7)) : null);
  }
  return shown;
}

/** The numbers of a message: its body, or the fields of an object. True and false count as 1 and 0. */
function numbersIn(body: string): [field: string, value: number][] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  const whole = numberOf(value);
  if (whole !== undefined) return [['', whole]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([field, each]): [string, number][] => {
    const number = field.length > MAX_FIELD_LENGTH ? undefined : numberOf(each);
    return number === undefined ? [] : [[field, number]];
  });
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
