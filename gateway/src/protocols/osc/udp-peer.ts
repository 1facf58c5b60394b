import { hostInUrl } from '../../common/host-in-url.ts';
import type { SharedBudget } from '../../common/shared-budget.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery } from '../../hub/session.ts';
import type { SessionContext } from '../context.ts';
import type { Destination } from './destination.ts';
import type { OscLink, Subscriber } from './link.ts';
import type { Machine } from './machine.ts';
import { OscSession } from './session.ts';

/** What a peer needs of those who keep it. */
export interface UdpPeerOwner {
  /** The room for subscriptions of all peers. */
  readonly subscriptions: SharedBudget;
  /** True where the gateway itself listens: its own messages would come back to it. */
  isOwn(address: string, port: number): boolean;
  /** The peer may make room for others, or may no longer. */
  setIdle(peer: UdpPeer, isIdle: boolean): void;
  remove(peer: UdpPeer): void;
}

/** Ports below are those of services, some of which answer whatever they are sent. */
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;
/** About what a subscription needs in memory, beside its name. */
const SUBSCRIPTION_BYTES = 500;

/** One port of a machine that sends by UDP, and where it is answered. */
export class UdpPeer implements OscLink {
  readonly peer: string;
  readonly machine: Machine<UdpPeer>;
  readonly port: number;
  readonly session: OscSession;
  readonly #owner: UdpPeerOwner;
  #destination: Destination;

  constructor(context: SessionContext, owner: UdpPeerOwner, machine: Machine<UdpPeer>, port: number) {
    this.peer = `${hostInUrl(machine.address)}:${port}`;
    this.machine = machine;
    this.port = port;
    this.#owner = owner;
    this.session = new OscSession(context, this, { address: machine.address, port });
    this.#destination = machine.move(this, undefined, port);
  }

  deliver(message: Message): Delivery {
    const mayGet = this.machine.isNear && isAnswerPort(this.#destination.port);
    return mayGet ? this.#destination.deliver(message) : 'closed';
  }

  answerAt(port: number | undefined): string | undefined {
    const { machine } = this;
    if (!machine.isNear) {
      return 'by UDP only machines of a private network, or of the one that the gateway is in, are answered, as anybody can send in the name of others; connect by TCP';
    }
    const wanted = port ?? this.#destination.port;
    if (!isAnswerPort(wanted)) {
      return `answers go to a port from ${LOWEST_PORT} to ${HIGHEST_PORT}, and not to ${wanted}`;
    }
    if (this.#owner.isOwn(machine.address, wanted)) return `${wanted} is the port of the gateway itself`;
    this.#destination = machine.move(this, this.#destination, wanted);
    return undefined;
  }

  answeredThere(): Iterable<Subscriber> {
    return this.#destination.sessions;
  }

  reserve(name: string): boolean {
    const owner = { client: this.session.id, address: this.machine.address };
    return this.#owner.subscriptions.set(this.#key(name), SUBSCRIPTION_BYTES + 2 * name.length, owner);
  }

  free(name: string): void {
    this.#owner.subscriptions.delete(this.#key(name));
  }

  subscribed(isSubscribed: boolean): void {
    this.#owner.setIdle(this, !isSubscribed);
  }

  /** What comes next is met anew. */
  refused(): void {
    this.end();
  }

  /** There is no connection to end: it is forgotten, until it sends again. */
  end(): void {
    this.machine.leave(this, this.#destination);
    this.#owner.remove(this);
  }

  #key(name: string): string {
    return `${this.session.id} ${name}`;
  }
}

function isAnswerPort(port: number): boolean {
  return port >= LOWEST_PORT && port <= HIGHEST_PORT;
}
