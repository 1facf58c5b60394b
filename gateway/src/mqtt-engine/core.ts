import type { Duplex } from 'node:stream';
import type { Brought } from '../transports/wire.ts';

/** A connection of which the first bytes were read. */
export interface NewConnection {
  readonly stream: Duplex;
  /** What was read of it; may be empty. */
  readonly head: Buffer;
  /** Its address, with its port. */
  readonly peer: string;
  readonly brought: Brought;
}

/** What speaks MQTT with some of the clients. */
export interface Core {
  accept(connection: NewConnection): void;
  /** Ends every connection; resolves when they have closed, or soon after. */
  close(): Promise<void>;
}
