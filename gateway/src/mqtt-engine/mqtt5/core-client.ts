import type { ErrorCode } from '../../common/errors.ts';
import type { ConnectPacket } from '../codec/packets.ts';
import type { ReasonCode } from '../codec/reason-codes.ts';
import type { EngineSession } from '../contract.ts';
import type { Outgoing } from '../delivery/outgoing.ts';
import type { CoreParts } from '../delivery/parts.ts';
import type { Resident } from '../delivery/residence.ts';
import type { Connection } from './connection.ts';

/** One client, as the parts of its session see it. */
export interface CoreClient<S extends EngineSession> extends Resident<S> {
  readonly parts: CoreParts<S>;
  readonly connection: Connection;
  readonly outgoing: Outgoing;
  /** It is looked whether it may come in. */
  readonly isWaiting: boolean;
  /** A bridge of mosquitto at MQTT 3: it does not get what it sent, and sees what was published to be retained. */
  readonly isBridge: boolean;
  session: S | undefined;
  /** It came back to a session that was there (session present). */
  isResumed: boolean;
  /** How often it is to be heard of, in milliseconds; 0: never. */
  keepAliveMs: number;
  /** Whether it takes a packet of so many bytes. */
  takes(bytes: number): boolean;
  /** The packet that is made with a reason string, where the client wants one, and takes a packet as long as that; else the one without. */
  explained(why: string | undefined, make: (why: string | undefined) => Buffer): Buffer;
  /** Tells the log what it did; `what` ends a sentence that begins with who it is. */
  report(code: ErrorCode, what: string): void;
  /** Refuses it. `code`: by its version; `why`: part of a sentence. */
  refuse(code: number, why: string): void;
  /** Ends the connection because of what it did, and tells the log. */
  fail(reason: ReasonCode, what: string, code?: 'PEER_TOO_LARGE'): void;
  /** Ends the connection because of a fault of ours. */
  broken(error: unknown): void;
  /** It is let in: from now on it gets messages, and may send. */
  join(packet: ConnectPacket): void;
}
