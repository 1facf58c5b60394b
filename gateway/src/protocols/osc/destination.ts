import type { Message } from '../../hub/message.ts';
import type { Delivery } from '../../hub/session.ts';
import type { Subscriber } from './link.ts';
import { clientIdOf } from './session.ts';
import { oscPacket } from './values-codec.ts';

/** What UDP carries in one datagram over IPv4; the system cuts it into pieces that fit the network. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** What the headers of a datagram weigh on the network, of IP and UDP. */
const HEADER_BYTES = 28;

/** A machine that datagrams are sent to. */
export interface Reachable {
  readonly address: string;
  /** Whether so many bytes may go to it now; if so, they count. */
  mayGet(bytes: number): boolean;
  /** False where the queue is full. */
  send(packet: Uint8Array, port: number): boolean;
}

/** A port of a machine that peers are answered at: each peer at its own, or several at one that they name. */
export class Destination {
  readonly port: number;
  readonly sessions = new Set<Subscriber>();
  readonly #machine: Reachable;
  /** Whoever sends from there needs no copy of it. */
  readonly #ownId: string;
  #last: Message | undefined;

  constructor(machine: Reachable, port: number) {
    this.port = port;
    this.#machine = machine;
    this.#ownId = clientIdOf(machine.address, port);
  }

  /** Sends a message once, for however many of its sessions the hub hands it over. */
  deliver(message: Message): Delivery {
    if (message === this.#last || message.from === this.#ownId) return 'delivered';
    const packet = oscPacket.of(message);
    if (packet.length > MAX_DATAGRAM_BYTES) return 'too_large';
    if (!this.#machine.mayGet(packet.length + HEADER_BYTES) || !this.#machine.send(packet, this.port))
      return 'queue_full';
    this.#last = message;
    return 'delivered';
  }

  /** Forgets what was sent last, which all of its sessions have been handed by now. */
  forgetLast(): void {
    this.#last = undefined;
  }
}
