/** What becomes of a sequenced frame (SPEC.md, section 5). */
export type Arrival = 'next' | 'repeated' | 'gap' | 'unfitting';

/** A number so far ahead does not come from losses on the way. */
const MAX_AHEAD = 65_535;

/** The sequence numbers of one boot id: which of them were taken. */
export class DeliveryUp {
  readonly bootId: number;
  #last = 0;

  constructor(bootId: number, last = 0) {
    this.bootId = bootId;
    this.#last = last;
  }

  /** The highest number that was taken, 0 for none. */
  get last(): number {
    return this.#last;
  }

  /** The device can send nothing before this number any more. */
  expectFrom(firstSeq: number): void {
    this.#last = Math.max(this.#last, firstSeq - 1);
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
}
