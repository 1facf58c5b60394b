import { createHash, type Hash } from 'node:crypto';
import { openDataFiles, openObjects } from './data-files.ts';
import { openDatabaseFiles } from './database-files.ts';
import { type BackupHeader, DATA_PREFIX, DIGEST_ENTRY, HEADER_ENTRY } from './format.ts';
import { changed, closeFile, type OpenedFile, readAt } from './opened-file.ts';
import { BLOCK_BYTES, paddingOf, TAR_END, tarHeader } from './tar.ts';

/** What a backup is made of. */
export interface BackupOrder {
  dataDir: string;
  header: BackupHeader;
}

/** A piece of it; the last one is shorter. */
const PIECE_BYTES = 256 * 1024;

/**
 * A data directory as it was at one moment, as the bytes of a backup. Everything waits for the disk: on the thread that serves clients,
 * each step would delay them.
 */
export class BackupWriter {
  readonly #order: BackupOrder;
  readonly #files: OpenedFile[];
  /** Of all before the last entry. */
  #digest: Hash | undefined = createHash('sha256');
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #length = 0;
  /** How much of the piece the digest has seen. */
  #digested = 0;

  /** Opens what belongs to it. Nothing may be written to the database until this returns. Throws where that cannot be. */
  constructor(order: BackupOrder) {
    this.#order = order;
    this.#files = openDatabaseFiles(order.dataDir);
    try {
      this.#files.push(...openDataFiles(order.dataDir));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** How long it will be, without the objects, in bytes. */
  get bytes(): number {
    const ofEntry = (size: number): number => BLOCK_BYTES + size + paddingOf(size);
    return this.#files.reduce((sum, { size }) => sum + ofEntry(size), 2 * ofEntry(BLOCK_BYTES) + TAR_END.length);
  }

  /** The bytes, in pieces that the caller owns. Throws where a file cannot be read. */
  *pieces(): Generator<Buffer> {
    const { dataDir, header } = this.#order;
    yield* this.#entry(HEADER_ENTRY, Buffer.from(`${JSON.stringify(header)}\n`));
    for (const file of this.#files) yield* this.#file(file);
    if (header.withObjects) {
      for (const files of openObjects(dataDir)) {
        try {
          for (const file of files) yield* this.#file(file);
        } finally {
          for (const file of files) closeFile(file);
        }
      }
    }
    yield* this.#entry(DIGEST_ENTRY, Buffer.from(`${this.#endDigest()}\n`));
    yield* this.#add(TAR_END);
    yield this.#piece.subarray(0, this.#length);
  }

  /** Lets go of the files. */
  close(): void {
    for (const file of this.#files.splice(0)) closeFile(file);
  }

  *#entry(name: string, content: Buffer): Generator<Buffer> {
    yield* this.#add(this.#headerOf(name, content.length));
    yield* this.#add(content);
    yield* this.#add(Buffer.alloc(paddingOf(content.length)));
  }

  *#file({ name, size, content }: OpenedFile): Generator<Buffer> {
    if (typeof content !== 'number') {
      yield* this.#entry(`${DATA_PREFIX}${name}`, content);
      return;
    }
    yield* this.#add(this.#headerOf(`${DATA_PREFIX}${name}`, size));
    for (let position = 0; position < size; ) {
      if (this.#length === PIECE_BYTES) yield this.#take();
      const room = this.#piece.subarray(this.#length, Math.min(PIECE_BYTES, this.#length + size - position));
      if (readAt(content, room, position) < room.length) throw changed(name);
      this.#length += room.length;
      position += room.length;
    }
    yield* this.#add(Buffer.alloc(paddingOf(size)));
  }

  *#add(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === PIECE_BYTES) yield this.#take();
      const copied = bytes.copy(this.#piece, this.#length, at);
      this.#length += copied;
      at += copied;
    }
  }

  #headerOf(name: string, size: number): Buffer {
    return tarHeader({ name, size, timeS: Math.floor(this.#order.header.createdMs / 1000) });
  }

  #take(): Buffer {
    this.#digestPiece();
    const piece = this.#piece;
    this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#length = 0;
    this.#digested = 0;
    return piece;
  }

  #digestPiece(): void {
    this.#digest?.update(this.#piece.subarray(this.#digested, this.#length));
    this.#digested = this.#length;
  }

  #endDigest(): string {
    this.#digestPiece();
    const digest = this.#digest?.digest('hex') ?? '';
    this.#digest = undefined;
    return digest;
  }
}
