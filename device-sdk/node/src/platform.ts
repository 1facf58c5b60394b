import type { LocalFile } from './local-file.ts';
import type { LocalFolder } from './local-folder.ts';
import type { CrossCommOptions } from './options.ts';
import type { ServerAddress } from './server-address.ts';

/** What this package uses of a WebSocket; the browser's and that of `ws` have it. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string | Uint8Array): void;
  close(): void;
}

/** A gateway that runs in this process. */
export interface OwnGateway {
  listensAt: { host: string; port: number };
  /** Where a client in this process reaches it. */
  address: ServerAddress;
  stop(): Promise<void>;
}

/** What differs between Node and a browser. */
export interface Platform {
  /** Opens a WebSocket. Throws where the address is none. */
  openSocket(url: string): Socket;
  /** Drops a connection without waiting for the other side. */
  abandon(socket: Socket): void;
  /** Why a socket failed, for a person. */
  reasonOf(errorEvent: unknown): string | undefined;
  /** Tells of an error that nobody can catch: one of a listener. */
  report(error: unknown): void;
  /** A file to send. Throws CrossCommError `bad_content`. */
  openFile(content: unknown): Promise<LocalFile>;
  /** A folder to send. Throws CrossCommError `bad_content`. */
  openFolder(content: unknown): Promise<LocalFolder>;
  /**
   * Downloads an object of the gateway at an `http:` address to a directory; a folder where the key ends with `/`. Resolves to its
   * path. Throws CrossCommError.
   */
  download(address: string, key: string, directory: string): Promise<string>;
  /** Starts a gateway as the options say. Throws CrossCommError `no_gateway`. */
  startGateway(options: CrossCommOptions): Promise<OwnGateway>;
}
