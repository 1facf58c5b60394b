import { BLANK, type ConnectionView, type Look, type Way } from './recorded-protocol.ts';
import { tokensIn } from './tokens-in.ts';

/** What is held of one unit until its end has come; of a longer one, so much is looked at. */
export const MAX_UNIT_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export interface CutterHandler {
  /** A piece of the stream as it came, its secrets blanked. */
  piece(bytes: Buffer, atMs: number): void;
  /** A unit was looked at. */
  saw(look: Look): void;
}

/**
 * Takes in one way of a stream, and gives out its pieces as they came, with the same lengths and secrets blanked. A piece is held as long as the
 * end of one of its units may still come, and never more than a unit that it looks at is long.
 */
export class UnitCutter {
  readonly #view: ConnectionView;
  readonly #way: Way;
  readonly #handler: CutterHandler;
  /** What was not given out yet, and how much of that is decided. */
  #held: Buffer = NOTHING;
  #decided = 0;
  readonly #pieces: { bytes: number; atMs: number }[] = [];
  /** The rest of a long unit: how much of it is still to come (Infinity where that cannot be said), and whether it is blanked. */
  #rest = 0;
  #blanksRest = false;

  constructor(view: ConnectionView, way: Way, handler: CutterHandler) {
    this.#view = view;
    this.#way = way;
    this.#handler = handler;
  }

  push(chunk: Uint8Array, atMs: number): void {
    if (chunk.length === 0) return;
    this.#pieces.push({ bytes: chunk.length, atMs });
    // A copy in any case: the chunk is not ours, and is blanked here.
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#decided < this.#held.length && this.#goOn());
    this.#giveOut();
  }

  /** Gives out what is held; nothing comes any more. */
  end(): void {
    if (this.#decided < this.#held.length) this.#look(this.#held.subarray(this.#decided), false);
    this.#decided = this.#held.length;
    this.#giveOut();
  }

  /** Decides about the next unit. False: more of it has to come. */
  #goOn(): boolean {
    const rest = this.#held.subarray(this.#decided);
    if (this.#rest > 0) {
      this.#skip(rest);
      return true;
    }
    const length = this.#view.lengthOf(this.#way, rest);
    if (length !== undefined && length <= rest.length) {
      this.#look(rest.subarray(0, length), true);
      this.#decided += length;
      return true;
    }
    if (rest.length < MAX_UNIT_BYTES) return false;
    const look = this.#look(rest, false);
    this.#blanksRest = look.isRestPlain !== true;
    this.#rest = length === undefined ? Number.POSITIVE_INFINITY : length - rest.length;
    this.#decided += rest.length;
    return true;
  }

  /** Goes on in a long unit. */
  #skip(bytes: Buffer): void {
    const end = this.#rest === Number.POSITIVE_INFINITY ? this.#view.lengthOf(this.#way, bytes) : this.#rest;
    const there = Math.min(end ?? bytes.length, bytes.length);
    if (this.#blanksRest) bytes.fill(BLANK, 0, there);
    this.#rest = end === undefined ? this.#rest : end - there;
    this.#decided += there;
  }

  #look(unit: Buffer, isWhole: boolean): Look {
    const look = this.#view.look(this.#way, unit, isWhole);
    for (const [begin, end] of tokensIn(unit)) unit.fill(BLANK, begin, end);
    for (const [begin, end] of look.secrets ?? []) unit.fill(BLANK, begin, end);
    this.#handler.saw(look);
    return look;
  }

  #giveOut(): void {
    let at = 0;
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      const end = at + piece.bytes;
      if (end > this.#decided) break;
      this.#pieces.shift();
      this.#handler.piece(this.#held.subarray(at, end), piece.atMs);
      at = end;
    }
    this.#held = this.#held.subarray(at);
    this.#decided -= at;
  }
}
