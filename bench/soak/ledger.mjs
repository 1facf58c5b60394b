/** @import { Account, SoakMessage } from '../types.ts' */

/** A reader may have had a message when its connection was cut, and not have said so. */
const REDELIVERY_MS = 5000;

/** @typedef {{ atMs: number, isAgain: boolean }} Hearing when a reader heard of a message */
/** @typedef {{ sentMs: number, acceptedMs: number | undefined, heard: Record<string, Hearing[]> }} Entry */
/** @typedef {{ fromMs: number, untilMs: number }} Span of a connection */

/**
 * Every message by its sender and its number: when it was sent, when it was accepted, and who has it. Times are those of
 * `performance.now()`.
 */
export class Ledger {
  /**
   * By source: by `sender number`.
   * @type {Map<string, Map<string, Entry>>}
   */
  #sources = new Map();
  /** @type {Map<string, Span[]>} */
  #connections = new Map();

  /**
   * A message was sent, or heard of for the first time.
   * @param {string} source
   * @param {string} sender
   * @param {number} number
   * @param {number} sentMs
   * @returns {Entry}
   */
  #entry(source, sender, number, sentMs) {
    const entries = this.#sources.get(source) ?? new Map();
    this.#sources.set(source, entries);
    const key = `${sender} ${number}`;
    const entry = entries.get(key) ?? { sentMs, acceptedMs: undefined, heard: {} };
    entries.set(key, entry);
    return entry;
  }

  /**
   * @param {string} source
   * @param {string} sender
   * @param {number} number
   * @param {number} sentMs
   */
  sent(source, sender, number, sentMs) {
    this.#entry(source, sender, number, sentMs);
  }

  /**
   * The gateway has acknowledged it, to whoever sent it.
   * @param {string} source
   * @param {string} sender
   * @param {number} number
   * @param {number} sentMs
   */
  accepted(source, sender, number, sentMs) {
    this.#entry(source, sender, number, sentMs).acceptedMs ??= performance.now();
  }

  /**
   * A reader has it. `isAgain`: the protocol itself says that it may be a repetition.
   * @param {string} reader
   * @param {SoakMessage} message
   * @param {boolean | undefined} isAgain
   */
  heard(reader, { source, sender, number, sentMs }, isAgain = false) {
    const { heard } = this.#entry(source, sender, number, sentMs);
    heard[reader] ??= [];
    heard[reader].push({ atMs: performance.now(), isAgain });
  }

  /**
   * A reader's connection stands, or is lost.
   * @param {string} reader
   */
  connected(reader) {
    if (!this.#connections.has(reader)) this.#connections.set(reader, []);
    this.#connections.get(reader)?.push({ fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY });
  }

  /** @param {string} reader */
  disconnected(reader) {
    const last = this.#connections.get(reader)?.at(-1);
    if (last) last.untilMs = Math.min(last.untilMs, performance.now());
  }

  /**
   * The account of each source.
   *   lost      accepted, and a reader that must have it does not: `durable` whatever happened, the `live` ones where their
   *             connection stood from before it was sent until after it was accepted
   *   twice     a reader has it twice, though it was not in doubt
   *   inDoubt   twice, where the gateway was killed between sending and acknowledging: so it may be
   * @param {{ durable: string, live: string[], kills: number[] }} of
   * @returns {Account[]}
   */
  account({ durable, live, kills }) {
    return [...this.#sources].map(([source, entries]) => {
      /** @type {Account} */
      const sum = { source, sent: entries.size, accepted: 0, lost: 0, twice: 0, inDoubt: 0, examples: [] };
      for (const [key, { sentMs, acceptedMs, heard }] of entries) {
        const doubtful = kills.some((atMs) => atMs >= sentMs && !(acceptedMs !== undefined && acceptedMs < atMs));
        if (acceptedMs !== undefined) {
          sum.accepted++;
          const missing = [
            ...(durable in heard ? [] : [durable]),
            ...live.filter((reader) => !(reader in heard) && this.#stood(reader, sentMs, acceptedMs)),
          ];
          if (missing.length > 0) {
            sum.lost++;
            sum.examples.push(`lost to ${missing}: ${key}, sent at ${Math.round(sentMs)} ms`);
          }
        }
        for (const [reader, times] of Object.entries(heard)) {
          const again = times.slice(1).filter((time) => !this.#isRedelivery(reader, times[0], time));
          if (again.length === 0) continue;
          if (doubtful) sum.inDoubt++;
          else {
            sum.twice++;
            sum.examples.push(`twice to ${reader}: ${key}, sent at ${Math.round(sentMs)} ms`);
          }
        }
      }
      return sum;
    });
  }

  /**
   * Whether the reader was connected from one time to the other, and for a while on both sides.
   * @param {string} reader
   * @param {number} fromMs
   * @param {number} untilMs
   */
  #stood(reader, fromMs, untilMs) {
    const spans = this.#connections.get(reader) ?? [];
    return spans.some((span) => span.fromMs < fromMs - 1000 && span.untilMs > untilMs + 1000);
  }

  /**
   * MQTT with quality 1 delivers again what was not acknowledged when a connection ended.
   * @param {string} reader
   * @param {Hearing} first
   * @param {Hearing} again
   */
  #isRedelivery(reader, first, { isAgain, atMs }) {
    if (!reader.startsWith('mqtt')) return false;
    const spans = this.#connections.get(reader) ?? [];
    return (
      isAgain ||
      spans.some(({ untilMs }) => untilMs > first.atMs && untilMs - first.atMs < REDELIVERY_MS && untilMs < atMs)
    );
  }
}
