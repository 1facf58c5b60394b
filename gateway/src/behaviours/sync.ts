import { BEHAVIOURS } from '../common/names.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import type { Subject } from './subject.ts';
import { SyncMembers } from './sync-members.ts';
import type { Act } from './wanted.ts';

export const SHORTEST_PERIOD_MS = 50;
export const LONGEST_PERIOD_MS = 60_000;
const PERIOD_MS = 2000;
/** Steps of a cycle of `OOCSISync` after which it pulses: it counts from 20 down to 0. */
const STEPS = 20;
const CYCLE_STEPS = STEPS + 1;
/** What of the distance to a member is made good by each of its messages. */
const GAIN = 0.25;
const MAX_CYCLE = 2 ** 31 - 2;
const MAX_HANDLE_LENGTH = 256;

/** The channel of OOCSI's `OOCSISync` on which all members of a channel say when they pulse. */
export function syncChannel(channel: string): string {
  return `${channel}_sync`;
}

/**
 * One beat for all who want it: pulses with the same time between them. Members of OOCSI's `OOCSISync` are in it as well. As they cannot
 * be told a period, and find a common phase among themselves, it takes both from them as long as there are any, and says on their channel
 * when it pulses as each of them does.
 */
export class Sync implements Subject {
  readonly channel: string;
  readonly isUrgent = true;
  readonly #name: string;
  readonly #members = new SyncMembers();
  #periodMs = PERIOD_MS;
  #isPeriodSet = false;
  /** The number of the last pulse, and its time. */
  #beat = 0;
  #pulseMs: number;
  #hasPulsed = false;
  #isChanged = false;
  /** What was written last, as hundreds are told the same within a millisecond; good until something changes. */
  #written: string[] = [];
  #writtenLateMs: number | undefined;

  constructor(name: string, nowMs: number) {
    this.#name = name;
    this.channel = syncChannel(name);
    this.#pulseMs = nowMs;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  get dueMs(): number {
    return this.#pulseMs + this.#periodMs;
  }

  act(_client: string, act: Act): undefined {
    if (act.kind !== 'sync' || (this.#isPeriodSet && !act.set)) return;
    this.#isPeriodSet = true;
    if (!this.#members.isEmpty || act.periodMs === this.#periodMs) return;
    this.#periodMs = act.periodMs;
    this.#writtenLateMs = undefined;
    this.#isChanged = true;
  }

  hear(message: Message, nowMs: number): boolean {
    const { sync, cycle, handle } = readSync(message);
    if (sync === undefined) return true;
    // Until their cycle is known, only guessed.
    const isFirst = this.#members.cycleMs === undefined;
    if (!this.#members.hear(handle ?? message.from, sync, nowMs)) return true;
    const { cycleMs } = this.#members;
    if (cycleMs !== undefined) this.#periodMs = within(cycleMs, SHORTEST_PERIOD_MS, LONGEST_PERIOD_MS);
    this.#follow(nowMs + (sync * this.#periodMs) / CYCLE_STEPS, isFirst);
    if (cycle > this.#beat) {
      this.#beat = cycle;
      this.#writtenLateMs = undefined;
      this.#isChanged = true;
    }
    return true;
  }

  /** Moves the pulses towards one of a member: to it where no other was known before. */
  #follow(pulseMs: number, isFirst: boolean): void {
    const period = this.#periodMs;
    const cycles = (pulseMs - this.#pulseMs) / period;
    const offMs = (cycles - Math.round(cycles)) * period;
    this.#pulseMs += isFirst ? offMs : offMs * GAIN;
    this.#writtenLateMs = undefined;
    if (isFirst) this.#isChanged = true;
  }

  tick(nowMs: number): void {
    const pulses = Math.floor((nowMs - this.#pulseMs) / this.#periodMs);
    if (pulses < 1) return;
    this.#members.dropSilent(nowMs, this.#periodMs);
    this.#pulseMs += pulses * this.#periodMs;
    this.#beat += pulses;
    this.#writtenLateMs = undefined;
    this.#isChanged = true;
    this.#hasPulsed = true;
  }

  /** As each member of `OOCSISync` says it, those that read a number and those that take any message as a pulse: with the cycle that has ended. */
  says(): readonly string[] {
    if (!this.#hasPulsed) return [];
    this.#hasPulsed = false;
    return [JSON.stringify({ sync: 0, cycle: Math.min(this.#beat - 1, MAX_CYCLE), handle: BEHAVIOURS })];
  }

  /** Of all at once, and of each as it is at that moment. */
  tell(_all: boolean, nowMs: number): string[] {
    const lateMs = Math.round(nowMs - this.#pulseMs);
    if (this.#writtenLateMs !== lateMs) this.#written = this.#write(lateMs);
    this.#writtenLateMs = lateMs;
    return this.#written;
  }

  #write(lateMs: number): string[] {
    const periodMs = Math.round(this.#periodMs * 10) / 10;
    return [JSON.stringify({ sync: this.#name, beat: this.#beat, periodMs, lateMs })];
  }

  told(): void {
    this.#isChanged = false;
    this.#writtenLateMs = undefined;
  }

  end(): void {}
}

interface SyncFields {
  sync: number | undefined;
  cycle: number;
  handle: string | undefined;
}

/** `sync`: how many steps before its pulse a member has sent it; those before 2018 send an empty text, at their pulse. */
function readSync(message: Message): SyncFields {
  const read: SyncFields = { sync: undefined, cycle: 0, handle: undefined };
  for (const { name, raw } of fieldsHeard(message)) {
    if (name === 'sync') read.sync = raw === '""' ? 0 : numberIn(raw, STEPS);
    else if (name === 'cycle') read.cycle = numberIn(raw, MAX_CYCLE) ?? 0;
    else if (name === 'handle' && raw.length <= MAX_HANDLE_LENGTH) read.handle = raw;
  }
  return read;
}

function numberIn(raw: string, max: number): number | undefined {
  const number = Number(raw);
  return Number.isInteger(number) && number >= 0 && number <= max ? number : undefined;
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
