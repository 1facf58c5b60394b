import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { badHttpOf, type HttpSocket } from '../../src/common/bad-http.ts';

function fault(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** A stream that has what is looked at of a socket. */
function socket(parts: object = {}): HttpSocket {
  return Object.assign(new PassThrough(), parts) as object as HttpSocket;
}

it.each([
  ['HPE_INVALID_EOF_STATE', 400, 'PEER_GONE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'PEER_TIMEOUT'],
  ['HPE_HEADER_OVERFLOW', 431, 'PEER_TOO_LARGE'],
  ['HPE_INVALID_METHOD', 400, 'PEER_MALFORMED'],
])('tells what is wrong with a request: %s', (code, status, errorCode) => {
  expect(badHttpOf(fault(code), socket())).toEqual({ status, code: errorCode });
});

it('ends a connection that cannot be answered any more, and says nothing of it', () => {
  const gone = socket();
  expect(badHttpOf(fault('ECONNRESET'), gone)).toBeUndefined();
  expect(gone.destroyed).toBe(true);
  const answered = socket({ _httpMessage: { headersSent: true } });
  expect(badHttpOf(fault('HPE_INVALID_METHOD'), answered)).toBeUndefined();
  expect(answered.destroyed).toBe(true);
});
