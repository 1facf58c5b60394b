import type { NatsConnection } from '@nats-io/transport-node';
import type { Engine } from '../../../../src/integrations/nats/kept/engine.ts';
import type { FeedParts } from '../../../../src/integrations/nats/kept/feed.ts';

interface Stored {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly timestampMs: number;
}

interface OnItsWay {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string;
}

/** The stream of the servers, in memory. */
export class Stream {
  readonly messages: Stored[] = [];
}

/**
 * One gateway's link to the stream. What it publishes, what is acknowledged and what it reads comes through only where a test says so, and is lost
 * with the link, as it is by NATS.
 */
export class Line {
  isUp = false;
  readonly maxPayload = 1024 * 1024;
  readonly connection = { info: { max_payload: this.maxPayload } } as NatsConnection;
  readonly engine: Engine;
  readonly #stream: Stream;
  readonly #now: () => number;
  #out: OnItsWay[] = [];
  #answers: { subject: string; payload: Uint8Array }[] = [];
  #take: (payload: Uint8Array, subject: string) => void = () => {};
  #reader: { parts: FeedParts; next: number; end: () => void } | undefined;

  constructor(stream: Stream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
    this.engine = {
      open: async () => ({ created: 'once', firstSequence: 1, lastSequence: stream.messages.length }),
      feed: (parts) => ({
        follow: () =>
          new Promise((resolve) => {
            this.#reader = { parts, next: parts.from() + 1, end: resolve };
          }),
        stop: () => this.#endReading(),
      }),
    };
  }

  /** All that it has to do is done. */
  get isIdle(): boolean {
    const isRead = this.#reader !== undefined && this.#reader.next > this.#stream.messages.length;
    return this.#out.length === 0 && this.#answers.length === 0 && isRead;
  }

  publish(subject: string, payload: Uint8Array, reply = ''): boolean {
    if (this.isUp) this.#out.push({ subject, data: Buffer.from(payload), reply });
    return this.isUp;
  }

  subscribe(_subject: string, take: (payload: Uint8Array, subject: string) => void): () => void {
    this.#take = take;
    return () => {
      this.#take = () => {};
    };
  }

  async request(): Promise<undefined> {
    return undefined;
  }

  serve(): () => void {
    return () => {};
  }

  /** So many published messages come to the stream. `isRefused`: the first of them does not, as there is no leader. */
  arrive(count: number, isRefused = false): void {
    for (const [index, { subject, data, reply }] of this.#out.splice(0, count).entries()) {
      const isKept = !(isRefused && index === 0);
      if (isKept) this.#stream.messages.push({ subject, data, timestampMs: this.#now() });
      this.#answers.push({ subject: reply, payload: isKept ? Buffer.from('{"seq":1}') : Buffer.alloc(0) });
    }
  }

  /** So many acknowledgements come back, the last of them first where they overtake one another. */
  acknowledge(count: number, isReversed = false): void {
    const answers = this.#answers.splice(0, count);
    if (isReversed) answers.reverse();
    for (const { payload, subject } of answers) this.#take(payload, subject);
  }

  /** So many messages are read. */
  read(count: number): void {
    for (let left = count; left > 0; left--) {
      const reader = this.#reader;
      const stored = reader && this.#stream.messages[reader.next - 1];
      if (reader === undefined || stored === undefined) return;
      const { subject, data, timestampMs } = stored;
      const seq = reader.next++;
      reader.parts.take({ seq, subject, data: Buffer.from(data), timestampMs, pending: 0 });
    }
  }

  /** The link is gone, and what was under way with it. */
  drop(): void {
    this.isUp = false;
    this.#out = [];
    this.#answers = [];
    this.#endReading();
  }

  #endReading(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.end();
  }
}
