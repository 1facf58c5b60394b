import { refusalIn } from '@crosscomm/client';
import WebSocket from 'ws';
import { type Connection, type ConnectionHandler, MAX_BUFFERED_BYTES, type Transport } from '../link.ts';

const HANDSHAKE_MS = 5000;

/** Frames as binary messages to the gateway's CrossComm port. `url`: ws:// or wss://, without credentials. */
export class WebSocketTransport implements Transport {
  readonly address: string;

  constructor(url: string) {
    this.address = url;
  }

  connect(_deviceId: string, handler: ConnectionHandler): Connection {
    const socket = new WebSocket(this.address, { handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false });
    let failure: string | undefined;
    let isRefused = false;
    let full = false;
    socket.on('open', () => handler.open());
    socket.on('message', (data, isBinary) => {
      if (isBinary) handler.frame(data as Buffer);
    });
    socket.on('error', (error) => {
      failure ??= reasonOf(error);
    });
    socket.on('unexpected-response', async (_request, answer) => {
      const refusal = await refusalIn(answer);
      isRefused = refusal !== undefined;
      failure = refusal ? `${refusal.message} [${refusal.code}]` : `what is there answers ${answer.statusCode}`;
      socket.terminate();
    });
    socket.on('close', (code, reason) =>
      handler.closed(failure ?? (reason.toString() || `closed with code ${code}`), isRefused),
    );
    const drained = (): void => {
      if (!full || socket.bufferedAmount >= MAX_BUFFERED_BYTES) return;
      full = false;
      handler.drain();
    };
    return {
      send(frame) {
        if (socket.readyState !== WebSocket.OPEN) return false;
        full = socket.bufferedAmount >= MAX_BUFFERED_BYTES;
        if (full) return false;
        socket.send(frame, drained);
        return true;
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.terminate(),
    };
  }

  async stop(): Promise<void> {}
}

function reasonOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'nothing listens there' : error.message;
}
