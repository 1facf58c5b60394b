import type { Socket } from 'node:net';
import type { ErrorCode } from '../common/errors.ts';
import { rawErrorAnswer } from '../common/http-error.ts';

/** Answers by HTTP why a connection, or what it asks for, is refused, and ends it when that is written. */
export function turnAway(
  socket: Socket,
  status: number,
  code: ErrorCode,
  sentence: string,
  headers: readonly string[] = [],
): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(rawErrorAnswer(status, code, sentence, headers));
}
