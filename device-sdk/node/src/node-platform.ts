import { WebSocket } from 'ws';
import { CrossCommError } from './error.ts';
import { download } from './node-download.ts';
import { openFile } from './node-files.ts';
import { openFolder } from './node-folder.ts';
import type { Platform, RunningGateway, Socket } from './platform.ts';

/** The largest message that is taken, as large as any frame and any message of CrossComm's. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;

/** What the client needs of @crosscomm/gateway. */
interface GatewayModule {
  startGateway(configuration: object): Promise<RunningGateway>;
}

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

  async startGateway(configuration) {
    // Not a literal, so that neither the compiler nor a bundler asks for a package that is optional.
    const name = '@crosscomm/gateway';
    let gateway: GatewayModule;
    try {
      gateway = (await import(name)) as GatewayModule;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
      const what =
        'A server needs the gateway, which is in no registry yet: npm install CLONE/gateway, of a built clone.';
      throw new CrossCommError('no_gateway', what, { cause });
    }
    return gateway.startGateway(configuration);
  },
};
