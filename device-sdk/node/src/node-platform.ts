import { download } from './node-download.ts';
import { openFile } from './node-files.ts';
import { openFolder } from './node-folder.ts';
import { startGateway } from './node-gateway.ts';
import { NodeSocket } from './node-socket.ts';
import type { Platform } from './platform.ts';

export const nodePlatform: Platform = {
  openSocket: (url, handshakeMs) => new NodeSocket(url, handshakeMs),

  reasonOf(error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return 'nothing listens there';
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
    return message.replace(/\.$/, '') || code;
  },

  report(error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  },

  openFile,
  openFolder,
  download,
  startGateway,
};
