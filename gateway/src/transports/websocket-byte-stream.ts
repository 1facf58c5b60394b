import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

const STREAM_BUFFER_BYTES = 64 * 1024;
const NORMAL_CLOSURE = 1000;

/**
 * A stream of bytes over the binary messages of a WebSocket. Messages may cut the stream anywhere; what is written in
 * one go leaves in one message.
 */
export class WebSocketByteStream extends Duplex {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: false, highWaterMark: STREAM_BUFFER_BYTES, decodeStrings: true });
    this.#socket = socket;
    // Whoever reads the stream learns of its end; an error without a listener would end the process.
    this.on('error', () => {});
    socket.on('close', () => {
      if (!this.destroyed) this.push(null);
      // A reader that has stopped reading would never see the end.
      if (this.readableFlowing !== true && this.readableLength === 0) this.resume();
    });
  }

  /** Takes the payload of one message. */
  feed(bytes: Buffer): void {
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.close(NORMAL_CLOSURE);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The peer's answer to our close frame must still be read; ws gives it a few seconds.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(NORMAL_CLOSURE);
    done(error);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes, { binary: true }, () => done());
    else done();
  }
}
