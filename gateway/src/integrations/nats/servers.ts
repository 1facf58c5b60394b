import type { KV, KvOptions } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

/** What the servers are asked for. */
export interface Room {
  /** On how many servers it is. */
  readonly replicas: number;
  readonly bytes: number;
}

/** Servers that have less room are asked for half, and so on, down to this. */
const LEAST_BYTES = 16 * 1024 * 1024;
/** JetStream's numbers for errors: not so many servers; no room. */
const NOT_ENOUGH_SERVERS: readonly unknown[] = [10005, 10074];
const NO_ROOM: readonly unknown[] = [10023, 10028, 10047];
/** For a revision that is not the last one: one is for a change that is still on its way through the cluster. */
const WRONG_REVISION: readonly unknown[] = [10071, 10164];

/** On how many servers of a cluster streams and buckets are kept. */
export const COPIES = 3;

/** On how many servers streams and buckets are to be kept: on several where they are a cluster. */
export function copiesFor(connection: NatsConnection): number {
  return connection.info?.cluster === undefined ? 1 : COPIES;
}

function isTooFewServers(error: unknown): boolean {
  return NOT_ENOUGH_SERVERS.includes(codeOf(error));
}

/** The number that JetStream has for an error; undefined where it is of another kind. */
export function codeOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

/** Whether the servers refused a change as what it replaces is another by now. */
export function isConflict(error: unknown): boolean {
  return WRONG_REVISION.includes(codeOf(error));
}

/**
 * Makes something on the servers, with one copy where there are less than three of them: of `maxBytes`, or of what they have room for. Throws what
 * else they answer.
 */
export async function makeWhereRoom<T>(
  connection: NatsConnection,
  maxBytes: number,
  make: (room: Room) => Promise<T>,
): Promise<T> {
  let bytes = maxBytes;
  let replicas = copiesFor(connection);
  for (;;) {
    try {
      return await make({ replicas, bytes });
    } catch (error) {
      if (isTooFewServers(error) && replicas > 1) replicas = 1;
      else if (NO_ROOM.includes(codeOf(error)) && bytes > LEAST_BYTES) bytes = Math.floor(bytes / 2);
      else throw error;
    }
  }
}

/** Makes a bucket that needs no room to speak of. Throws what the servers answer. */
export async function makeSmallBucket(
  connection: NatsConnection,
  name: string,
  options: Omit<Partial<KvOptions>, 'replicas' | 'max_bytes'>,
): Promise<KV> {
  const { Kvm } = await import('@nats-io/kv');
  const manager = new Kvm(connection);
  return await makeWhereRoom(connection, 0, ({ replicas }) => manager.create(name, { ...options, replicas }));
}
