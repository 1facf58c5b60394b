import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Socket } from './platform.ts';

/** The largest message that is taken, as large as any frame and any message of CrossComm's. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/** The largest answer in HTTP that is read for its reason. */
const MAX_BODY_BYTES = 16 * 1024;

/** A gateway that answered and opened no WebSocket. The code is its own, such as `PEER_NOT_ALLOWED`; the message says why. */
export class UpgradeRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A WebSocket of Node. */
export class NodeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly #socket: WebSocket;
  #isRefused = false;

  /** Throws where `url` is no address. `handshakeTimeout`: milliseconds. */
  constructor(url: string, handshakeTimeout: number) {
    const socket = new WebSocket(url, { maxPayload: MAX_PAYLOAD_BYTES, handshakeTimeout, perMessageDeflate: false });
    socket.binaryType = 'arraybuffer';
    socket.on('open', () => this.onopen?.());
    socket.on('message', (data, isBinary) => this.onmessage?.({ data: isBinary ? data : String(data) }));
    socket.on('close', (code, reason) => this.onclose?.({ code, reason: String(reason) }));
    socket.on('error', (error) => {
      if (!this.#isRefused) this.onerror?.(error);
    });
    socket.on('unexpected-response', (_request, answer) => void this.#refused(answer));
    this.#socket = socket;
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async #refused(answer: IncomingMessage): Promise<void> {
    const refusal = await refusalIn(answer);
    // What follows is no news.
    this.#isRefused = true;
    this.onerror?.(refusal ?? new Error(`what is there answers ${answer.statusCode}`));
    this.#socket.terminate();
  }
}

/** Why a gateway does not open a WebSocket, from its answer; undefined where it is none of a gateway's. Never rejects. */
async function refusalIn(answer: IncomingMessage): Promise<UpgradeRefusal | undefined> {
  try {
    let text = '';
    for await (const chunk of answer) {
      text += chunk;
      if (text.length > MAX_BODY_BYTES) return undefined;
    }
    const { code, message } = (JSON.parse(text) as { error: Record<string, unknown> }).error;
    return typeof code === 'string' && typeof message === 'string' ? new UpgradeRefusal(code, message) : undefined;
  } catch {
    return undefined;
  }
}
