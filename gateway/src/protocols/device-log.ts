/** One line in a device's log. */
export interface LoggedLine {
  /** Milliseconds since 1970. */
  timeMs: number;
  /** `line`: as received. `noise`: not text. `too_long`: thrown away, the text says how long a line may be. */
  kind: 'line' | 'noise' | 'too_long';
  text: string;
}

/** A longer line is kept up to here, so that a log has a size that can be told in advance. */
const MAX_KEPT_LENGTH = 512;

/** The last lines that a device printed beside its messages, for the log. */
export class DeviceLog {
  /** How many lines of each kind came since the gateway started. */
  readonly counts: Record<LoggedLine['kind'], number> = { line: 0, noise: 0, too_long: 0 };
  readonly #maxLines: number;
  readonly #lines: LoggedLine[] = [];
  /** Where the next line goes once the ring is full: the place of the oldest. */
  #next = 0;

  constructor(maxLines = 200) {
    this.#maxLines = maxLines;
  }

  add(kind: LoggedLine['kind'], text: string, timeMs: number): void {
    this.counts[kind]++;
    const line = { timeMs, kind, text: text.length > MAX_KEPT_LENGTH ? `${text.slice(0, MAX_KEPT_LENGTH)}…` : text };
    this.#lines[this.#next] = line;
    this.#next = (this.#next + 1) % this.#maxLines;
  }

  /** The lines that are kept, the oldest first. */
  lines(): LoggedLine[] {
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)].filter(Boolean);
  }
}
