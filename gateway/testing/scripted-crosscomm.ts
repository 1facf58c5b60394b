import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ScriptedFrame {
  msg_id: string;
  from_client_id: string;
  to_client_id: string;
  msg_type: string;
  content: unknown;
}

/** A gateway that knows only what the commands need of CrossComm: it answers, and keeps what it was sent. */
export class ScriptedCrossComm {
  readonly received: ScriptedFrame[] = [];
  /** Those frames' texts, as they came. */
  readonly texts: string[] = [];
  /** What it lists; status by client id. */
  clients: Record<string, 'online' | 'offline'> = {};
  /** What it says in its receipts, to whoever asked for them; a server that has none by default. */
  receipt: { delivered: number; refused: number; reason: string | null } | undefined;
  /** Where set, a login is refused with this reason, and the connection closed. */
  refusal: string | undefined;
  readonly url: string;
  #socket: WebSocket | undefined;
  #onFrame: () => void = () => {};
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data) => this.#answer(socket, String(data)));
    });
  }

  static async open(): Promise<ScriptedCrossComm> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    return new ScriptedCrossComm(server);
  }

  /** Resolves once it was sent so many frames. */
  async frames(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }

  /** Sends the text to the client that connected last. */
  push(text: string): void {
    this.#socket?.send(text);
  }

  /** Sends a message of this content, which is JSON text. */
  deliver(from: string, to: string, kind: string, content: string): void {
    this.push(frame(from, to, kind, content));
  }

  /** Closes the client's connection. */
  hangUp(reason: string): void {
    this.#socket?.close(1001, reason);
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as ScriptedFrame;
    this.received.push(message);
    this.texts.push(text);
    this.#onFrame();
    const { from_client_id: id, msg_type: type } = message;
    if (type === 'login' && this.refusal !== undefined) {
      const answer = JSON.stringify({ status: 'error', message: this.refusal });
      socket.send(frame('server', id, 'login_response', answer));
      socket.close(1008, this.refusal);
    }
    if (type === 'login' && this.refusal === undefined)
      socket.send(frame('server', id, 'login_response', '{"status": "success"}'));
    const isMessage = !['login', 'logout', 'heartbeat', 'list_clients'].includes(type);
    if (isMessage && this.receipt) {
      socket.send(frame('server', id, 'receipt', JSON.stringify({ msg_id: message.msg_id, ...this.receipt })));
    }
    if (type === 'list_clients') {
      const clients = Object.entries(this.clients).map(([client_id, status]) => ({ client_id, status }));
      socket.send(frame('server', id, 'list_clients_response', JSON.stringify(JSON.stringify({ clients }))));
    }
  }
}

function frame(from: string, to: string, kind: string, content: string): string {
  const id = JSON.stringify(`${from}_1_00000000`);
  return (
    `{"msg_id": ${id}, "from_client_id": ${JSON.stringify(from)}, "to_client_id": ${JSON.stringify(to)}, ` +
    `"msg_type": "${kind}", "content": ${content}, "timestamp": 1700000000.25, "oss_key": null}`
  );
}
