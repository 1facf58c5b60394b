import { WebSocket } from 'ws';
import { download } from './node-download.ts';
import { openFile } from './node-files.ts';
import { openFolder } from './node-folder.ts';
import { startGateway } from './node-gateway.ts';
import type { Platform, Socket } from './platform.ts';

/** The largest message that is taken, as large as any frame and any message of CrossComm's. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;

export const nodePlatform: Platform = {
  openSocket(url) {
    const socket = new WebSocket(url, {
      maxPayload: MAX_PAYLOAD_BYTES,
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
    });
    return socket as unknown as Socket;
  },

  abandon(socket) {
    (socket as unknown as WebSocket).terminate();
  },

  reasonOf(event) {
    const { error, message } = event as { error?: NodeJS.ErrnoException; message?: string };
    if (error?.code === 'ECONNREFUSED') return 'nothing listens there';
    if (error?.code === 'ENOTFOUND' || error?.code === 'EAI_AGAIN') return 'there is no such host';
    return error?.message || error?.code || message;
  },

  report(error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  },

  openFile,
  openFolder,
  download,

  startGateway,
};
