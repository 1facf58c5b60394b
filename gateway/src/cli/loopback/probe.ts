/** A client of one listener that tries whether messages pass. */
export interface Probe {
  /** The configuration key of the listener. */
  readonly listener: string;
  /** Where it listens, for people: `127.0.0.1:1883`. */
  readonly address: string;
  /** Joins and subscribes; rejects with an Error that says why it could not. */
  open(): Promise<Ear>;
}

/** A client that has joined and subscribed. */
export interface Ear {
  /** Sends a text to the channel that all probes subscribe to. */
  send(mark: string): void;
  /** Whether such a text has come. */
  hasHeard(mark: string): boolean;
  close(): void;
}

/** How a client proves itself, and what it is called. */
export interface ProbeIdentity {
  id: string;
  channel: string;
  account?: string | undefined;
  secret?: string | undefined;
}

/** How long a client may take to join. */
export const JOIN_MS = 5000;
/** How much of what comes is kept to look for a text: a client that is let in may be sent retained messages first. */
const MOST_HEARD = 1_000_000;

/** What has come by one connection. */
export class Heard {
  #text = '';
  #waiting: (() => void) | undefined;
  #fault: Error | undefined;

  /** A byte becomes a character, so that what is not text is found as well. */
  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('latin1')).slice(-MOST_HEARD);
    this.#waiting?.();
  }

  /** Nothing more will come. */
  end(fault: Error): void {
    this.#fault ??= fault;
    this.#waiting?.();
  }

  has(text: string): boolean {
    return this.#text.includes(text);
  }

  /** What `find` makes of all that has come, once that is not undefined. Rejects when nothing more comes, or after a time. */
  async until<T>(find: (text: string) => T | undefined): Promise<T> {
    const deadline = AbortSignal.timeout(JOIN_MS);
    for (;;) {
      const found = find(this.#text);
      if (found !== undefined) return found;
      if (this.#fault !== undefined) throw this.#fault;
      if (deadline.aborted) throw new Error('it does not answer');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
