import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { isConflict, makeSmallBucket } from '../servers.ts';

/** Where gateways write which clients they have. What changes an entry names the revision that it replaces, 0 for none. */
export interface ClientBucket {
  /** Resolves to the new revision, or undefined where the entry is another by now. */
  write(key: string, value: Uint8Array, revision: number): Promise<number | undefined>;
  /** Resolves to false where the entry is another by now. */
  remove(key: string, revision: number): Promise<boolean>;
  /** `value` is undefined where the entry was removed. */
  read(key: string): Promise<{ revision: number; value: Uint8Array | undefined } | undefined>;
}

/** How long it is remembered that an entry was removed. */
const MARKER_MS = 60_000;

/** Opens the bucket, which is in the servers' memory: every gateway writes again what it has. */
export async function openBucket(connection: NatsConnection, name: string): Promise<KV> {
  return await makeSmallBucket(connection, name, { history: 1, markerTTL: MARKER_MS, storage: 'memory' });
}

/** The bucket as it is written to. */
export function clientBucket(bucket: KV): ClientBucket {
  return {
    async write(key, value, revision) {
      try {
        return revision === 0 ? await bucket.create(key, value) : await bucket.update(key, value, revision);
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },
    async remove(key, revision) {
      try {
        await bucket.purge(key, { previousSeq: revision, ttl: `${MARKER_MS / 1000}s` });
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
    async read(key) {
      const entry = await bucket.get(key);
      if (entry === null) return undefined;
      return { revision: entry.revision, value: entry.operation === 'PUT' ? entry.value : undefined };
    },
  };
}
