import { type Cancel, type Chunk, type Done, FILE_KINDS, type Offer } from '@crosscomm/protocol';
import { Pace } from '../delivery/pace.ts';
import { type FileAccess, FileFault, type UploadInit } from './access.ts';
import { cancel, type FilesHost } from './host.ts';
import { Incoming } from './incoming.ts';

/** How many files a device may send at a time, and of how many that are done it may hear once more. */
const MAX_OPEN = 4;
const MAX_STORED = 8;
/** A device that lost count of its files is told so often in a second. */
const UNKNOWN_PER_SECOND = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a name with control characters is refused.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What kind, name and party say of a file. */
type Described = Pick<UploadInit, 'kind' | 'name' | 'to' | 'folder' | 'isAppend'>;

/** The files that a device sends. */
export class FilesUp {
  readonly #host: FilesHost;
  readonly #access: FileAccess;
  /** Says for whom a file is; throws a FileFault where it may not go there. */
  readonly #recipient: (party: Offer['party']) => string;
  readonly #files = new Map<number, Incoming>();
  readonly #unknown = new Pace(UNKNOWN_PER_SECOND, 1000);
  /** What earlier transfers still do. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(host: FilesHost, access: FileAccess, recipient: (party: Offer['party']) => string) {
    this.#host = host;
    this.#access = access;
    this.#recipient = recipient;
  }

  /** `bootId`: that of the device's session. */
  offer(offer: Offer, bootId: number): void {
    const { fileId } = offer;
    const before = this.#files.get(fileId);
    if (before?.isOfferedBy(offer)) {
      before.answer();
      return;
    }
    try {
      const init = this.#check(offer, bootId);
      if (before !== undefined) this.#release(fileId, before);
      if (this.#openCount() >= MAX_OPEN) {
        throw new FileFault('too_many', `No more than ${MAX_OPEN} at a time.`);
      }
      const ended = (leaving: Promise<void>): void => {
        if (this.#files.get(fileId) === incoming) this.#files.delete(fileId);
        this.#leave(leaving);
      };
      const incoming = new Incoming(this.#host, offer, this.#leaving, () => this.#access.begin(init), ended);
      this.#files.set(fileId, incoming);
      this.#forgetStored();
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      cancel(this.#host, fileId, error);
    }
  }

  chunk({ fileId, offset, content }: Chunk): void {
    const incoming = this.#files.get(fileId);
    if (incoming) incoming.chunk(offset, content);
    else this.#sayUnknown(fileId);
  }

  done({ fileId, size, crc32 }: Done): void {
    const incoming = this.#files.get(fileId);
    if (incoming === undefined) this.#sayUnknown(fileId);
    else if (size === null || crc32 === null) cancel(this.#host, fileId, new FileFault('malformed', 'No size.'));
    else incoming.done(size, crc32);
  }

  cancel({ fileId }: Cancel): void {
    const incoming = this.#files.get(fileId);
    if (incoming === undefined) return;
    this.#files.delete(fileId);
    this.#leave(incoming.drop());
  }

  /** Called every second: lets go of what stands still. */
  tick(elapsedMs: number): void {
    for (const [fileId, incoming] of this.#files) {
      if (incoming.isStillAfter(elapsedMs)) this.#release(fileId, incoming);
    }
  }

  /** The device was reset, or is gone: what it began it may go on with later. */
  release(): void {
    for (const [fileId, incoming] of this.#files) this.#release(fileId, incoming);
  }

  #check({ fileId, name, kind, party, size, crc32 }: Offer, bootId: number): UploadInit {
    if (fileId % 2 !== 0) throw new FileFault('malformed', 'Ids of files up are even.');
    if (CONTROL.test(name)) throw new FileFault('name_invalid', 'The name has control characters.');
    if (!this.#host.mayUpload(this.#access.keysOf(this.#host.id))) {
      throw new FileFault('not_allowed', 'It may not upload.');
    }
    return {
      ...this.#describe(kind, name, party),
      from: this.#host.id,
      account: this.#host.account(),
      address: this.#host.address(),
      size: size ?? undefined,
      crc32: crc32 ?? undefined,
      transfer: `${bootId}.${fileId}`,
    };
  }

  /** What the kind makes of name and party. */
  #describe(kind: number, name: string, party: Offer['party']): Described {
    switch (kind) {
      case FILE_KINDS.file:
      case FILE_KINDS.image:
        return {
          kind: kind === FILE_KINDS.image ? 'image' : 'file',
          name,
          to: this.#recipient(party),
          folder: undefined,
          isAppend: false,
        };
      case FILE_KINDS.part:
        return { kind: 'file', name, to: undefined, folder: typeof party === 'string' ? party : '', isAppend: false };
      case FILE_KINDS.folder: {
        const [folder = ''] = name.split('/', 1);
        return {
          kind: 'folder',
          name: name.slice(folder.length + 1),
          to: this.#recipient(party),
          folder,
          isAppend: false,
        };
      }
      case FILE_KINDS.append:
        return { kind: 'file', name, to: undefined, folder: undefined, isAppend: true };
      default:
        throw new FileFault('not_supported', 'Neither file, image, folder nor append.');
    }
  }

  #openCount(): number {
    let count = 0;
    for (const { isStored } of this.#files.values()) if (!isStored) count++;
    return count;
  }

  #forgetStored(): void {
    let surplus = this.#files.size - this.#openCount() - MAX_STORED;
    for (const [fileId, { isStored }] of this.#files) {
      if (surplus <= 0) return;
      if (isStored && this.#files.delete(fileId)) surplus--;
    }
  }

  #release(fileId: number, incoming: Incoming): void {
    this.#files.delete(fileId);
    this.#leave(incoming.release());
  }

  /** What is begun after this waits for it: it may be the same file. */
  #leave(leaving: Promise<void>): void {
    this.#leaving = Promise.all([this.#leaving, leaving]).then(() => {});
  }

  #sayUnknown(fileId: number): void {
    if (this.#unknown.allows(this.#host.clock.monotonicMs())) {
      cancel(this.#host, fileId, new FileFault('no_file', 'Offer it again.'));
    }
  }
}
