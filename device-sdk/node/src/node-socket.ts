import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Socket } from './platform.ts';
import { refusalIn } from './upgrade-refusal.ts';

/** The largest message that is taken, as large as any frame and any message of CrossComm's. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** A WebSocket of Node. */
export class NodeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly #socket: WebSocket;
  #isRefused = false;

  /** Throws where `url` is no address. `ca`: see `ServerAddress`. */
  constructor(url: string, { handshakeMs, ca }: { handshakeMs: number; ca: string | undefined }) {
    const socket = new WebSocket(url, {
      ...{ maxPayload: MAX_PAYLOAD_BYTES, handshakeTimeout: handshakeMs, perMessageDeflate: false },
      ...(ca === undefined ? {} : { ca }),
    });
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
