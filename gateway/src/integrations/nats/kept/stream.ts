import type { NatsConnection } from '@nats-io/transport-node';

/** The bounds of the stream. */
export interface StreamLimits {
  /** How many bytes of messages the servers keep; the oldest are dropped. */
  readonly maxBytes: number;
}

/** What is known of the stream of a cluster. */
export interface StreamState {
  /** Tells it from another one that took its place. */
  readonly created: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** How long the servers keep a message, in nanoseconds: seven days. */
const MAX_AGE_NS = 7 * 24 * 60 * 60 * 1e9;
/** Servers that have less room are asked for half, and so on, down to this. */
const LEAST_BYTES = 16 * 1024 * 1024;
/** Of JetStream's answers: there is no such stream; not so many servers; no room. */
const NO_STREAM = 10059;
const NOT_ENOUGH_SERVERS: readonly number[] = [10005, 10074];
const NO_ROOM: readonly number[] = [10023, 10028, 10047];

/** The name of the stream of kept messages. */
export function streamName(prefix: string): string {
  return `${prefix}1`;
}

/** Makes the stream of kept messages, or gives it its bounds. Throws what the servers answer where they do not let this gateway. */
export async function openStream(
  connection: NatsConnection,
  prefix: string,
  { maxBytes }: StreamLimits,
): Promise<StreamState> {
  const { jetstreamManager, RetentionPolicy, StorageType, DiscardPolicy } = await import('@nats-io/jetstream');
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const name = streamName(prefix);
  const settings = { subjects: [`${prefix}.1.>`], max_age: MAX_AGE_NS, max_bytes: maxBytes };
  const found = await manager.streams.info(name).catch((error: unknown) => {
    if (codeOf(error) === NO_STREAM) return undefined;
    throw error;
  });
  if (found !== undefined) {
    const { config } = found;
    // Less was asked for where the servers have no room for more.
    const isSame = config.max_age === MAX_AGE_NS && config.max_bytes <= maxBytes && config.subjects.length === 1;
    if (isSame && config.max_bytes > 0) return stateOf(found);
    return stateOf(await manager.streams.update(name, settings).catch(() => found));
  }
  let bytes = maxBytes;
  let replicas = connection.info?.cluster === undefined ? 1 : 3;
  for (;;) {
    try {
      const kinds = { retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old };
      const wanted = { name, ...settings, ...kinds, max_bytes: bytes, num_replicas: replicas, allow_direct: true };
      return stateOf(await manager.streams.add(wanted));
    } catch (error) {
      const code = codeOf(error) ?? 0;
      if (NOT_ENOUGH_SERVERS.includes(code) && replicas > 1) replicas = 1;
      else if (NO_ROOM.includes(code) && bytes > LEAST_BYTES) bytes = Math.floor(bytes / 2);
      else throw error;
    }
  }
}

/** The number that JetStream has for an error; undefined where it is of another kind. */
export function codeOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

function stateOf({ created, state }: { created: string; state: { first_seq: number; last_seq: number } }): StreamState {
  return { created, firstSequence: state.first_seq, lastSequence: state.last_seq };
}
