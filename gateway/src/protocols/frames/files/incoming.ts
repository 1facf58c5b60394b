import { type CodeName, type Offer, TIMES } from '@crosscomm/protocol';
import { FileFault, type Upload } from './access.ts';
import { cancel, type FilesHost, toFault } from './host.ts';

/** So much may be under way or wait for the disk, bytes. */
export const CREDIT_BYTES = 32 * 1024;

/** Begins the upload, or goes on with it; the key of the object where it is stored already. Rejects with a FileFault. */
type Begin = () => Promise<Upload | string>;

type State = 'beginning' | 'open' | 'finishing' | 'stored' | 'over';

/** One file that a device sends (SPEC.md, section 17). */
export class Incoming {
  readonly offer: Offer;
  readonly #host: FilesHost;
  readonly #ended: (leaving: Promise<void>) => void;
  #state: State = 'beginning';
  #upload: Upload | undefined;
  #storedBytes = 0;
  /** What follows what is stored; the bytes count what is being stored too. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isStoring = false;
  #end: { size: number; crc32: number } | undefined;
  #key = '';
  /** A Want is to be said though it was said before. */
  #wantAgain = false;
  #gap = { offset: -1, atMs: Number.NEGATIVE_INFINITY };
  /** For how long the device has said nothing of it. */
  #stillMs = 0;
  /** What is being done with the upload; one thing at a time. */
  #work: Promise<void>;

  /**
   * `after`: what must be over before it begins. `ended`: called where it fails, with what must be over before it is begun
   * again.
   */
  constructor(
    host: FilesHost,
    offer: Offer,
    after: Promise<void>,
    begin: Begin,
    ended: (leaving: Promise<void>) => void,
  ) {
    this.#host = host;
    this.offer = offer;
    this.#ended = ended;
    this.#work = after.then(() => this.#begin(begin)).catch((error) => this.#fail(toFault(error)));
  }

  /** Time passes. True where it has waited for its device for too long. */
  isStillAfter(elapsedMs: number): boolean {
    this.#stillMs += elapsedMs;
    return this.#state === 'open' && this.#stillMs >= TIMES.stillUploadMs;
  }

  get isStored(): boolean {
    return this.#state === 'stored';
  }

  /** Whether the Offer is this one, said again. */
  isOfferedBy(offer: Offer): boolean {
    const { name, size, kind, party, crc32 } = this.offer;
    return (
      name === offer.name &&
      size === offer.size &&
      kind === offer.kind &&
      party === offer.party &&
      crc32 === offer.crc32
    );
  }

  /** Says how far it is, as the device asked again. */
  answer(): void {
    this.#stillMs = 0;
    switch (this.#state) {
      case 'open':
        this.#askAgain();
        break;
      case 'finishing':
        this.#want(0);
        break;
      case 'stored':
        this.#sayStored();
        break;
      default:
      // The answer is on its way.
    }
  }

  chunk(offset: number, content: Uint8Array): void {
    if (this.#state !== 'open') {
      this.answer();
      return;
    }
    this.#stillMs = 0;
    const { size } = this.offer;
    if (offset !== this.#received || content.length === 0 || this.#pendingBytes + content.length > CREDIT_BYTES) {
      this.#askOnce();
    } else if (offset + content.length > (size ?? Number.POSITIVE_INFINITY)) {
      this.#fail(new FileFault('wrong_content', 'It is longer than its size.'));
    } else {
      const over = this.#host.spendUpload(content.length);
      if (over !== undefined) {
        this.#fail(new FileFault('too_many', over));
        return;
      }
      this.#pending.push(content);
      this.#pendingBytes += content.length;
      if (!this.#isStoring) this.#do(() => this.#store());
      this.#isStoring = true;
    }
  }

  done(size: number, crc32: number): void {
    if (this.#state !== 'open') {
      this.answer();
    } else if (size !== (this.offer.size ?? size) || size < this.#received) {
      this.#fail(new FileFault('wrong_content', 'It has not its size.'));
    } else if (size > this.#received) {
      this.#askOnce();
    } else if (crc32 !== (this.offer.crc32 ?? crc32)) {
      this.#fail(new FileFault('wrong_content', 'CRC-32 is not the offered one.'));
    } else {
      this.#end = { size, crc32 };
      this.#state = 'finishing';
      this.#do(() => this.#finish());
    }
  }

  /** The device wants to send it no more. */
  drop(): Promise<void> {
    return this.#leave((upload) => upload.drop());
  }

  /** The device is gone, and may go on later. */
  release(): Promise<void> {
    return this.#leave((upload) => upload.release());
  }

  get #received(): number {
    return this.#storedBytes + this.#pendingBytes;
  }

  async #begin(begin: Begin): Promise<void> {
    if (this.#isOver()) return;
    const begun = await begin();
    if (typeof begun === 'string') {
      if (this.#isOver()) return;
      this.#state = 'stored';
      this.#key = begun;
      this.#sayStored();
      return;
    }
    this.#upload = begun;
    this.#storedBytes = begun.size;
    if (this.#isOver()) return;
    this.#state = 'open';
    this.#want(CREDIT_BYTES);
  }

  async #store(): Promise<void> {
    while (this.#pending.length > 0 && !this.#isOver()) {
      const bytes = concat(this.#pending.splice(0));
      await this.#upload?.append(bytes);
      this.#storedBytes += bytes.length;
      this.#pendingBytes -= bytes.length;
      if (this.#state === 'open') this.#want(CREDIT_BYTES);
    }
    this.#isStoring = false;
    if (this.#wantAgain && this.#state === 'open') this.#want(CREDIT_BYTES);
    this.#wantAgain = false;
  }

  async #finish(): Promise<void> {
    if (this.#upload === undefined || this.#end === undefined || this.#isOver()) return;
    const key = await this.#upload.finish(this.#end);
    if (this.#isOver()) return;
    this.#key = key;
    this.#upload = undefined;
    this.#state = 'stored';
    this.#sayStored();
  }

  /** One thing after another; the first that fails ends the transfer. */
  #do(what: () => Promise<void>): void {
    this.#work = this.#work.then(what).catch((error) => this.#fail(toFault(error)));
  }

  #fail(fault: FileFault): void {
    if (this.#isOver()) return;
    cancel(this.#host, this.offer.fileId, fault);
    // What the device can mend, it may go on with later.
    this.#ended(FINAL.has(fault.code) ? this.drop() : this.release());
  }

  /** Nothing is done with the upload any more but the last thing. */
  #leave(last: (upload: Upload) => Promise<void>): Promise<void> {
    const wasStored = this.#state === 'stored';
    this.#state = 'over';
    this.#pending = [];
    if (!wasStored) {
      this.#work = this.#work
        .then(() => this.#upload && last(this.#upload))
        // What could not be tidied up is the store's to find; the device has been told all it can use.
        .catch(() => {});
    }
    return this.#work;
  }

  /** The same Want again: once for each offset and 100 ms. */
  #askOnce(): void {
    const atMs = this.#host.clock.monotonicMs();
    const offset = this.#received;
    if (this.#gap.offset === offset && atMs - this.#gap.atMs < TIMES.repeatedAckMs) return;
    this.#gap = { offset, atMs };
    this.#askAgain();
  }

  /** At once, or as soon as everything that came is stored. */
  #askAgain(): void {
    if (this.#pendingBytes > 0) this.#wantAgain = true;
    else this.#want(CREDIT_BYTES);
  }

  #want(credit: number): void {
    const offset = this.#storedBytes;
    const bytes = Math.min(credit, (this.offer.size ?? 2 ** 32 - 1) - offset);
    this.#host.send({ type: 'want', fileId: this.offer.fileId, offset, bytes });
  }

  #sayStored(): void {
    const { fileId } = this.offer;
    const room = this.#host.maxFrame() - MAX_DONE_HEAD_BYTES;
    const key = new TextEncoder().encode(this.#key).length <= room ? this.#key : null;
    this.#host.send({ type: 'done', fileId, key });
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}

/** After these nothing of a file is of use. */
const FINAL: ReadonlySet<CodeName> = new Set<CodeName>(['wrong_content', 'too_large', 'not_allowed']);
/** A Done is so much longer than its key, at most. */
const MAX_DONE_HEAD_BYTES = 8;

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
