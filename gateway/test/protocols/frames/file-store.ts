import { crc32 } from 'node:zlib';
import type { FetchOptions } from '@crosscomm/protocol';
import {
  type FileAccess,
  FileFault,
  type FileSource,
  type Upload,
  type UploadInit,
} from '../../../src/protocols/frames/files/access.ts';

interface Stored {
  init: UploadInit;
  bytes: Buffer;
  /** Set when it is complete. */
  key?: string;
}

/** Files in memory, which outlive the devices; a test may fill it up, and hold it up. */
export class FileStore implements FileAccess {
  readonly uploads: Stored[] = [];
  readonly objects = new Map<string, Buffer>();
  /** How many uploads somebody holds. */
  openCount = 0;
  maxBytes = Number.POSITIVE_INFINITY;
  /** What every reading and writing waits for. */
  gate: Promise<void> = Promise.resolve();
  /** The longest piece that was written at once. */
  longest = 0;

  /** Everything that was completed, as text, by the name that it had. */
  get complete(): [name: string, to: string | undefined, content: string][] {
    return this.uploads
      .filter(({ key }) => key !== undefined)
      .map(({ init, bytes }) => [init.name, init.to, bytes.toString()]);
  }

  keysOf(client: string): string {
    return `cross_comm/${client}/`;
  }

  async begin(init: UploadInit): Promise<Upload | string> {
    await this.gate;
    const known = this.uploads.find((each) => each.init.from === init.from && isSame(each, init));
    if (known?.key !== undefined) return known.key;
    if ((init.size ?? 0) > this.maxBytes) throw new FileFault('too_large', 'Too large.');
    const stored: Stored = known ?? { init, bytes: Buffer.alloc(0) };
    if (!known) this.uploads.push(stored);
    stored.init = init;
    this.openCount++;
    const forget = (): void => {
      const at = this.uploads.indexOf(stored);
      if (at >= 0) this.uploads.splice(at, 1);
    };
    const close = async (): Promise<void> => {
      this.openCount--;
    };
    return {
      get size() {
        return stored.bytes.length;
      },
      append: async (bytes) => {
        await this.gate;
        if (stored.bytes.length + bytes.length > this.maxBytes) throw new FileFault('too_large', 'Too large.');
        this.longest = Math.max(this.longest, bytes.length);
        stored.bytes = Buffer.concat([stored.bytes, bytes]);
      },
      finish: async (expected) => {
        await this.gate;
        if (expected.crc32 !== crc32(stored.bytes) || expected.size !== stored.bytes.length) {
          throw new FileFault('wrong_content', 'CRC-32 is wrong.');
        }
        await close();
        stored.key = `key/${this.uploads.indexOf(stored)}`;
        this.objects.set(stored.key, stored.bytes);
        return stored.key;
      },
      release: close,
      drop: async () => {
        forget();
        await close();
      },
    };
  }

  async open(key: string, options: FetchOptions | null): Promise<FileSource | undefined> {
    await this.gate;
    const object = this.objects.get(key);
    if (object === undefined) return undefined;
    if (options?.format === 5) throw new FileFault('not_an_image', 'No image.');
    // Half of it stands for a smaller image.
    const bytes = options === null ? object : object.subarray(0, Math.floor(object.length / 2));
    return {
      size: bytes.length,
      name: key.slice(key.lastIndexOf('/') + 1),
      crc32: crc32(bytes),
      read: async (offset, length) => {
        await this.gate;
        return bytes.subarray(offset, offset + length);
      },
    };
  }
}

function isSame({ init, key }: Stored, other: UploadInit): boolean {
  if (init.transfer === other.transfer) return true;
  const names = ['name', 'kind', 'to', 'folder', 'size'] as const;
  return key === undefined && other.size !== undefined && names.every((name) => init[name] === other[name]);
}
