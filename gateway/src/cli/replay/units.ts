import type { ConnectionView, Way } from '../../transports/recording/recorded-protocol.ts';

/** What is kept of a unit whose end has not come; a longer one is taken for whole. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Cuts what one way of a connection carries into units; where it carries whole messages, each is one. */
export class Units {
  readonly #view: ConnectionView;
  readonly #way: Way;
  readonly #isStream: boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(view: ConnectionView, way: Way, isStream: boolean) {
    this.#view = view;
    this.#way = way;
    this.#isStream = isStream;
  }

  /** The units that are whole now. */
  push(bytes: Buffer): Buffer[] {
    if (!this.#isStream) return [bytes];
    const units: Buffer[] = [];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length > 0) {
      const length = this.#view.lengthOf(this.#way, this.#rest) ?? Number.POSITIVE_INFINITY;
      if (length > this.#rest.length && this.#rest.length < MAX_BYTES) break;
      units.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    return units;
  }
}
