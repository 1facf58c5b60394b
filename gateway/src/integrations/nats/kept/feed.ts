import type { ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';

export interface FeedParts {
  clock: Clock;
  /** The stream. */
  name: string;
  /** Where to begin: behind the last sequence that was seen; asked each time. */
  from(): number;
  take(message: FeedMessage): void;
  /** Resolves when what was taken so far is on disk. */
  ready(): Promise<unknown>;
}

/** A message of the stream. */
export interface FeedMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  /** When the server took it, in milliseconds since 1970 by its clock. */
  readonly timestampMs: number;
  /** How many there are behind it. */
  readonly pending: number;
}

const HEARTBEAT_MS = 2000;
const EXPIRES_MS = 30_000;
const MAX_MESSAGES = 1000;
/** After how many messages the disk is waited for. */
const BATCH = 250;
/** A consumer that nobody asks is taken away by the servers. */
const INACTIVE_NS = 30e9;

/**
 * Reads a stream in its order, by an ordered consumer that is made for it: from a place that is ours, as a consumer of the servers forgets it, and
 * a durable one may hand its messages out in another order after a break. Where it falls silent, `follow` ends, to be called again.
 */
export class Feed {
  readonly #parts: FeedParts;
  #messages: ConsumerMessages | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Resolves when nothing comes any more; rejects where it cannot begin. */
  async follow(connection: NatsConnection): Promise<void> {
    const { jetstream, DeliverPolicy } = await import('@nats-io/jetstream');
    const { name, take, ready, from } = this.#parts;
    const consumer = await jetstream(connection).consumers.get(name, {
      ...{ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from() + 1, inactive_threshold: INACTIVE_NS },
    });
    const settings = { max_messages: MAX_MESSAGES, idle_heartbeat: HEARTBEAT_MS, expires: EXPIRES_MS };
    const messages = await consumer.consume(settings);
    this.#messages = messages;
    void this.#watch(messages);
    let taken = 0;
    let written: Promise<unknown> | undefined;
    for await (const message of messages) {
      if (this.#messages !== messages) break;
      const { seq, subject, data, info } = message;
      take({ seq, subject, data, timestampMs: info.timestampNanos / 1e6, pending: info.pending });
      if (++taken % BATCH !== 0) continue;
      // What the batch before it left is on disk, while this one is written.
      await written;
      written = ready();
    }
    messages.stop();
  }

  /** Ends `follow`. */
  stop(): void {
    const messages = this.#messages;
    this.#messages = undefined;
    messages?.stop();
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      const { type } = status;
      const isOver = type === 'consumer_deleted' || type === 'consumer_not_found' || type === 'stream_not_found';
      if (isOver || (type === 'heartbeats_missed' && status.count >= 2)) messages.stop();
    }
  }
}
