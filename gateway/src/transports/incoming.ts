import { networkOf } from '../common/network-of.ts';
import { addressOf } from '../common/peer-address.ts';

/** A message of which no more than this is here is not counted; most are shorter as a whole. */
export const UNCOUNTED_BYTES = 4096;

/** Why a connection is ended that holds a part of a message; a sentence. */
export const TOO_MUCH_INCOMPLETE =
  'The connection was closed: too much of messages that were not complete was held at once, most of it of this address.';

/** A connection, or a request, by which a part of a message has come. */
export interface Receiver {
  /** The address that it comes from, with or without a port. */
  readonly peer: string;
  /** Ends it at once, and lets go of what has come; the log is told `TOO_MUCH_INCOMPLETE`. */
  dropIncomplete(): void;
}

/** Those of one address, or network of IPv6, the oldest first, with what each holds. */
interface Holders {
  bytes: number;
  readonly held: Map<Receiver, number>;
}

/**
 * How much of messages whose rest has not come yet is held in the whole gateway: whoever begins thousands of long ones and ends none would
 * otherwise take all memory, and need not even prove who it is. Where it is too much, the oldest of the address that has most of it is dropped.
 */
export class IncomingBudget {
  readonly #limitBytes: number;
  readonly #byNetwork = new Map<string, Holders>();
  #bytes = 0;
  #count = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What is held, as far as it is counted. */
  get usedBytes(): number {
    return this.#bytes;
  }

  /**
   * Notes how much of a message a receiver holds now; 0 for none, also once it is gone. Returns what is counted of that, to be given as `counted`
   * the next time. It may drop this receiver or others.
   */
  hold(receiver: Receiver, bytes: number, counted: number): number {
    if (bytes <= UNCOUNTED_BYTES && counted === 0) return 0;
    const network = networkOf(addressOf(receiver.peer));
    this.#set(network, receiver, bytes <= UNCOUNTED_BYTES ? 0 : bytes);
    // One alone may have a message of any size that its protocol lets it have.
    while (this.#bytes > this.#limitBytes && this.#count > 1) this.#dropOne();
    return this.#byNetwork.get(network)?.held.get(receiver) ?? 0;
  }

  #set(network: string, receiver: Receiver, bytes: number): void {
    const own = this.#byNetwork.get(network) ?? { bytes: 0, held: new Map<Receiver, number>() };
    const before = own.held.get(receiver) ?? 0;
    if (bytes > 0) own.held.set(receiver, bytes);
    else own.held.delete(receiver);
    own.bytes += bytes - before;
    this.#bytes += bytes - before;
    this.#count += Number(bytes > 0) - Number(before > 0);
    if (own.held.size === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, own);
  }

  #dropOne(): void {
    const [network, { held }] = [...this.#byNetwork].reduce((most, each) =>
      each[1].bytes > most[1].bytes ? each : most,
    );
    const [oldest] = held.keys();
    if (oldest === undefined) return;
    this.#set(network, oldest, 0);
    oldest.dropIncomplete();
  }
}
