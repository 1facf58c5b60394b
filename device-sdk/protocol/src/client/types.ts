import type { Value } from '../value.ts';
import type { OfferedFile } from './file-types.ts';

/** A connection that carries frames: a WebSocket, a serial line behind SLIP, an MQTT client. */
export interface FrameClientLink {
  /** Sends one frame, whole. False: there is no room now, and nothing was sent. The bytes may be kept. */
  send(frame: Uint8Array): boolean;
  /**
   * The client has no use for the link any more, or takes it as lost; it does not touch it again. Whoever owns it ends it where
   * it can be ended, and hands in the next one by `linkUp`; a serial port may be handed in again.
   */
  close(): void;
}

/** Time and timers. */
export interface FrameClientClock {
  /** Milliseconds from any start; should never jump, as `performance.now` does not. */
  now(): number;
  /** Calls `run` once after `delayMs`. Returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** Where a client keeps its token, so that it has it after a restart. */
export interface TokenMemory {
  /** The token that is stored; undefined if there is none. */
  load(): string | undefined;
  /** Stores a token in place of any before. Throws or rejects if it cannot. */
  store(token: string): void | Promise<void>;
}

/** How a client gets a token of its own (SPEC.md, section 19), in place of a user and a password. */
export interface FrameClientPairing {
  memory: TokenMemory;
  /** Six digits that `crosscomm pair` shows; tried once, where there is no token or it is refused. */
  code?: string;
}

/** What a FrameClient needs; only `deviceId`, `clock` and `random` have no default. */
export interface FrameClientOptions {
  /** The client id, 1 to 255 bytes of UTF-8. */
  deviceId: string;
  clock: FrameClientClock;
  /** A random number from 0 to less than 1, for the boot id and the jitter of waits. */
  random: () => number;
  /** 1 to 2^32-1, another one for each client of this id. Default: random. */
  bootId?: number;
  /** The largest frame that is taken, in bytes of CBOR, 48 to 2^32-1. Default 65,535. */
  maxFrame?: number;
  /** How many bytes the gateway may have on the way unacknowledged. Default 131,072. */
  window?: number;
  /** A sum of CAPABILITIES. Default: receipts, and files where the handler takes them. */
  capabilities?: number;
  user?: string;
  password?: string;
  /** In place of `user` and `password`. */
  pairing?: FrameClientPairing;
  /** The most that waits for the gateway, in bytes. Default 1 MiB. */
  maxQueueBytes?: number;
  /** The most content in one chunk of a file, in bytes: small for a line with noise. Default 8,192. */
  fileChunkBytes?: number;
}

/**
 * `offline`: no link. `greeting`: a link, and no Welcome yet. `online`: welcome. `stopped`: over for good, by `stop` or because
 * the gateway will never take it.
 */
export type FrameClientState = 'offline' | 'greeting' | 'online' | 'stopped';

/** What became of something that was sent at least once. */
export interface Outcome {
  /** One of CODES; 0 where the gateway took it and refused nothing. */
  code: number;
  /** How many recipients have it in their queue; undefined where no receipt said so. */
  delivered: number | undefined;
}

/** The answer to a call. */
export interface CallResult {
  /** One of CODES; 0 where the call succeeded. */
  code: number;
  value: Value;
  /** For a person; mostly empty. */
  text: string;
}

/** The answer to `listClients`. */
export interface ListResult {
  /** One of CODES; 0 where the list is whole. */
  code: number;
  clients: { id: string; online: boolean }[];
}

/** A message that came. */
export interface IncomingMessage {
  /** The channel as it was subscribed to, or its name where there is no subscription for it alone; null for the inbox. */
  channel: string | null;
  value: Value;
  /** The sender's client id; null where it is the gateway. */
  from: string | null;
  /** One of MESSAGE_KINDS: `json` where the sender sent JSON text, whatever the value looks like; with the capability `kinds`. */
  kind: number;
}

/** What the gateway says of a description. */
export interface DescribeOutcome {
  /** One of CODES: 0 where it is taken, `not_supported` where the gateway knows no descriptions. */
  code: number;
  /** Where in the description something is wrong, or empty. */
  text: string;
}

/** The answer to `keep`. */
export interface KeptValue {
  channel: string;
  key: string;
  /** The last value that anybody set; undefined where the gateway keeps none. */
  value: Value | undefined;
}

/** A call of a function that this client offers. Answer it once, by `reply` or `fail`; further answers are ignored. */
export interface IncomingCall {
  function: string;
  args: Value;
  channel: string | null;
  /** The caller's client id. */
  from: string | null;
  /** Answers the call with this value. */
  reply(value: Value): void;
  /** `code`: one of CODES; mostly `no_function` or `call_failed`. */
  fail(code: number, text?: string): void;
}

/** An Error frame. */
export interface FrameClientError {
  /** One of CODES, or one of a later version. */
  code: number;
  text: string;
  about: readonly Value[];
}

/** What a FrameClient tells. All may be left out. An exception goes through to the caller of `receive` and harms nothing. */
export interface FrameClientHandler {
  /** The state changed; called after the change. */
  state?(state: FrameClientState): void;
  /** A message came. */
  message?(message: IncomingMessage): void;
  /** What the gateway keeps of a field that it was asked to keep: in each session once or more, before any later message. */
  kept?(value: KeptValue): void;
  /** Without it, calls to the client itself are answered with `no_function`. */
  call?(call: IncomingCall): void;
  /** A file was offered. Without it, files come as messages, whose values tell of them. */
  file?(file: OfferedFile): void;
  /** An Error came: after a refused Hello, why; else what the gateway could not do. */
  error?(error: FrameClientError): void;
  /** Bytes came that are no frame, or that use a number which nobody declared; they were dropped. */
  fault?(error: Error): void;
}
