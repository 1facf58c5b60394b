import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

/**
 * Has what the system has read of a socket reach its readers at once. Node's streams look after each piece whether more is to be asked for, in a
 * turn of its own, which a socket does by itself; where many send a little each, that takes as long as what is done with it. Nothing else
 * changes: while the socket is paused, or has no reader yet, what comes waits in its queue as ever.
 */
export function readPromptly(socket: Socket): void {
  // One function for all of them.
  socket.push = push;
}

function push(this: Readable, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk !== null && this.readableFlowing === true && this.readableLength === 0) {
    this.emit('data', chunk);
    return true;
  }
  return Readable.prototype.push.call(this, chunk, encoding);
}
