import type { ErrorCode } from '../../common/errors.ts';
import type { LeaveReason } from '../../hub/session.ts';
import { PacketFault } from '../codec/packet-fault.ts';

/** What a connection that aedes ended is told to have done. */
export interface Fault {
  code: ErrorCode;
  /** Ends a sentence that begins with who it is. */
  what: string;
  /** Why its session ends; undefined where that stays as it is. */
  reason?: LeaveReason;
}

/** What aedes says of writes that a connection which is gone has left. */
const GONE = 'connection closed';
/** What Node says of a stream that was destroyed before its end. */
const CUT = 'Premature close';

/** True where the error only says that the connection is gone. `isDestroyed`: the gateway knows that already. */
export function isGoneError({ message }: Error, isDestroyed: boolean): boolean {
  return message === GONE || (isDestroyed && message === CUT);
}

/** What the error means with which aedes ended a connection; `handshakeTimeoutMs` is how long it waited for a CONNECT. */
export function faultOf(error: Error, handshakeTimeoutMs: number): Fault {
  const { message } = error;
  if (error instanceof PacketFault) return { code: error.code, what: message, reason: 'error' };
  switch (message) {
    case 'keep alive timeout': {
      const what = 'sent nothing for one and a half of its keep-alive times and was disconnected';
      return { code: 'PEER_TIMEOUT', what, reason: 'timeout' };
    }
    case 'connect did not arrive in time':
      return { code: 'PEER_TIMEOUT', what: `sent no CONNECT for ${handshakeTimeoutMs} ms`, reason: 'timeout' };
    case 'unacceptable protocol version': {
      const what = 'speaks MQTT 5, the gateway speaks 3.1.1 and 3.1; set the version to 3.1.1';
      return { code: 'PEER_MALFORMED', what };
    }
    default:
      break;
  }
  if (isOfDisk(error)) {
    const what = `was disconnected, as what it sent could not be written: ${message}`;
    return { code: 'DATA_DIR_UNUSABLE', what, reason: 'error' };
  }
  return { code: 'PEER_MALFORMED', what: `was disconnected for a fault in what it sent: ${message}`, reason: 'error' };
}

function isOfDisk({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('LEVEL_') || code === 'ENOSPC' || code === 'DATA_DIR_UNUSABLE';
}
