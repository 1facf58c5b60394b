import type { Clock } from '../../common/clock.ts';
import type { Metrics } from '../../common/metrics.ts';
import { detachText } from '../detach.ts';
import { Message, type MessageInit } from '../message.ts';
import { isPattern, matchesPattern } from '../pattern.ts';
import { TopicTrie } from '../topic-trie.ts';
import { Past, type Remembered } from './past.ts';
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

/** How exactly it is known when something was said, and how soon it has memory of its own. */
const TICK_MS = 250;
/** What one message takes beside its texts and bytes, about. */
const OVERHEAD_BYTES = 400;
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

  constructor(clock: Clock, metrics: Metrics, limits: HistoryLimits) {
    this.#clock = clock;
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

  /** Whether what is said on this channel is remembered: asked for every message. */
  wants(channel: string): boolean {
    if (!this.#isOn) return false;
    if (this.#past.has(channel)) return true;
    if (this.#unwanted.has(channel)) return false;
    if (this.#isWanted(channel)) return true;
    if (this.#unwanted.size >= MAX_UNWANTED) this.#unwanted.clear();
    this.#unwanted.add(detachText(channel));
    return false;
  }

  /** Remembers a message to a channel that it wants. */
  note(message: Message): void {
    const init = message.toInit();
    this.#past.add(init.to, { init, atMs: this.#nowMs, bytes: bytesOf(init) });
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
    for (const channel of this.#past.channels()) {
      if (matchesPattern(levels, channel) && hears(channel)) found.push(...this.#past.last(channel, most, sinceMs));
    }
    return found.sort((a, b) => a.number - b.number);
  }

  #turnOn(): void {
    this.#isOn = true;
    this.#nowMs = this.#clock.monotonicMs();
    this.#stop = this.#clock.every(TICK_MS, () => {
      this.#nowMs = this.#clock.monotonicMs();
      this.#past.settle();
    });
  }

  #isWanted(channel: string): boolean {
    let isWanted = false;
    this.#filters.match(channel, () => {
      isWanted = true;
    });
    return isWanted;
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

function bytesOf({ from, to, body, id = '', objectKey = '', objectUrl = '' }: MessageInit): number {
  const units = from.length + to.length + id.length + objectKey.length + objectUrl.length;
  const content = typeof body === 'string' ? 2 * body.length : body.byteLength;
  return OVERHEAD_BYTES + 2 * units + content;
}
