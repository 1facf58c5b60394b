import net from 'node:net';
import tls from 'node:tls';

/** Every read of every socket lands here and is used up before the next. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * A TCP connection that hands bytes to `consume(bytes)`, which returns how many of them it used; the rest comes again
 * with what follows. Without Node's streams in between, as few allocations a read as can be.
 */
export class Stream {
  /** @type {net.Socket | undefined} */
  #socket;
  /** @type {Buffer | undefined} */
  #carry = undefined;
  /** @type {(bytes: Buffer) => number} */
  #consume;
  /**
   * Called after each read has been consumed.
   * @type {(() => void) | undefined}
   */
  onTurn = undefined;
  /** @type {Error | undefined} */
  #failure = undefined;
  /** @type {((error: Error) => void) | undefined} */
  #fail = undefined;

  /** @param {(bytes: Buffer) => number} consume */
  constructor(consume) {
    this.#consume = consume;
  }

  /**
   * Connects; resolves when the connection stands.
   * @param {string} host
   * @param {number} port
   * @param {boolean} [isTls] by TLS; whose certificate it is, nobody asks
   * @returns {Promise<void>}
   */
  connect(host, port, isTls = false) {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      const socket = isTls ? this.#encrypted(host, port) : this.#plain(host, port);
      socket.once(isTls ? 'secureConnect' : 'connect', () => resolve());
      socket.on('error', (error) => this.#broken(error));
      socket.on('close', () => this.#broken(new Error(`the server closed the connection of port ${port}`)));
      this.#socket = socket;
    });
  }

  /**
   * @param {string} host
   * @param {number} port
   */
  #plain(host, port) {
    return net.connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (count) => this.#read(READ_BUFFER.subarray(0, count)) },
    });
  }

  /**
   * @param {string} host
   * @param {number} port
   */
  #encrypted(host, port) {
    const socket = tls.connect({ host, port, rejectUnauthorized: false });
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#read(bytes));
    return socket;
  }

  /**
   * Resolves or rejects with what `start(resolve)` does, or rejects when the connection breaks before.
   * @param {(resolve: () => void, reject: (error: Error) => void) => void} start
   * @returns {Promise<void>}
   */
  expect(start) {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      this.#fail = reject;
      start(resolve, reject);
    });
  }

  /** The port that it connects from, while it is connected. */
  get localPort() {
    return this.#socket?.localPort;
  }

  /** @param {Buffer | string} bytes */
  write(bytes) {
    this.#socket?.write(bytes);
  }

  /** The connection broke while it was needed, and how. */
  get failure() {
    return this.#failure;
  }

  /**
   * Closes the connection; resolves when the other side has seen it.
   * @returns {Promise<void>}
   */
  close() {
    this.#consume = (bytes) => bytes.length;
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (socket === undefined || socket.destroyed) resolve();
      else {
        socket.once('close', () => resolve());
        socket.end();
        setTimeout(() => socket.destroy(), 300).unref();
      }
    });
  }

  /** @param {Error} error */
  #broken(error) {
    this.#failure ??= error;
    this.#fail?.(error);
  }

  /** @param {Buffer} chunk */
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
