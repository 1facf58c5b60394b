import { CODES } from '../codes.ts';
import { Crc32 } from '../crc.ts';
import type { Want } from '../frame.ts';
import type { FileHost, RunningTransfer } from './file-host.ts';
import type { FileOutcome, FileToSend } from './file-types.ts';
import { Repeater } from './repeater.ts';

/** `offering`: no Want yet since the Offer; `sending`; `ending`: everything was sent, and Done said. */
type State = 'offering' | 'sending' | 'ending' | 'over';

/** Sends one file (SPEC.md, section 17). */
export class FileSender implements RunningTransfer {
  readonly fileId: number;
  readonly #host: FileHost;
  readonly #file: FileToSend;
  readonly #settle: (outcome: FileOutcome) => void;
  readonly #repeater: Repeater;
  /** Of what was read in order so far. */
  readonly #crc = new Crc32();
  #state: State = 'offering';
  /** What the last Want said, and what was sent by it. */
  #wanted = 0;
  #end = 0;
  #sent = 0;
  /** Where a repeated Want took it back to. */
  #wentBackTo = -1;
  #isReading = false;
  #isOnline = false;

  constructor(host: FileHost, fileId: number, file: FileToSend, settle: (outcome: FileOutcome) => void) {
    this.#host = host;
    this.fileId = fileId;
    this.#file = file;
    this.#settle = settle;
    this.#repeater = new Repeater(host.clock, {
      // Not for the gateway, where `read` takes its time.
      isWaiting: () => this.#state !== 'over' && !this.#isReading,
      again: () => this.#again(),
      giveUp: () => this.cancel(CODES.timeout),
    });
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  online(): void {
    if (this.#state === 'over') return;
    this.#isOnline = true;
    this.#state = 'offering';
    this.#again();
    this.#repeater.start();
  }

  offline(): void {
    this.#isOnline = false;
    this.#repeater.stop();
  }

  want({ offset, bytes }: Want): void {
    const isAnswer = this.#state === 'offering';
    if (this.#state === 'over' || (!isAnswer && offset < this.#wanted)) return;
    const end = Math.min(this.#file.size, offset + bytes);
    const isRepeated = !isAnswer && offset === this.#wanted && end <= this.#end;
    this.#repeater.progress();
    if (this.#state === 'ending' && offset === this.#file.size) {
      if (offset > this.#wanted) this.#file.progress?.(offset);
      this.#wanted = offset;
      return;
    }
    if (isRepeated && (bytes === 0 || this.#wentBackTo === offset)) return;
    if (isRepeated) this.#wentBackTo = offset;
    else if (offset > this.#wanted || isAnswer) this.#file.progress?.(offset);
    this.#sent = isRepeated || isAnswer ? offset : Math.max(this.#sent, offset);
    this.#wanted = offset;
    this.#end = end;
    this.#state = 'sending';
    void this.#send();
  }

  /** The link has room again. */
  pump(): void {
    if (this.#state === 'sending') void this.#send();
  }

  /** The gateway has all of it. */
  done(key: string | null): void {
    if (this.#state !== 'over' && this.#wanted < this.#file.size) this.#file.progress?.(this.#file.size);
    this.#over({ code: CODES.ok, key, text: '' });
  }

  end(code: number, text = ''): void {
    this.#over({ code, key: null, text });
  }

  cancel(code: number = CODES.cancelled): void {
    if (this.#state === 'over') return;
    this.#host.send({ type: 'cancel', fileId: this.fileId, code });
    this.end(code);
  }

  #again(): void {
    const { fileId } = this;
    const { name, size, kind = 0, to = null } = this.#file;
    const mustWait = this.#state === 'sending' && this.#end <= this.#wanted && this.#wanted < size;
    if (this.#state === 'offering' || mustWait) {
      this.#host.send({ type: 'offer', fileId, name, size, kind, party: to });
    } else {
      this.#sent = this.#wanted;
      this.#state = 'sending';
      void this.#send();
    }
  }

  async #send(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#state === 'sending' && this.#sent < this.#end) {
        const offset = this.#sent;
        // What the gateway has from an earlier try counts into the checksum too.
        const from = Math.min(offset, this.#crc.length);
        const content = await this.#read(from, Math.min(this.#host.chunkBytes(), this.#end - from));
        this.#crc.updateAt(from, content);
        if (this.#state !== 'sending' || this.#sent !== offset || from < offset) continue;
        if (!this.#host.send({ type: 'chunk', fileId: this.fileId, offset, content })) return;
        this.#sent = offset + content.length;
      }
      if (this.#state === 'sending' && this.#sent === this.#file.size) await this.#finish();
    } catch {
      this.cancel();
    } finally {
      this.#isReading = false;
      if (this.#isOnline && !this.isOver) this.#repeater.start();
    }
  }

  async #finish(): Promise<void> {
    const { size } = this.#file;
    while (this.#crc.length < size) {
      const from = this.#crc.length;
      this.#crc.updateAt(from, await this.#read(from, Math.min(this.#host.chunkBytes(), size - from)));
    }
    if (this.#state !== 'sending' || this.#sent !== size) return;
    this.#state = 'ending';
    this.#host.send({ type: 'done', fileId: this.fileId, size, crc32: this.#crc.value });
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#file.read(offset, length);
    if (bytes.length > 0 && bytes.length <= length) return bytes;
    throw new RangeError(`${bytes.length} bytes were read in place of ${length} at ${offset}`);
  }

  #over(outcome: FileOutcome): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#repeater.stop();
    this.#settle(outcome);
  }
}
