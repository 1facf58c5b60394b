import type { NatsConnection } from '@nats-io/transport-node';
import { Feed, type FeedParts } from './feed.ts';
import { openStream, type StreamLimits, type StreamState } from './stream.ts';

/** What has the stream of kept messages. */
export interface Engine {
  open(connection: NatsConnection, prefix: string, limits: StreamLimits): Promise<StreamState>;
  /** Reads it in its order; see `Feed`. */
  feed(parts: FeedParts): Pick<Feed, 'follow' | 'stop'>;
}

/** JetStream of the NATS servers. */
export const JETSTREAM: Engine = { open: openStream, feed: (parts) => new Feed(parts) };
