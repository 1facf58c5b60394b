import type { Clock } from '../../common/clock.ts';
import type { Metrics } from '../../common/metrics.ts';
import { detachText } from '../detach.ts';
import { Message } from '../message.ts';
import { isPattern, matchesPattern } from '../pattern.ts';
import { TopicTrie } from '../topic-trie.ts';
import { Past } from './past.ts';
import type { Remembered, Row } from './row.ts';
import { type RawSource, saidOf } from './said.ts';
import type { Wish } from './wish.ts';

/** How much of what was said is remembered, in memory. */
export interface HistoryLimits {
  /** Topic filters of the channels that are remembered from the start; others from when somebody first asks. */
  readonly channels: readonly string[];
  /** Of each channel. */
  readonly maxMessages: number;
  /** Of all channels together, about; 0: nothing is remembered. */
  readonly maxBytes: number;
  readonly maxChannels: number;
  readonly maxAgeMs: number;
}

/** How exactly it is known when something was said. */
const TICK_MS = 250;
/** Topic filters that somebody asked for; the one that was asked for longest ago makes room. */
const MAX_ASKED_FILTERS = 100;
/** Channels that are known not to be remembered, so that nothing is looked up for each of their messages. */
const MAX_UNWANTED = 10_000;

/**
 * What was said on public channels lately, for those who come late: in memory only, as a card does not bear a write for each message. A channel is
 * remembered if the configuration says so, or from when somebody first asked for its past; what was sent to one client or to a private channel never is.
 */
export class History {
  readonly #clock: Clock;
  readonly #limits: HistoryLimits;
  readonly #isReserved: (channel: string) => boolean;
  readonly #past: Past;
  readonly #filters = new TopicTrie<true>();
  /** Filters that were asked for, the oldest first. */
  readonly #asked = new Set<string>();
  readonly #unwanted = new Set<string>();
  /** Whether anything is to be remembered at all. */
  #isOn = false;
  /** As exact as those who ask can tell, and cheaper than asking the clock for each message. */
  #nowMs: number;
  #stop: (() => void) | undefined;

  /** `isReserved`: for the names of channels that are the gateway's own, which are never remembered. */
  constructor(clock: Clock, metrics: Metrics, limits: HistoryLimits, isReserved: (channel: string) => boolean) {
    this.#clock = clock;
    this.#isReserved = isReserved;
    this.#limits = limits;
    this.#nowMs = clock.monotonicMs();
    this.#past = new Past(limits);
    for (const filter of limits.channels) this.#begin(filter);
    const messages = 'Messages that are remembered for those who ask for the past of a channel.';
    metrics.gauge({ name: 'crosscomm_history_messages', help: messages }, () => this.#past.count);
    const bytes = 'Memory that remembered messages take.';
    metrics.gauge({ name: 'crosscomm_history_bytes', help: bytes, unit: 'bytes' }, () => this.#past.bytes);
  }

  /** Ends its timer. */
  stop(): void {
    this.#stop?.();
  }

  /** Where what is said on this channel is remembered; undefined: nowhere. Asked for every message. */
  row(channel: string): Row | undefined {
    if (!this.#isOn) return undefined;
    const row = this.#past.row(channel) ?? this.#begun(channel);
    if (row === undefined) return undefined;
    row.isClosed ??= this.#isReserved(channel);
    return row.isClosed ? undefined : row;
  }

  /** Remembers a message in the row of its channel. */
  note(row: Row, message: Message): void {
    this.#past.add(row, saidOf(message), this.#nowMs);
  }

  /** The same for one that is not read unless somebody asks for it; false: this one must be. */
  noteRaw<T>(row: Row, source: T, { raw, read }: RawSource<T>): boolean {
    const said = raw(source);
    if (said === undefined) return false;
    this.#past.add(row, { ...said, form: read, timestampMs: this.#clock.now(), tail: '' }, this.#nowMs);
    return true;
  }

  /**
   * What was said on a channel, or on those that a topic filter matches and `hears` is true for, oldest first; and remembers it from now on.
   * The messages are new ones, so that what is encoded of them goes with them.
   */
  ask(name: string, wish: Wish, hears: (channel: string) => boolean = () => true): Message[] {
    this.#begin(name);
    return this.#find(name, wish, hears).map(({ init }) => new Message(init));
  }

  #find(name: string, { most, withinMs }: Wish, hears: (channel: string) => boolean): Remembered[] {
    const sinceMs = this.#clock.monotonicMs() - Math.min(withinMs, this.#limits.maxAgeMs);
    if (!isPattern(name)) return this.#past.last(name, most, sinceMs);
    const levels = name.split('/');
    const found: Remembered[] = [];
    for (const row of this.#past.rows()) {
      if (matchesPattern(levels, row.channel) && hears(row.channel)) found.push(...row.last(most, sinceMs));
    }
    return found.sort((a, b) => a.number - b.number);
  }

  #turnOn(): void {
    this.#isOn = true;
    this.#nowMs = this.#clock.monotonicMs();
    this.#stop = this.#clock.every(TICK_MS, () => {
      this.#nowMs = this.#clock.monotonicMs();
      this.#past.settle(this.#nowMs);
    });
  }

  /** A channel that is not remembered yet, but is one of those that are to be. */
  #begun(channel: string): Row | undefined {
    if (this.#unwanted.has(channel)) return undefined;
    let isWanted = false;
    this.#filters.match(channel, () => {
      isWanted = true;
    });
    if (isWanted) return this.#past.open(channel);
    if (this.#unwanted.size >= MAX_UNWANTED) this.#unwanted.clear();
    this.#unwanted.add(detachText(channel));
    return undefined;
  }

  #begin(name: string): void {
    if (this.#limits.maxBytes === 0) return;
    if (!this.#isOn) this.#turnOn();
    if (!isPattern(name)) {
      this.#unwanted.delete(name);
      this.#past.open(name);
      return;
    }
    if (this.#asked.delete(name)) this.#asked.add(name);
    else {
      this.#unwanted.clear();
      this.#filters.set(name, name, true);
      if (!this.#limits.channels.includes(name)) this.#asked.add(name);
    }
    const [oldest] = this.#asked;
    if (oldest === undefined || this.#asked.size <= MAX_ASKED_FILTERS) return;
    this.#asked.delete(oldest);
    this.#filters.delete(oldest, oldest);
  }
}
