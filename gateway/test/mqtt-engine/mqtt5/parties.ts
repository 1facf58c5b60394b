import type { ConnectPacket } from '../../../src/mqtt-engine/codec/packets.ts';
import type { Got } from '../conformance/packets.ts';

/** Something that must not happen. */
export class Violation extends Error {}

/** One filter that a session was granted. */
export interface Granted {
  readonly qos: number;
  readonly noLocal: boolean;
}

/** What a client's session must be by what was said, from when it has none until it has another one. */
export class SessionModel {
  readonly filters = new Map<string, Granted>();
  /** The messages of QoS 2 that its client has sent and not released, by packet id. */
  readonly unreleased = new Map<number, string>();
  /** How often each message came, and the QoS at which it did. */
  readonly came = new Map<string, number>();
  /** Those whose end both ends know, and those of QoS 2 whose receipt they do. */
  readonly over = new Set<string>();
  readonly confirmed = new Set<string>();
  /** What must come, sooner or later. */
  readonly expected = new Set<string>();
  /** Its client does not take everything. */
  isLossy = false;
  expiryMs = 0;
  /** undefined: its client is here. */
  leftMs: number | undefined;
  /** The connection that its client has, or had last. */
  caller = 0;
}

/** One connection, as far as what it says and gets is counted. */
export interface Speaker {
  readonly number: number;
  readonly id: string;
  readonly connect: ConnectPacket | undefined;
  readonly connack: Got | undefined;
  readonly session: SessionModel | undefined;
  readonly acknowledged: string[];
  /** Where it has not read for a while, what it reads then may have been written before anything else happened. */
  readonly line: { readonly wasStalled: boolean };
  /** The message of QoS 1 that it has sent under a packet id. */
  tokenOf(id: number): string | undefined;
  /** Counts a message that came to it. */
  came(token: string): number;
}

/** The first word of a payload, which is another for each message. */
export function tokenOf(text: string): string {
  const end = text.indexOf(' ');
  return end < 0 ? text : text.slice(0, end);
}
