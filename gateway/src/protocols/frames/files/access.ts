import type { CodeName, FetchOptions } from '@crosscomm/protocol';

/** A file that a device sends. */
export interface UploadInit {
  /** The device's id. */
  from: string;
  /** The account that the device belongs to, and with it the upload; undefined: none. */
  account?: string | undefined;
  /** Where it is, without a port: an address or a serial port. */
  address?: string | undefined;
  /** The channel or client that gets a message about it; undefined for a file of a folder, and for an append. */
  to: string | undefined;
  /** The device's name for it; it may be anything but empty. Of a file of a folder: its path there. */
  name: string;
  kind: 'file' | 'image' | 'folder';
  /** The device's name for the folder, which may be anything: that it is a file of, or that it is. */
  folder: string | undefined;
  /** Its content is appended to the device's object of this name. */
  isAppend: boolean;
  /** Bytes; undefined where the device does not know yet. */
  size: number | undefined;
  /** Of the whole, where the device knows it already. */
  crc32: number | undefined;
  /** The same for the same transfer of this device, also where it is begun again; another after a reset. */
  transfer: string;
}

/** What has been stored of a file that a device sends. One method is called at a time, and each rejects with a FileFault. */
export interface Upload {
  /** Bytes. They outlive the process. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** It is complete, and safe on the disk with the next tick. Resolves to its key. `wrong_content` drops it. */
  finish(expected: { size: number; crc32: number }): Promise<string>;
  /** Lets go of it; it may be begun again, and goes on where it was. */
  release(): Promise<void>;
  /** Forgets it. */
  drop(): Promise<void>;
}

/** A file that a device may read. */
export interface FileSource {
  /** Bytes. */
  readonly size: number;
  readonly crc32: number;
  /** What it can be saved as. */
  readonly name: string;
  /** Bytes from the offset on: at least one, and at most `length`. Rejects with a FileFault. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A device that reads: its account, and where it is, without a port. */
export interface Reader {
  readonly account: string | undefined;
  readonly address: string | undefined;
}

/** Where the files of devices come from and go to. */
export interface FileAccess {
  /** What the keys of all objects of a client begin with. */
  keysOf(client: string): string;
  /**
   * Begins an upload, or goes on with the one that the device let go of: the same transfer, or one after a reset with the same
   * name, kind, recipient or folder, and size. Resolves to the key where it is complete already. Rejects with a FileFault.
   */
  begin(upload: UploadInit): Promise<Upload | string>;
  /**
   * An object, as it is or as an image with these options, for a device. Undefined where there is none with this key. Rejects with a FileFault.
   */
  open(key: string, options: FetchOptions | null, device?: Reader): Promise<FileSource | undefined>;
}

/** Why something cannot be done with a file, as the device is told. */
export class FileFault extends Error {
  readonly code: CodeName;

  constructor(code: CodeName, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FileFault';
    this.code = code;
  }
}
