import type { Principal } from '../../access/principal.ts';
import type { Brought } from '../../transports/wire.ts';

/** What a frame link may do to its connection; transports implement it, tests imitate it. */
export interface FrameWire extends Brought {
  /** Where the peer is, for logs: `127.0.0.1:50312`, or a serial port's path. */
  readonly peer: string;
  /** Set where bytes may be damaged on the way: faults are noise then, and never end the link. */
  readonly noisy?: boolean;
  /** It is a cable: who is plugged in needs no other proof. */
  readonly isCable?: boolean;
  /** The one device id that may say Hello here, where the transport knows it. */
  readonly deviceId?: string;
  /** Who the connection that carries the frames belongs to, where that has been asked for its credentials: they are the device's too. */
  readonly carrier?: Principal;
  /** Queues one frame, framing it as the transport does. False: the queue is full and nothing was queued. */
  write(frame: Uint8Array): boolean;
  /** Ends the connection after what is queued. A transport that carries more than frames may go on without them. */
  end(): void;
  /**
   * Called when a valid Hello has come, before its device joins: another session that this connection has under the id
   * gives it up now.
   */
  yieldId?(deviceId: string): void;
}
