import { isGatewayName } from '../../common/names.ts';
import type { Egress } from '../../hub/egress.ts';
import type { Hub } from '../../hub/hub.ts';
import { Message, type MessageInit } from '../../hub/message.ts';
import { readEnvelopes } from './bundle.ts';
import type { Bus } from './bus.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from './envelope.ts';
import type { Kept } from './kept/kept.ts';
import { type FleetingCounts, Outgoing } from './outgoing.ts';
import type { RemoteInterest } from './remote-interest.ts';
import { Seen } from './seen.ts';
import { subjectOf, subjectsOfFilter } from './subjects.ts';

export interface FleetingParts {
  bus: Bus;
  hub: Hub;
  prefix: string;
  /** The name of this gateway, and what tells this run of it from others. */
  gateway: string;
  epoch: string;
  remote: RemoteInterest;
  /** Whether a channel is one of those that gateways share. */
  isShared(channel: string): boolean;
  counts: FleetingCounts;
  /** Where messages go that must arrive; they are none of these. */
  kept: Kept;
  /** What came from another gateway, as it is here. */
  arrived(envelope: Envelope, gateway: string): MessageInit;
  /** Told of something that is no message, as another version or another program may send it. */
  misread(gateway: string): void;
  /** Has something done once the gateway has read what it was sent in this turn of the event loop. */
  soon(run: () => void): void;
}

/** Where the messages to a channel go, as long as nobody's interest changes. */
interface Way {
  readonly version: number;
  /** undefined: the name is too long for a subject, or nobody shares it. */
  readonly subject: string | undefined;
  readonly count: number;
}

/** What came, and from which gateway. */
interface Received {
  readonly envelope: Envelope;
  readonly gateway: string;
}

const NOBODY: readonly string[] = [];
/** How many channels are remembered with their ways, and origins with their gateways. */
const MAX_WAYS = 4096;

/**
 * Messages of QoS 0 between gateways: those to a channel that somebody elsewhere wants are published once, and every gateway that wants them
 * takes them; while the link is down they are dropped and counted.
 */
export class Fleeting implements Egress {
  readonly #parts: FleetingParts;
  readonly #outgoing: Outgoing;
  readonly #ways = new Map<string, Way>();
  readonly #seen = new Seen();
  /** The name of the gateway of each origin, which is followed by a hyphen and the run of it. */
  readonly #gateways = new Map<string, string>();
  /** Of files, what waits for the others or went to them. */
  readonly #told = new Set<string>();
  /** Of this run. */
  #number = 0;
  readonly #begin: string;
  readonly #messageOf = ({ envelope, gateway }: Received): Message => {
    const { account, protocol } = envelope;
    const made = new Message(this.#parts.arrived(envelope, gateway));
    this.#parts.hub.elsewhere.noteCall(made, gateway, { account, protocol });
    return made;
  };

  constructor(parts: FleetingParts) {
    this.#parts = parts;
    this.#outgoing = new Outgoing(parts);
    this.#begin = `${parts.prefix}.0.${parts.gateway}-${parts.epoch}.`;
  }

  /** Takes what is sent to a channel or topic filter elsewhere, until the returned function is called. */
  wanted(filter: string): () => void {
    const { bus, prefix } = this.#parts;
    const subjects = subjectsOfFilter(filter) ?? [];
    const take = (payload: Uint8Array, subject: string): void => this.#take(payload, subject);
    const undo = subjects.map((subject) => bus.subscribe(`${prefix}.0.*.${subject}`, take));
    return () => {
      for (const each of undo) each();
    };
  }

  publish(message: Message): number {
    const { count, subject } = this.#wayOf(message.to);
    const { bus, hub, counts, kept } = this.#parts;
    if (message.isKept || kept.has(message)) {
      kept.publish(message);
      return count;
    }
    // Whoever is told of a file can read it later, too.
    if (message.objectKey !== undefined && this.#keepsOnce(message)) return count;
    if (count === 0) return 0;
    if (subject === undefined || !bus.isUp) {
      counts.dropped.value++;
      return 0;
    }
    const sender = hub.sender(message.from);
    const payload = encodeEnvelope({
      ...{ message, number: this.#number++ },
      ...{ account: sender?.account, protocol: sender?.protocol },
    });
    return this.#outgoing.add(subject, payload) ? count : 0;
  }

  /** Publishes at once what waits for the end of this turn, so that what is sent by another way now comes after it. */
  flush(): void {
    this.#outgoing.flush();
  }

  /** A recipient that is away is told of a file again and again, with the same id. False: it is not kept, and goes as others do. */
  #keepsOnce(message: Message): boolean {
    const { to, id } = message;
    const name = `${id}\n${to}`;
    if (id !== undefined && this.#told.has(name)) return true;
    if (!this.#parts.kept.keep(message)) return false;
    if (id === undefined) return true;
    this.#told.add(name);
    if (this.#told.size > MAX_WAYS) this.#told.delete(this.#told.values().next().value as string);
    return true;
  }

  keeps(channel: string): boolean {
    return this.#parts.kept.keeps(channel);
  }

  keep(message: Message): void {
    this.#parts.kept.keep(message);
  }

  reach(channel: string): number {
    return this.#wayOf(channel).count;
  }

  channels(): Iterable<string> {
    return this.#parts.remote.channels();
  }

  watchFilters(): () => void {
    return () => {};
  }

  hold(): void {}

  retained(): undefined {
    return undefined;
  }

  clearRetained(): void {}

  subscribers(): readonly string[] {
    return NOBODY;
  }

  hasSubscribers(): boolean {
    return false;
  }

  subscriptions(): readonly string[] {
    return NOBODY;
  }

  forget(): void {}

  keepsFor(): boolean {
    return false;
  }

  serves(): boolean {
    return false;
  }

  #wayOf(channel: string): Way {
    const { remote, isShared } = this.#parts;
    const known = this.#ways.get(channel);
    if (known !== undefined && known.version === remote.version) return known;
    const count = isGatewayName(channel) || !isShared(channel) ? 0 : remote.count(channel);
    const name = count > 0 ? subjectOf(channel) : undefined;
    const subject = name === undefined ? undefined : this.#begin + name;
    const way: Way = { version: remote.version, subject, count };
    if (known === undefined && this.#ways.size >= MAX_WAYS) this.#ways.clear();
    this.#ways.set(channel, way);
    return way;
  }

  #take(payload: Uint8Array, subject: string): void {
    const begin = this.#parts.prefix.length + '.0.'.length;
    const origin = subject.slice(begin, subject.indexOf('.', begin));
    const gateway = this.#gatewayOf(origin);
    if (gateway === this.#parts.gateway) return;
    const isWhole = readEnvelopes(payload, (bytes) => this.#takeOne(bytes, origin, gateway));
    if (!isWhole) this.#parts.misread(origin);
  }

  #takeOne(bytes: Uint8Array, origin: string, gateway: string): void {
    const { hub, isShared, counts, misread } = this.#parts;
    const envelope = decodeEnvelope(bytes);
    if (envelope === undefined) {
      misread(origin);
      return;
    }
    const { message, number, account, protocol } = envelope;
    // Filters overlap: what two of them match comes twice.
    if (!this.#seen.note(origin, number)) return;
    if (isGatewayName(message.to) || !isShared(message.to)) return;
    counts.received.value++;
    const options = { ingress: this, account, protocol, gateway };
    hub.offer(message.to, options, this.#messageOf, { envelope, gateway });
  }

  #gatewayOf(origin: string): string {
    let gateway = this.#gateways.get(origin);
    if (gateway === undefined) {
      gateway = origin.slice(0, origin.lastIndexOf('-'));
      if (this.#gateways.size >= MAX_WAYS) this.#gateways.clear();
      this.#gateways.set(origin, gateway);
    }
    return gateway;
  }
}
