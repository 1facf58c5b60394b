import type { Numbering } from './numberings.ts';

/** What becomes of a sequenced frame (SPEC.md, section 5). */
export type Arrival = 'next' | 'repeated' | 'gap' | 'unfitting';

/** A number so far ahead does not come from losses on the way. */
const MAX_AHEAD = 65_535;

/** The sequence numbers of one boot id: which of them were taken, and which of these may be acknowledged. */
export class DeliveryUp {
  readonly bootId: number;
  #last: number;
  #saved: number;

  constructor({ bootId, last }: Numbering) {
    this.bootId = bootId;
    this.#last = last;
    this.#saved = last;
  }

  /** The highest number that was taken, 0 for none. */
  get last(): number {
    return this.#last;
  }

  /** The highest number that a restart would know of: what the device may forget. */
  get saved(): number {
    return this.#saved;
  }

  /** The device can send nothing before this number any more. */
  expectFrom(firstSeq: number): void {
    this.#last = Math.max(this.#last, firstSeq - 1);
    this.#saved = Math.max(this.#saved, firstSeq - 1);
  }

  classify(seq: number): Arrival {
    if (seq === this.#last + 1) return 'next';
    if (seq <= this.#last) return 'repeated';
    return seq > this.#last + MAX_AHEAD ? 'unfitting' : 'gap';
  }

  /** Notes that the next number was taken. */
  take(): void {
    this.#last++;
  }

  /** Notes that the numbers up to `seq` are saved. */
  save(seq: number): void {
    this.#saved = Math.max(this.#saved, seq);
  }
}
