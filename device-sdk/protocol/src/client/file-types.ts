import type { FetchOptions } from '../frame.ts';

/** A file that is sent: it can be read anywhere, and again. */
export interface FileToSend {
  /** 1 to 255 bytes of UTF-8. Of a part its path in the folder; of a folder `<folder>/<what it is called>`. */
  name: string;
  /** Bytes, up to 2^32-1. */
  size: number;
  /** One of FILE_KINDS. Default: file. */
  kind?: number;
  /** A channel or a client's id; of a part the folder. Default: `all`. */
  to?: string;
  /** Bytes from the offset on, at least one and at most `length`. What it throws ends the transfer with the code `cancelled`. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Called as the gateway has more of it; bytes. */
  progress?(stored: number): void;
}

/** What became of a file. */
export interface FileOutcome {
  /** One of CODES; 0 where all of it has arrived. */
  code: number;
  /** A file up: its key in the object store, where the gateway said it. */
  key: string | null;
  /** For a person; mostly empty. */
  text: string;
}

/** A transfer under way. */
export interface FileTransfer {
  /** Ends it; its `settle` is told `cancelled`. */
  cancel(): void;
}

/** A file that the gateway has for this client. */
export interface OfferedFile {
  readonly fileId: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** One of FILE_KINDS. */
  readonly kind: number;
  /** The sender's client id; null where it is the gateway. */
  readonly from: string | null;
  /** Its key in the object store; null where the gateway's frames had no room for it. */
  readonly key: string | null;
  /**
   * Pulls it. `write` gets its bytes in order; what it returns is waited for before more is asked for. Where it throws, the transfer
   * ends with `cancelled`.
   */
  pull(write: (bytes: Uint8Array) => void | Promise<void>, settle: (outcome: FileOutcome) => void): FileTransfer;
  /** It is not wanted. */
  decline(): void;
  /** Asks for it as another image; see `fetch` of FrameClient. */
  fetch(options: Partial<FetchOptions>, settle: (answer: FetchAnswer) => void): void;
}

/** The answer to a Fetch: a file, or why there is none. */
export type FetchAnswer = { code: 0; file: OfferedFile } | { code: number; file: undefined };
