import type { NatsConnection } from '@nats-io/transport-node';
import { codeOf, makeWhereRoom } from '../servers.ts';

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
/** Of JetStream's answers: there is no such stream. */
const NO_STREAM = 10059;

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
  const kinds = { retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old };
  const made = await makeWhereRoom(connection, maxBytes, ({ replicas, bytes }) =>
    manager.streams.add({
      ...{ name, ...settings, ...kinds, max_bytes: bytes, num_replicas: replicas, allow_direct: true },
    }),
  );
  return stateOf(made);
}

function stateOf({ created, state }: { created: string; state: { first_seq: number; last_seq: number } }): StreamState {
  return { created, firstSequence: state.first_seq, lastSequence: state.last_seq };
}
