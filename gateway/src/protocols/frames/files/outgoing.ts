import { type FetchOptions, FILE_KINDS, type FileFrameInit, MIN_MAX_FRAME, type Want } from '@crosscomm/protocol';
import { FileFault, type FileSource } from './access.ts';
import type { FirmwareOffer } from './firmware.ts';
import type { FilesHost } from './host.ts';

/** What an object is to a device. */
export interface FileDescription {
  key: string;
  name: string;
  kind: 'file' | 'image' | 'firmware';
  /** Who sent it; null: the gateway itself. */
  from: string | null;
  /** The object as it is, where a message told of it; undefined where the device asked for it by its key. */
  original: FileSource | undefined;
  /** Who has it sent, where it is firmware, which is no object. */
  firmware?: FirmwareOffer;
}

/** Read at once, bytes. */
const BLOCK_BYTES = 32 * 1024;
/** Before everything, so that nothing is in it. */
const NO_BLOCK = { offset: -1, bytes: new Uint8Array() };
/** So much is sent by one Want at most, bytes. */
const MAX_WINDOW_BYTES = 256 * 1024;
/** One byte that noise hits costs a whole chunk. */
const MAX_NOISY_CHUNK_BYTES = 1024;

/** One file that a device may pull (SPEC.md, section 17). */
export class Outgoing {
  readonly fileId: number;
  readonly description: FileDescription;
  /** How it was fetched; null: as it is. */
  readonly options: FetchOptions | null;
  readonly source: FileSource;
  /** For how long the device has not asked for it. */
  idleMs = 0;
  readonly #host: FilesHost;
  /** What the last Want said. */
  #wanted = 0;
  #end = 0;
  #sent = 0;
  #isSending = false;
  #isOver = false;
  #block: { offset: number; bytes: Uint8Array } = NO_BLOCK;

  constructor(
    host: FilesHost,
    fileId: number,
    description: FileDescription,
    options: FetchOptions | null,
    source: FileSource,
  ) {
    this.#host = host;
    this.fileId = fileId;
    this.description = description;
    this.options = options;
    this.source = source;
  }

  /** The Offer of it. */
  offer(): FileFrameInit {
    const { key, kind, from } = this.description;
    const { size, crc32 } = this.source;
    const room = this.#host.maxFrame() - OFFER_HEAD_BYTES - utf8Length(from ?? '');
    const name = cutToFit(this.description.name, room);
    const hasRoomForKey = key !== '' && utf8Length(name) + KEY_HEAD_BYTES + utf8Length(key) <= room;
    return {
      type: 'offer',
      fileId: this.fileId,
      name,
      size,
      kind: FILE_KINDS[kind],
      party: from,
      crc32,
      ...(hasRoomForKey ? { key } : {}),
    };
  }

  /** Sends what is wanted. Rejects with a FileFault where it cannot be read. */
  async want({ offset, bytes }: Want): Promise<void> {
    this.idleMs = 0;
    const end = Math.min(this.source.size, offset + Math.min(bytes, MAX_WINDOW_BYTES));
    const goesOn = offset > this.#wanted || (offset === this.#wanted && end > this.#end);
    if (!goesOn || offset > this.#sent) this.#sent = offset;
    this.#wanted = offset;
    this.#end = end;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await this.#send();
    } finally {
      this.#isSending = false;
    }
  }

  /** The device wants no more of it. */
  end(): void {
    this.#isOver = true;
  }

  /** What was read ahead is not kept for a device that does not ask. */
  forgetBlock(): void {
    this.#block = NO_BLOCK;
  }

  async #send(): Promise<void> {
    while (this.#sent < this.#end && !this.#isOver) {
      const offset = this.#sent;
      const start = offset - this.#block.offset;
      const most = this.#host.isNoisy() ? MAX_NOISY_CHUNK_BYTES : BLOCK_BYTES;
      const room = Math.min(most, chunkRoom(this.#host.maxFrame(), this.fileId, offset));
      const length = Math.min(room, this.#end - offset);
      // A device that asks for whole rows of pixels is to get them so, wherever a block ends.
      if (start !== 0 && (start < 0 || start + length > this.#block.bytes.length)) {
        this.#block = { offset, bytes: await this.source.read(offset, BLOCK_BYTES) };
        continue;
      }
      const content = this.#block.bytes.subarray(start, start + length);
      if (content.length === 0) throw new FileFault('no_file', 'It is shorter than it was.');
      if (!this.#host.send({ type: 'chunk', fileId: this.fileId, offset, content })) return;
      this.#sent += content.length;
    }
  }
}

const utf8 = new TextEncoder();
/** What an Offer in a Sequenced frame has at most beside its texts, and what a key brings with it. */
const OFFER_HEAD_BYTES = 28;
const KEY_HEAD_BYTES = 3;

/** The text's end, of at most `room` bytes: that is where a file's type is. */
function cutToFit(name: string, room: number): string {
  const characters = [...name];
  while (characters.length > 1 && utf8Length(characters.join('')) > room) characters.shift();
  return characters.join('');
}

function utf8Length(text: string): number {
  return utf8.encode(text).length;
}

/** How many bytes of content a Chunk has room for. */
function chunkRoom(maxFrame: number, fileId: number, offset: number): number {
  const room = Math.max(maxFrame, MIN_MAX_FRAME) - 2 - headBytes(fileId) - headBytes(offset);
  for (const head of [1, 2, 3]) if (headBytes(room - head) <= head) return room - head;
  return room - 5;
}

/** The length of the head of an integer, or of bytes of this length. */
function headBytes(value: number): number {
  return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : 5;
}
