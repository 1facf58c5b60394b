import { isLoopback } from '../../common/loopback.ts';
import { Destination, type Reachable } from './destination.ts';
import type { Subscriber } from './link.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a machine is reached by. */
export interface DatagramSender {
  /** Sends a datagram; false where the queue is full and nothing was queued. */
  send(packet: Uint8Array, address: string, port: number): boolean;
  /** Whether `address` may be answered: it is in a private network, or in one that the gateway is in itself. */
  isNear(address: string): boolean;
  /** `Clock.monotonicMs`. */
  nowMs(): number;
}

/** What one machine is sent by UDP in a second at most: enough for twenty thousand small messages. */
const MAX_BYTES_PER_SECOND = 1024 * 1024;
/** How many messages of one machine are taken in a second. */
export const MAX_MESSAGES_OF_MACHINE = 10_000;

/** A machine that sends by UDP, with all its peers. */
export class Machine<Peer extends { readonly session: Subscriber }> implements Reachable {
  readonly address: string;
  /** Anybody can send in the name of an address: one that is far away gets nothing, or the gateway would help to flood it. */
  readonly isNear: boolean;
  readonly peers = new Map<number, Peer>();
  /** Those of its peers without a subscription, the one that was silent for longest first. */
  readonly idle = new Set<Peer>();
  readonly #destinations = new Map<number, Destination>();
  readonly #sender: DatagramSender;
  /** What it may still be sent, in bytes, and bring, in messages; undefined for this machine itself, whose address nobody else can use. */
  readonly #bucket: TokenBucket | undefined;
  readonly #incoming: TokenBucket | undefined;

  constructor(address: string, sender: DatagramSender) {
    this.address = address;
    this.isNear = sender.isNear(address);
    this.#sender = sender;
    const isHere = isLoopback(address);
    this.#bucket = isHere ? undefined : new TokenBucket(MAX_BYTES_PER_SECOND, sender.nowMs());
    this.#incoming = isHere ? undefined : new TokenBucket(MAX_MESSAGES_OF_MACHINE, sender.nowMs());
  }

  /** Whether so many messages more of it may be taken in this second. */
  mayBring(count: number): boolean {
    return this.#incoming?.take(count, this.#sender.nowMs()) ?? true;
  }

  get destinations(): Iterable<Destination> {
    return this.#destinations.values();
  }

  /** Has a peer answered at `port`, and no longer where it was. */
  move(peer: Peer, from: Destination | undefined, port: number): Destination {
    if (from?.port === port) return from;
    this.leave(peer, from);
    let destination = this.#destinations.get(port);
    if (destination === undefined) {
      destination = new Destination(this, port);
      this.#destinations.set(port, destination);
    }
    destination.sessions.add(peer.session);
    return destination;
  }

  /** Takes a peer from where it is answered. */
  leave(peer: Peer, destination: Destination | undefined): void {
    if (destination === undefined) return;
    destination.sessions.delete(peer.session);
    if (destination.sessions.size === 0) this.#destinations.delete(destination.port);
  }

  mayGet(bytes: number): boolean {
    return this.isNear && (this.#bucket?.take(bytes, this.#sender.nowMs()) ?? true);
  }

  send(packet: Uint8Array, port: number): boolean {
    return this.#sender.send(packet, this.address, port);
  }
}
