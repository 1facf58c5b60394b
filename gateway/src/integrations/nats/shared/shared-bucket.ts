import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { type ClientBucket, clientBucket } from '../clients/bucket.ts';
import { makeSmallBucket } from '../servers.ts';

/** How it stands with a bucket. */
export interface BucketStatus {
  /** Tells it from another one that took its place. */
  readonly created: string;
  /** The servers' clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** How many entries it has, and the revision of the last change. */
  readonly values: number;
  readonly lastRevision: number;
}

/** What a watch brings: first all that there is, then each change. */
export interface Watched {
  readonly key: string;
  /** undefined: the entry was removed by no gateway. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
  /** When the servers took it, milliseconds since 1970 by their clock. */
  readonly writtenMs: number;
  /** Nothing else is there but what is changed later. */
  readonly isLast: boolean;
}

/** Where gateways tell one another of what all of them share. */
export interface SharedBucket extends Pick<ClientBucket, 'read' | 'write'> {
  status(): Promise<BucketStatus>;
  watch(): Promise<AsyncIterable<Watched> & { stop(): void }>;
  /** Removes an entry without a trace; a later one than of this revision stays. */
  erase(key: string, revision: number): Promise<void>;
}

/** Makes the bucket, in files of the servers, where there is none. Throws what they answer. */
export async function openSharedBucket(connection: NatsConnection, name: string): Promise<SharedBucket> {
  const bucket = await makeSmallBucket(connection, name, { history: 1 });
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const { read, write } = clientBucket(bucket);
  return {
    ...{ read, write },
    async status() {
      const { values, streamInfo } = await bucket.status();
      const { created, ts, state } = streamInfo;
      return { created, nowMs: Date.parse(ts ?? created), values, lastRevision: state.last_seq };
    },
    watch: () => watchOf(bucket),
    async erase(key, revision) {
      await manager.streams.purge(`KV_${name}`, { filter: `$KV.${name}.${key}`, seq: revision + 1 });
    },
  };
}

async function watchOf(bucket: KV): Promise<AsyncIterable<Watched> & { stop(): void }> {
  const watch = await bucket.watch();
  return {
    stop: () => watch.stop(),
    async *[Symbol.asyncIterator]() {
      for await (const { key, value, operation, revision, created, delta, isUpdate } of watch) {
        const isLast = delta === 0 || isUpdate;
        yield { key, revision, isLast, writtenMs: created.getTime(), value: operation === 'PUT' ? value : undefined };
      }
    },
  };
}
