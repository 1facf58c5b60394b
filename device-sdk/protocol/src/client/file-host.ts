import type { FileFrameInit } from '../frame.ts';
import type { FrameClientClock } from './types.ts';

/** What a transfer needs of its client. */
export interface FileHost {
  readonly clock: FrameClientClock;
  /** Sends a bare frame now. False: not online, or no room. */
  send(frame: FileFrameInit): boolean;
  /** Sends a frame with a number, across lost links. */
  deliver(frame: FileFrameInit): void;
  /** The most content that a chunk may have, bytes. */
  chunkBytes(): number;
}

/** One transfer, as its client drives it. */
export interface RunningTransfer {
  /** A session has begun or goes on: says again what it waits with. */
  online(): void;
  /** The link is gone. */
  offline(): void;
  /** It is over for this reason; says nothing to the gateway. */
  end(code: number, text?: string): void;
}
