import { createHash } from 'node:crypto';
import {
  type BackupHeader,
  DATA_PREFIX,
  DIGEST_BYTES,
  DIGEST_ENTRY,
  FORMAT,
  HEADER_ENTRY,
  MAX_HEADER_BYTES,
  readBackupHeader,
} from './format.ts';
import { BLOCK_BYTES, paddingOf, readTarHeader, TAR_END, type TarEntry } from './tar.ts';

/** Why a file is no backup that can be used: a part of a sentence, such as "it is damaged". */
export class BackupFault extends Error {}

/** Who takes what is in a backup. Nothing of it is certain before `finish` of the reader has returned. */
export interface BackupSink {
  /** Comes first. */
  opened?(header: BackupHeader): void;
  /** A file begins; `name` is below the data directory, with slashes, and leads nowhere else. */
  begin(name: string, size: number): void;
  content(bytes: Uint8Array): void;
  end(): void;
}

const NOT_ONE = 'it is no backup of a CrossComm Gateway';
const DAMAGED = 'it is damaged: what is in it is not what was written';

/**
 * Reads a backup as its bytes come, and checks each of them: every header must be as it would be written, and the digest at the end covers
 * all before it.
 */
export class BackupReader {
  readonly #sink: BackupSink;
  readonly #digest = createHash('sha256');
  /** What is expected next. */
  #state: 'header' | 'content' | 'padding' | 'end' = 'header';
  #entry: TarEntry | undefined;
  /** Bytes of the content, the padding or the end that are still to come. */
  #left = 0;
  /** A header that is not whole yet. */
  #block = Buffer.alloc(0);
  /** The content of an entry that is no file. */
  #own: Buffer[] = [];
  #header: BackupHeader | undefined;
  #timeS = 0;

  constructor(sink: BackupSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes. Throws a BackupFault, or what the sink throws. */
  push(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (rest.length > 0) rest = this.#step(rest);
  }

  /** It has come to its end. Throws a BackupFault where that is too early. */
  finish(): BackupHeader {
    if (this.#header === undefined) throw new BackupFault(NOT_ONE);
    if (this.#state !== 'end' || this.#left > 0) throw new BackupFault('it is not whole: its end is missing');
    return this.#header;
  }

  /** Takes from the bytes what belongs together, and returns the rest. */
  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'header': {
        const part = bytes.subarray(0, BLOCK_BYTES - this.#block.length);
        this.#block = Buffer.concat([this.#block, part]);
        if (this.#block.length === BLOCK_BYTES) this.#takeHeader();
        return bytes.subarray(part.length);
      }
      case 'content': {
        const part = bytes.subarray(0, this.#left);
        this.#left -= part.length;
        this.#takeContent(part);
        if (this.#left === 0) this.#endContent();
        return bytes.subarray(part.length);
      }
      case 'padding':
      case 'end': {
        const part = bytes.subarray(0, this.#left);
        if (part.length === 0 || !part.equals(TAR_END.subarray(0, part.length))) throw new BackupFault(DAMAGED);
        this.#left -= part.length;
        if (this.#entry?.name !== DIGEST_ENTRY) this.#digest.update(part);
        if (this.#left === 0 && this.#state === 'padding') this.#endEntry();
        return bytes.subarray(part.length);
      }
    }
  }

  #takeHeader(): void {
    const entry = readTarHeader(this.#block);
    const isFirst = this.#header === undefined;
    if (entry === undefined || (isFirst && (entry.name !== HEADER_ENTRY || entry.size > MAX_HEADER_BYTES))) {
      throw new BackupFault(isFirst ? NOT_ONE : DAMAGED);
    }
    if (isFirst) this.#timeS = entry.timeS;
    const isDigest = entry.name === DIGEST_ENTRY;
    if (entry.timeS !== this.#timeS || (isDigest && entry.size !== DIGEST_BYTES)) throw new BackupFault(DAMAGED);
    if (!isDigest) this.#digest.update(this.#block);
    this.#block = Buffer.alloc(0);
    this.#entry = entry;
    this.#left = entry.size;
    if (!isFirst && !isDigest) this.#sink.begin(nameIn(entry.name), entry.size);
    this.#state = 'content';
    if (entry.size === 0) this.#endContent();
  }

  #takeContent(part: Buffer): void {
    const name = this.#entry?.name;
    if (name !== DIGEST_ENTRY) this.#digest.update(part);
    if (name === DIGEST_ENTRY || name === HEADER_ENTRY) this.#own.push(Buffer.from(part));
    else this.#sink.content(part);
  }

  #endContent(): void {
    const { name, size } = this.#entry as TarEntry;
    const own = Buffer.concat(this.#own.splice(0)).toString();
    if (name === HEADER_ENTRY) this.#takeOwnHeader(own);
    else if (name === DIGEST_ENTRY) {
      if (own !== `${this.#digest.digest('hex')}\n`) throw new BackupFault(DAMAGED);
    } else this.#sink.end();
    this.#state = 'padding';
    this.#left = paddingOf(size);
    if (this.#left === 0) this.#endEntry();
  }

  #endEntry(): void {
    const isLast = this.#entry?.name === DIGEST_ENTRY;
    this.#state = isLast ? 'end' : 'header';
    this.#left = isLast ? TAR_END.length : 0;
  }

  #takeOwnHeader(text: string): void {
    if (this.#header !== undefined) throw new BackupFault(DAMAGED);
    const header = readBackupHeader(text);
    if (header === undefined) throw new BackupFault(NOT_ONE);
    if (header.format > FORMAT) {
      throw new BackupFault(
        `it has format ${header.format}, and this version of the gateway reads formats up to ${FORMAT}: restore it with a newer version`,
      );
    }
    this.#header = header;
    this.#sink.opened?.(header);
  }
}

/** The name of a file below the data directory. Throws a BackupFault where it could lead elsewhere. */
function nameIn(entryName: string): string {
  const name = entryName.startsWith(DATA_PREFIX) ? entryName.slice(DATA_PREFIX.length) : '';
  const isSafe = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isSafe || name.includes('\\') || name.includes('\0')) throw new BackupFault(DAMAGED);
  return name;
}

/**
 * The same pieces, of which it is certain at their end that they are a whole backup: otherwise it throws a BackupFault there. `told` is
 * called with what it says of itself, before the end.
 */
export async function* checkedPieces(
  pieces: AsyncIterable<Uint8Array>,
  told: (header: BackupHeader) => void,
): AsyncGenerator<Uint8Array> {
  const reader = new BackupReader({ opened: told, begin: () => {}, content: () => {}, end: () => {} });
  for await (const piece of pieces) {
    reader.push(piece);
    yield piece;
  }
  reader.finish();
}
