const LINE_FEED = 10;
/** A line that trickles in byte by byte is joined now and then, so that the pieces do not outweigh it. */
const MAX_PIECES = 256;

export interface LineHandler {
  /** One line without its line break; a trailing carriage return is taken off too. */
  line(text: string): void;
  /** A line longer than the limit began; the rest of it, up to its line break, is skipped. Called once for each. */
  tooLong(): void;
}

/**
 * Cuts a stream of bytes into lines of UTF-8 text. Chunks may end anywhere, also inside a character; bytes that are not
 * UTF-8 become U+FFFD. It holds at most `maxLineBytes`.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #handler: LineHandler;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #skipping = false;

  constructor(maxLineBytes: number, handler: LineHandler) {
    this.#maxLineBytes = maxLineBytes;
    this.#handler = handler;
  }

  /** True where the bytes of an unfinished line are held. */
  get pending(): boolean {
    return this.#heldBytes > 0;
  }

  /** How many. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Lets go of an unfinished line, which goes on with what comes next. */
  drop(): void {
    this.#release();
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#heldBytes > 0 || this.#skipping) {
      const end = rest.indexOf(LINE_FEED);
      if (end < 0) {
        this.#hold(rest);
        return;
      }
      if (this.#skipping) this.#skipping = false;
      else {
        this.#hold(rest.subarray(0, end));
        if (this.#skipping) this.#skipping = false;
        else {
          const line = Buffer.concat(this.#held, this.#heldBytes);
          this.#release();
          this.#emit(line.toString('utf8'));
        }
      }
      rest = rest.subarray(end + 1);
    }
    const last = rest.lastIndexOf(LINE_FEED);
    if (last >= 0) this.#emitWhole(rest.subarray(0, last));
    if (last + 1 < rest.length) this.#hold(rest.subarray(last + 1));
  }

  /** Lines that lie whole in one chunk are decoded together: one conversion for all of them. */
  #emitWhole(bytes: Buffer): void {
    if (bytes.length > this.#maxLineBytes) {
      this.#emitLong(bytes);
      return;
    }
    const text = bytes.toString('utf8');
    let begin = 0;
    for (;;) {
      const end = text.indexOf('\n', begin);
      if (end < 0) break;
      this.#emit(text.slice(begin, end));
      begin = end + 1;
    }
    this.#emit(begin === 0 ? text : text.slice(begin));
  }

  #emitLong(bytes: Buffer): void {
    let begin = 0;
    while (begin <= bytes.length) {
      let end = bytes.indexOf(LINE_FEED, begin);
      if (end < 0) end = bytes.length;
      if (end - begin > this.#maxLineBytes) this.#handler.tooLong();
      else this.#emit(bytes.toString('utf8', begin, end));
      begin = end + 1;
    }
  }

  #emit(text: string): void {
    this.#handler.line(text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text);
  }

  #hold(bytes: Uint8Array): void {
    if (this.#skipping) return;
    if (this.#heldBytes + bytes.length > this.#maxLineBytes) {
      this.#release();
      this.#skipping = true;
      this.#handler.tooLong();
      return;
    }
    if (bytes.length === 0) return;
    // A copy: the chunk may be a small part of a large pooled buffer.
    this.#held.push(Uint8Array.prototype.slice.call(bytes));
    this.#heldBytes += bytes.length;
    if (this.#held.length >= MAX_PIECES) this.#held = [Buffer.concat(this.#held, this.#heldBytes)];
  }

  #release(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }
}
