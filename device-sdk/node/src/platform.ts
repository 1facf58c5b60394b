import type { FoundGateway } from './found-gateway.ts';
import type { Fetch, HttpPlace } from './http-place.ts';
import type { LocalFile } from './local-file.ts';
import type { LocalFolder } from './local-folder.ts';
import type { CrossCommOptions } from './options.ts';
import type { ServerAddress } from './server-address.ts';

/** What this package uses of a WebSocket, which hands out binary messages as ArrayBuffers. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  /** Gets an error in Node, an event in a browser. */
  onerror: ((error: unknown) => void) | null;
  send(data: string | Uint8Array): void;
  close(): void;
  /** Drops the connection without waiting for the other side; a browser's cannot. */
  terminate?(): void;
  /** Leaves what comes in the connection until `resume`; a browser's cannot. */
  pause?(): void;
  resume?(): void;
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
  /**
   * Opens a WebSocket, which may take so many milliseconds where that can be said. Throws where the address is none. `ca`: see
   * `ServerAddress`.
   */
  openSocket(url: string, options: { handshakeMs: number; ca: string | undefined }): Socket;
  /** What HTTP requests are made with, by those who trust `ca`. */
  fetchTrusting(ca: string | undefined): Fetch;
  /** Why a socket failed, for a person, from what its `onerror` got: half a sentence. */
  reasonOf(error: unknown): string | undefined;
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
  download(place: HttpPlace, key: string, directory: string): Promise<string>;
  /** The gateways that announce themselves. Throws CrossCommError `not_supported`. */
  findGateways(): Promise<FoundGateway[]>;
  /** Starts a gateway as the options say. Throws CrossCommError `no_gateway`. */
  startGateway(options: CrossCommOptions): Promise<OwnGateway>;
}
