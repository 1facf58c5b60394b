import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { isConflict, makeWhereRoom } from '../servers.ts';

/** What a bucket has last at a key; without bytes: it was removed by the servers, or by somebody else. */
export interface KeyEntry {
  readonly sequence: number;
  readonly data: Uint8Array;
  /** When the servers took it, in milliseconds since 1970 by their clock. */
  readonly timestampMs: number;
}

/** Where gateways write what all of them know by keys. */
export interface Keys {
  read(key: string): Promise<KeyEntry | undefined>;
  /**
   * Writes a value in place of the one of the sequence `after`, 0 for none; the servers remove it after `ttlMs`. Resolves to its sequence, or to
   * undefined where another one is there by now.
   */
  write(
    key: string,
    data: Uint8Array,
    options: { after: number; ttlMs?: number | undefined },
  ): Promise<number | undefined>;
}

/** How long it is remembered that a gateway removed a value; whoever was away for longer compares all. */
export const REMOVED_MS = 7 * 24 * 60 * 60 * 1000;
/** How long it is told that a value was removed as its time was over. */
const MARKER_MS = 60_000;
/** How much a bucket holds, where the servers have the room. */
const MOST_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 5000;

/** A key-value bucket in files of the servers, which is read as the stream that it is, from any of its sequences on. */
export class KeyBucket implements Keys {
  /** Of its stream. */
  readonly stream: string;
  /** Tells it from another one that took its place. */
  readonly created: string;
  readonly #begin: string;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  /** The servers' clock when it was opened, in milliseconds since 1970. */
  readonly openedMs: number;

  private constructor(
    name: string,
    client: JetStreamClient,
    manager: JetStreamManager,
    info: { created: string; ts: string },
  ) {
    this.stream = `KV_${name}`;
    this.#begin = `$KV.${name}.`;
    this.#client = client;
    this.#manager = manager;
    this.created = info.created;
    this.openedMs = Date.parse(info.ts);
  }

  /** Makes the bucket where there is none. Throws what the servers answer where they do not let this gateway. */
  static async open(connection: NatsConnection, name: string): Promise<KeyBucket> {
    const [{ Kvm }, { jetstream, jetstreamManager }] = await Promise.all([
      import('@nats-io/kv'),
      import('@nats-io/jetstream'),
    ]);
    const kinds = { history: 1, markerTTL: MARKER_MS, storage: 'file' as const };
    await makeWhereRoom(connection, MOST_BYTES, ({ replicas, bytes }) =>
      new Kvm(connection).create(name, { ...kinds, replicas, max_bytes: bytes }),
    );
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS });
    const { created, ts } = await manager.streams.info(`KV_${name}`);
    return new KeyBucket(name, jetstream(connection), manager, { created, ts: ts ?? '' });
  }

  /** The key of a subject of the stream. */
  keyOf(subject: string): string {
    return subject.slice(this.#begin.length);
  }

  /** Whether there is anything behind a sequence. */
  async hasMore(sequence: number): Promise<boolean> {
    const query = { seq: sequence + 1, next_by_subj: `${this.#begin}>` };
    return (await this.#manager.streams.getMessage(this.stream, query)) !== null;
  }

  /** The keys that begin with these levels; all of them without any. */
  async keys(begin?: string): Promise<string[]> {
    const filter = this.#begin + (begin === undefined ? '>' : `${begin}.>`);
    const { state } = await this.#manager.streams.info(this.stream, { subjects_filter: filter });
    return Object.keys(state.subjects ?? {}).map((subject) => this.keyOf(subject));
  }

  async read(key: string): Promise<KeyEntry | undefined> {
    const found = await this.#manager.streams.getMessage(this.stream, { last_by_subj: this.#begin + key });
    return found === null ? undefined : { sequence: found.seq, data: found.data, timestampMs: found.time.getTime() };
  }

  async write(key: string, data: Uint8Array, { after, ttlMs }: { after: number; ttlMs?: number | undefined }) {
    try {
      const { seq } = await this.#client.publish(this.#begin + key, data, {
        ...{ expect: { lastSubjectSequence: after }, timeout: TIMEOUT_MS },
        ...(ttlMs === undefined ? {} : { ttl: `${Math.max(1, Math.ceil(ttlMs / 1000))}s` }),
      });
      return seq;
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }
}
