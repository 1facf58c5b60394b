/** One connection of a device. */
export interface Connection {
  /** Sends one frame. False: there is no room now, and nothing was sent. */
  send(frame: Uint8Array): boolean;
  /** Reads nothing any more until `resume`, so that the gateway sees a slow reader. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Ends it without a goodbye; `closed` follows, unless it was called. */
  close(): void;
}

/** Is told what becomes of a connection. */
export interface ConnectionHandler {
  /** It carries frames now. */
  open(): void;
  /** One frame came, whole. */
  frame(bytes: Uint8Array): void;
  /** What could not be sent may be tried again. */
  drain(): void;
  /**
   * It is over, or never came to be; called once, never from within `connect`. `isRefused`: a gateway is there, and said no.
   */
  closed(reason: string, isRefused?: boolean): void;
}

/** A way to the gateway. */
export interface Transport {
  /** How it is called, for people. */
  readonly address: string;
  /**
   * Begins a connection of one device; `open` or `closed` tells what becomes of it. `secret`: the token or the pairing code of the device, for
   * transports that have credentials of their own.
   */
  connect(deviceId: string, handler: ConnectionHandler, secret?: string): Connection;
  /** Ends what it has of its own. */
  stop(): Promise<void>;
}

/** A device that reads and writes no faster than the wire leaves this much for the system's buffers, in bytes. */
export const MAX_BUFFERED_BYTES = 256 * 1024;
