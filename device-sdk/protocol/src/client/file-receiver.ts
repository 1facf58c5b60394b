import { CODES, TIMES } from '../codes.ts';
import { Crc32 } from '../crc.ts';
import type { Chunk } from '../frame.ts';
import type { FileHost, RunningTransfer } from './file-host.ts';
import type { FileOutcome } from './file-types.ts';
import { Repeater } from './repeater.ts';

/** So much is asked for ahead, bytes. */
const WINDOW_BYTES = 64 * 1024;

/** Pulls one file (SPEC.md, section 17). */
export class FileReceiver implements RunningTransfer {
  readonly fileId: number;
  readonly #host: FileHost;
  readonly #size: number;
  readonly #expected: number | null;
  readonly #write: (bytes: Uint8Array) => void | Promise<void>;
  readonly #settle: (outcome: FileOutcome) => void;
  readonly #repeater: Repeater;
  readonly #crc = new Crc32();
  #isOver = false;
  #isOnline = false;
  /** What was written, and what the last Want allowed. */
  #written = 0;
  #wanted = -1;
  #end = 0;
  #gap = { offset: -1, atMs: 0 };
  #writing: Promise<void> = Promise.resolve();

  constructor(
    host: FileHost,
    offer: { fileId: number; size: number; crc32: number | null },
    write: (bytes: Uint8Array) => void | Promise<void>,
    settle: (outcome: FileOutcome) => void,
  ) {
    this.#host = host;
    this.fileId = offer.fileId;
    this.#size = offer.size;
    this.#expected = offer.crc32;
    this.#write = write;
    this.#settle = settle;
    this.#repeater = new Repeater(host.clock, {
      // Not for the gateway, where `write` takes its time.
      isWaiting: () => !this.#isOver && this.#end > this.#crc.length,
      again: () => this.#wantAgain(),
      giveUp: () => this.cancel(CODES.timeout),
    });
  }

  /** Whether an Offer with its id is of the same file. */
  isOf(size: number, crc32: number | null): boolean {
    return this.#size === size && this.#expected === crc32;
  }

  online(): void {
    if (this.#isOver) return;
    this.#isOnline = true;
    if (this.#size === 0) this.#finish();
    else this.#want();
  }

  offline(): void {
    this.#isOnline = false;
    this.#repeater.stop();
  }

  chunk({ offset, content }: Chunk): void {
    if (this.#isOver) return;
    if (offset !== this.#crc.length) {
      if (offset > this.#crc.length) this.#askOnce();
      return;
    }
    if (offset + content.length > this.#size) {
      this.cancel(CODES.wrong_content);
      return;
    }
    this.#repeater.progress();
    this.#crc.updateAt(offset, content);
    this.#writing = this.#writing.then(() => this.#take(content)).catch(() => this.cancel());
  }

  end(code: number, text = ''): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#repeater.stop();
    this.#settle({ code, key: null, text });
  }

  cancel(code: number = CODES.cancelled): void {
    if (this.#isOver) return;
    this.#host.deliver({ type: 'cancel', fileId: this.fileId, code });
    this.end(code);
  }

  async #take(content: Uint8Array): Promise<void> {
    if (this.#isOver) return;
    await this.#write(content);
    this.#written += content.length;
    const end = Math.min(this.#size, this.#written + WINDOW_BYTES);
    const more = end - this.#end;
    if (this.#written === this.#size) this.#finish();
    else if (more >= WINDOW_BYTES / 2 || (more > 0 && end === this.#size)) this.#want();
  }

  #finish(): void {
    if (this.#expected !== null && this.#crc.value !== this.#expected) {
      this.cancel(CODES.wrong_content);
      return;
    }
    this.#host.deliver({ type: 'done', fileId: this.fileId });
    this.end(CODES.ok);
  }

  /** What came and waits for `write` is acknowledged, and makes no room for more. */
  #want(): void {
    const offset = this.#crc.length;
    this.#wanted = offset;
    this.#end = Math.min(this.#size, this.#written + WINDOW_BYTES);
    this.#host.send({ type: 'want', fileId: this.fileId, offset, bytes: Math.max(0, this.#end - offset) });
    if (this.#isOnline) this.#repeater.start();
  }

  #askOnce(): void {
    const atMs = this.#host.clock.now();
    const offset = this.#crc.length;
    if (this.#gap.offset === offset && atMs - this.#gap.atMs < TIMES.repeatedAckMs) return;
    this.#gap = { offset, atMs };
    this.#wantAgain();
  }

  /** Makes the gateway go back: by a Want of what it was wanted last. */
  #wantAgain(): void {
    if (this.#wanted !== this.#crc.length) this.#want();
    this.#want();
  }
}
