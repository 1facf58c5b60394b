import { randomBytes } from 'node:crypto';

/** @import { Target } from '../types.ts' */

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const MASKED = 0x80;

/** The mask of every frame; servers treat one of zeros as none, so it has to be one that makes work. */
export const MASK = Buffer.from([0x5a, 0xc3, 0x17, 0x9e]);

/**
 * The header of a masked text frame.
 * @param {number} length
 */
export function textHeader(length) {
  return messageHeader(TEXT, length);
}

/**
 * The header of a masked binary frame.
 * @param {number} length
 */
export function binaryHeader(length) {
  return messageHeader(BINARY, length);
}

/**
 * @param {number} kind
 * @param {number} length
 */
function messageHeader(kind, length) {
  const header = Buffer.from(length < 126 ? [kind, MASKED | length] : [kind, MASKED | 126, length >> 8, length & 255]);
  return Buffer.concat([header, MASK]);
}

/**
 * A whole masked text frame.
 * @param {string} text
 */
export function textFrame(text) {
  return maskedFrame(textHeader(Buffer.byteLength(text)), Buffer.from(text));
}

/**
 * @param {Buffer} header
 * @param {Buffer} body
 */
function maskedFrame(header, body) {
  const masked = Buffer.from(body);
  for (let index = 0; index < masked.length; index++) masked[index] ^= MASK[index & 3];
  return Buffer.concat([header, masked]);
}

/**
 * A message came: it is in these bytes, from `start` to `end`.
 * @typedef {(bytes: Buffer, start: number, end: number) => void} OnMessage
 */

/** The client's side of WebSocket (RFC 6455), as far as a load generator needs it. */
export class WebSocketWire {
  /** @type {import('./stream.mjs').Stream} */
  #stream;
  /** @type {OnMessage} */
  #onText;
  /** @type {OnMessage} */
  #onBinary;
  /** @type {((head: string) => void) | undefined} */
  #open = undefined;

  /**
   * @param {import('./stream.mjs').Stream} stream
   * @param {OnMessage} onText called for each text message
   * @param {OnMessage} onBinary called for each binary message
   */
  constructor(stream, onText, onBinary = () => {}) {
    this.#stream = stream;
    this.#onText = onText;
    this.#onBinary = onBinary;
  }

  /** @param {Target} target */
  async open({ host, port, path }) {
    await this.#stream.connect(host, port);
    await this.#stream.expect((resolve, reject) => {
      this.#open = (head) => (head.startsWith('HTTP/1.1 101') ? resolve() : reject(new Error(head.split('\r\n')[0])));
      this.#stream.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
  }

  /** @param {string} text */
  send(text) {
    this.#stream.write(textFrame(text));
  }

  /** @param {Buffer} bytes */
  sendBinary(bytes) {
    this.#stream.write(maskedFrame(binaryHeader(bytes.length), bytes));
  }

  /** @param {Buffer} bytes */
  consume(bytes) {
    let position = 0;
    if (this.#open !== undefined) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return 0;
      const open = this.#open;
      this.#open = undefined;
      open(bytes.toString('latin1', 0, end));
      position = end + 4;
    }
    const length = bytes.length;
    while (length - position >= 2) {
      let size = bytes[position + 1] & 0x7f;
      let start = position + 2;
      if (size === 126) {
        if (length - position < 4) break;
        size = (bytes[position + 2] << 8) | bytes[position + 3];
        start = position + 4;
      } else if (size === 127) {
        if (length - position < 10) break;
        size = Number(bytes.readBigUInt64BE(position + 2));
        start = position + 10;
      }
      const end = start + size;
      if (end > length) break;
      const kind = bytes[position];
      if (kind === TEXT) this.#onText(bytes, start, end);
      else if (kind === BINARY) this.#onBinary(bytes, start, end);
      else this.#control(kind, bytes.subarray(start, end));
      position = end;
    }
    return position;
  }

  /**
   * @param {number} kind
   * @param {Buffer} body
   */
  #control(kind, body) {
    if (kind === PING) {
      const header = Buffer.concat([Buffer.from([PONG, MASKED | body.length]), MASK]);
      this.#stream.write(maskedFrame(header, body));
    } else if (kind === CLOSE) {
      this.#stream.write(Buffer.concat([Buffer.from([CLOSE, MASKED]), MASK]));
    }
  }
}
