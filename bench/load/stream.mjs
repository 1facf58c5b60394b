import net from 'node:net';

/** Every read of every socket lands here and is used up before the next. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * A TCP connection that hands bytes to `consume(bytes)`, which returns how many of them it used; the rest comes again
 * with what follows. Without Node's streams in between, as few allocations a read as can be.
 */
export class Stream {
  #socket;
  #carry = undefined;
  #consume;
  /** Called after each read has been consumed. */
  onTurn = undefined;
  #failure = undefined;
  #fail = undefined;

  constructor(consume) {
    this.#consume = consume;
  }

  /** Connects; resolves when the connection stands. */
  connect(host, port) {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#socket = net.connect({
        host,
        port,
        noDelay: true,
        onread: { buffer: READ_BUFFER, callback: (count, buffer) => this.#read(buffer.subarray(0, count)) },
      });
      this.#socket.once('connect', resolve);
      this.#socket.on('error', (error) => this.#broken(error));
      this.#socket.on('close', () => this.#broken(new Error(`the server closed the connection of port ${port}`)));
    });
  }

  /** Resolves or rejects with what `start(resolve)` does, or rejects when the connection breaks before. */
  expect(start) {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      this.#fail = reject;
      start(resolve, reject);
    });
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** The connection broke while it was needed, and how. */
  get failure() {
    return this.#failure;
  }

  /** Closes the connection; resolves when the other side has seen it. */
  close() {
    this.#consume = (bytes) => bytes.length;
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else {
        this.#socket.once('close', resolve);
        this.#socket.end();
        setTimeout(() => this.#socket.destroy(), 300).unref();
      }
    });
  }

  #broken(error) {
    this.#failure ??= error;
    this.#fail?.(error);
  }

  #read(chunk) {
    let bytes = chunk;
    if (this.#carry !== undefined) {
      bytes = Buffer.concat([this.#carry, chunk]);
      this.#carry = undefined;
    }
    const used = this.#consume(bytes);
    if (used < bytes.length) this.#carry = Buffer.from(bytes.subarray(used));
    if (this.onTurn !== undefined) this.onTurn();
    return true;
  }
}
