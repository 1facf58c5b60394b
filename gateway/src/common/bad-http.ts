import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from './errors.ts';
import { isPeerGone } from './peer-gone.ts';

/** A connection to an HTTP server, with the answer that is being written to it. */
export type HttpSocket = Socket & { _httpMessage?: ServerResponse };

/** What is wrong with a request that Node's HTTP server cannot read. */
export interface BadHttp {
  status: 400 | 408 | 431;
  code: ErrorCode;
}

/** What Node calls a request that ends before its body does. */
export const ENDS_EARLY = 'HPE_INVALID_EOF_STATE';

/**
 * Looks at what a server says with `clientError`. Where nothing can be answered any more, as the other end is gone or an answer has begun, such
 * as an event stream, the connection is destroyed and there is nothing to tell: undefined.
 */
export function badHttpOf(error: NodeJS.ErrnoException, socket: HttpSocket): BadHttp | undefined {
  if (isPeerGone(error) || socket.destroyed || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return undefined;
  }
  switch (error.code) {
    case ENDS_EARLY:
      return { status: 400, code: 'PEER_GONE' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'PEER_TIMEOUT' };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, code: 'PEER_TOO_LARGE' };
    default:
      return { status: 400, code: 'PEER_MALFORMED' };
  }
}
