import { networkOf } from '../../common/network-of.ts';

/** A handshake that has begun. */
export interface Handshake {
  /** Where it comes from, without a port. */
  readonly address: string;
  /** Ends its connection, as there are too many. */
  drop(): void;
}

/** Each needs some 50 KB of memory; a real one takes a second or two on the slowest of devices. */
const MOST = 512;

/**
 * How many handshakes may be under way at once, over all listeners. Where there are more, the oldest of the address, or network of IPv6, that has most of
 * them ends, so that nobody who begins many and finishes none keeps others out.
 */
export class Handshakes {
  readonly #byNetwork = new Map<string, Set<Handshake>>();
  readonly #most: number;
  #count = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts one; another may be dropped for it. */
  begin(handshake: Handshake): void {
    if (this.#count >= this.#most) this.#dropOne();
    const network = networkOf(handshake.address);
    const own = this.#byNetwork.get(network) ?? new Set();
    this.#byNetwork.set(network, own.add(handshake));
    this.#count++;
  }

  /** It is finished, or its connection is gone. */
  end(handshake: Handshake): void {
    const network = networkOf(handshake.address);
    const own = this.#byNetwork.get(network);
    if (!own?.delete(handshake)) return;
    this.#count--;
    if (own.size === 0) this.#byNetwork.delete(network);
  }

  #dropOne(): void {
    let most: Set<Handshake> | undefined;
    for (const each of this.#byNetwork.values()) if (most === undefined || each.size > most.size) most = each;
    const [oldest] = most ?? [];
    if (oldest === undefined) return;
    this.end(oldest);
    oldest.drop();
  }
}
