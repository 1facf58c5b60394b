import type { ReasonCode } from './reason-codes.ts';

/** Why a connection must end: something that no client may send. The message ends a sentence that begins with who it is. */
export class PacketFault extends Error {
  /** For the log and its counters. */
  readonly code: 'PEER_MALFORMED' | 'PEER_TOO_LARGE';
  /** For the DISCONNECT, or CONNACK, of MQTT 5. */
  readonly reason: ReasonCode;

  constructor(reason: ReasonCode, message: string, code: PacketFault['code'] = 'PEER_MALFORMED') {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}
