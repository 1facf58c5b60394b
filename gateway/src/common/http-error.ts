import { STATUS_CODES } from 'node:http';
import { ERROR_CODES, type ErrorCode } from './errors.ts';

/** What every error is answered with, by HTTP. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string };
}

export function errorBody(code: ErrorCode, message: string): ErrorBody {
  return { error: { code, message } };
}

/** The whole answer to a request that no HTTP server of ours answers, such as one that opens a WebSocket; the connection ends with it. */
export function rawErrorAnswer(
  status: number,
  code: ErrorCode,
  message: string,
  headers: readonly string[] = [],
): string {
  const body = JSON.stringify(errorBody(code, message));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** The error in the body of an answer; undefined where it is none of ours. */
export function errorIn(body: unknown): ErrorBody['error'] | undefined {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: Record<string, unknown> };
  const { code, message } = error ?? {};
  if (typeof code !== 'string' || !Object.hasOwn(ERROR_CODES, code) || typeof message !== 'string') return undefined;
  return { code: code as ErrorCode, message };
}
