import type { ChannelHistory as Earlier, MessageView } from '../../api/types.ts';
import { MAX_FIELDS, numbersIn } from './numbers.ts';

/** One point a second for an hour: some 60 kB for each line, and at most eight lines. */
const MAX_POINTS = 3_600;
const HOUR_S = 3_600;
/** How exactly the page knows what time it is at the gateway, in seconds. */
const CLOCK_S = 30;
/** So many channels that were looked at are remembered: at most some 10 MB. */
const MAX_CHANNELS = 20;

/** The numbers that were said on one channel, one point a second at most. */
export class ChannelHistory {
  readonly #times: number[] = [];
  readonly #values = new Map<string, (number | null)[]>();

  /**
   * Takes the numbers of a message, unless it is older than the newest one here.
   *
   * @param nowMs what time it is at the gateway; what is here from later than that was said before its clock was set back, and goes
   */
  add(message: MessageView, nowMs: number): void {
    if ((this.#times.at(-1) ?? 0) > nowMs / 1000 + CLOCK_S) {
      this.#times.length = 0;
      this.#values.clear();
    }
    const numbers = Object.entries(numbersIn(message)).filter(([name]) => this.#hasLine(name));
    const second = Math.floor(message.timestampMs / 1000);
    const newest = this.#times.at(-1) ?? 0;
    if (numbers.length === 0 || second < newest) return;
    if (second > newest) {
      this.#times.push(second);
      for (const values of this.#values.values()) values.push(null);
    }
    for (const [name, number] of numbers) {
      const values = this.#values.get(name) ?? Array<number | null>(this.#times.length).fill(null);
      values[this.#times.length - 1] = number;
      this.#values.set(name, values);
    }
    while (this.#times.length > MAX_POINTS || (this.#times[0] ?? second) < second - HOUR_S) {
      this.#times.shift();
      for (const values of this.#values.values()) values.shift();
    }
  }

  /** Takes what the gateway knows of the time before this page was opened; only while it has nothing itself. */
  begin({ everyMs, endMs, lines }: Earlier): void {
    const length = lines[0]?.values.length ?? 0;
    if (this.#times.length > 0 || length === 0) return;
    for (let index = 0; index < length; index++) {
      if (lines.every(({ values }) => values[index] === null)) continue;
      this.#times.push(Math.floor((endMs - (length - 1 - index) * everyMs) / 1000));
      for (const { field, values } of lines.slice(0, MAX_FIELDS)) {
        const line = this.#values.get(field) ?? [];
        line.push(values[index] ?? null);
        this.#values.set(field, line);
      }
    }
  }

  /** Whether a field has a line, or there is room for one more. */
  #hasLine(name: string): boolean {
    return this.#values.has(name) || this.#values.size < MAX_FIELDS;
  }

  /** The names of the values; empty for one that has none. */
  get fields(): string[] {
    return [...this.#values.keys()];
  }

  /** Seconds since 1970, and the values of each field there. */
  get data(): [number[], ...(number | null)[][]] {
    return [[...this.#times], ...[...this.#values.values()].map((values) => [...values])];
  }
}

const histories = new Map<string, ChannelHistory>();

/** What this page has seen of a channel; it forgets the one that was looked at longest ago. */
export function historyOf(name: string): ChannelHistory {
  const history = histories.get(name) ?? new ChannelHistory();
  histories.delete(name);
  histories.set(name, history);
  const [oldest] = histories.keys();
  if (histories.size > MAX_CHANNELS && oldest !== undefined) histories.delete(oldest);
  return history;
}
