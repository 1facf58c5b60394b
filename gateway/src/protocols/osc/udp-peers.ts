import { hostInUrl } from '../../common/host-in-url.ts';
import { SharedBudget } from '../../common/shared-budget.ts';
import { tickStep } from '../../common/tick-step.ts';
import type { SessionContext } from '../context.ts';
import { type DatagramSender, MAX_MESSAGES_OF_MACHINE, Machine } from './machine.ts';
import { readPacket } from './read-packet.ts';
import { TokenBucket } from './token-bucket.ts';
import { UdpPeer, type UdpPeerOwner } from './udp-peer.ts';

export interface UdpPeersOptions {
  /** How many peers there may be at once. */
  maxPeers: number;
  /** Sends a datagram; false where the queue is full. */
  send: DatagramSender['send'];
  isNear: DatagramSender['isNear'];
  /** True where the gateway itself listens. */
  isOwn: UdpPeerOwner['isOwn'];
}

/** One machine has no more than that, and no more than half of all. A program may send each message from another port. */
const MAX_PEERS_OF_MACHINE = 256;
/** How many peers come in a second at most: each is seen by all who watch who comes and goes. */
const MAX_NEWCOMERS_PER_SECOND = 500;
/** How many messages a second are taken of all machines: a datagram holds thousands, and nothing slows its sender down. */
const MAX_MESSAGES_PER_SECOND = 40_000;
/** How many subscriptions all peers together may have, and what these need in memory. */
const MAX_SUBSCRIPTIONS = { maxCount: 10_000, maxBytes: 8 * 1024 * 1024 };

/**
 * Everyone who sends by UDP. Where it comes from is all that is known of a datagram, and even that may be made up: so how many there
 * are is bounded, for each machine and in all, and who was silent for longest and has no subscription makes room for a newcomer.
 */
export class UdpPeers implements UdpPeerOwner {
  readonly subscriptions = new SharedBudget(MAX_SUBSCRIPTIONS);
  readonly #context: SessionContext;
  readonly #options: UdpPeersOptions;
  readonly #sender: DatagramSender;
  readonly #machines = new Map<string, Machine<UdpPeer>>();
  /** Those without a subscription, the one that was silent for longest first. */
  readonly #idle = new Set<UdpPeer>();
  /** Those that moved to the end of that order in this second. */
  readonly #heard = new Set<UdpPeer>();
  readonly #newcomers: TokenBucket;
  readonly #messages: TokenBucket;
  #count = 0;
  #tickedMs: number;

  constructor(context: SessionContext, options: UdpPeersOptions) {
    const { clock } = context;
    this.#context = context;
    this.#options = options;
    this.#sender = { send: options.send, isNear: options.isNear, nowMs: () => clock.monotonicMs() };
    this.#tickedMs = clock.monotonicMs();
    this.#newcomers = new TokenBucket(MAX_NEWCOMERS_PER_SECOND, this.#tickedMs);
    this.#messages = new TokenBucket(MAX_MESSAGES_PER_SECOND, this.#tickedMs);
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** A datagram, and where it came from. The bytes must not be used again afterwards. */
  receive(datagram: Uint8Array, address: string, port: number): void {
    const machine = this.#machines.get(address);
    const known = machine?.peers.get(port);
    const who = known?.session.id ?? `${hostInUrl(address)}:${port}`;
    const messages = readPacket(datagram, who, this.#context.incidents);
    if (messages === undefined || !this.#hasRoom(messages.length, machine, who)) return;
    if (known === undefined) {
      if (messages.length > 0) this.#meet(address, port)?.session.receive(messages);
      return;
    }
    if (this.#idle.has(known) && !this.#heard.has(known)) {
      this.#heard.add(known);
      this.setIdle(known, true);
    }
    known.session.receive(messages);
  }

  /** Called every second, with `Clock.monotonicMs`. */
  tick(nowMs: number): void {
    const elapsedMs = tickStep(this.#tickedMs, nowMs);
    this.#tickedMs = nowMs;
    this.#heard.clear();
    for (const machine of this.#machines.values()) {
      for (const peer of machine.peers.values()) peer.session.tick(elapsedMs);
      for (const destination of machine.destinations) destination.forgetLast();
    }
  }

  isOwn(address: string, port: number): boolean {
    return this.#options.isOwn(address, port);
  }

  /** Also puts a peer at the end of the order, as one that was heard. */
  setIdle(peer: UdpPeer, isIdle: boolean): void {
    for (const idle of [this.#idle, peer.machine.idle]) {
      idle.delete(peer);
      if (isIdle) idle.add(peer);
    }
  }

  remove(peer: UdpPeer): void {
    const { machine, port } = peer;
    if (machine.peers.get(port) !== peer) return;
    this.setIdle(peer, false);
    this.#heard.delete(peer);
    machine.peers.delete(port);
    this.#count--;
    if (machine.peers.size === 0) this.#machines.delete(machine.address);
  }

  /** Whether so many messages more may come in this second; what may not is reported. */
  #hasRoom(count: number, machine: Machine<UdpPeer> | undefined, who: string): boolean {
    const nowMs = this.#context.clock.monotonicMs();
    const isMachines = machine !== undefined && !machine.mayBring(count);
    if (!isMachines && this.#messages.take(count, nowMs)) return true;
    const limit = isMachines
      ? `one machine may send ${MAX_MESSAGES_OF_MACHINE} messages a second by UDP`
      : `all machines together may send ${MAX_MESSAGES_PER_SECOND} messages a second by UDP`;
    const message = `A datagram was dropped, as ${limit}; send less, or connect by TCP.`;
    this.#context.incidents.report({ door: 'osc', who, code: 'PEER_TOO_MANY', message });
    return false;
  }

  /** Takes a newcomer in; undefined where it is not taken in, which is reported. */
  #meet(address: string, port: number): UdpPeer | undefined {
    const refusal = this.#refusalOf(address, port);
    if (refusal !== undefined) {
      const who = `${hostInUrl(address)}:${port}`;
      const message = `A datagram was dropped, as ${refusal}.`;
      this.#context.incidents.report({ door: 'osc', who, code: 'PEER_TOO_MANY', message });
      return undefined;
    }
    let machine = this.#machines.get(address);
    if (machine === undefined) {
      machine = new Machine(address, this.#sender);
      this.#machines.set(address, machine);
    }
    const peer = new UdpPeer(this.#context, this, machine, port);
    machine.peers.set(port, peer);
    this.#count++;
    this.setIdle(peer, true);
    return peer;
  }

  /** Makes room for a newcomer where there is none; returns why there can be none, as part of a sentence. */
  #refusalOf(address: string, port: number): string | undefined {
    if (port === 0 || this.isOwn(address, port)) return 'nobody can be answered there';
    if (!this.#newcomers.take(1, this.#context.clock.monotonicMs())) {
      return `more than ${MAX_NEWCOMERS_PER_SECOND} ports a second sent their first; send from one port`;
    }
    const { maxPeers } = this.#options;
    const maxOfMachine = Math.min(MAX_PEERS_OF_MACHINE, Math.ceil(maxPeers / 2));
    const machine = this.#machines.get(address);
    if (machine !== undefined && machine.peers.size >= maxOfMachine && !makeRoom(machine.idle)) {
      return `${maxOfMachine} ports of this machine have subscriptions; let programs send from one port`;
    }
    if (this.#count >= maxPeers && !makeRoom(this.#idle)) {
      return `${maxPeers} ports have subscriptions, the most that limits.maxConnections allows`;
    }
    return undefined;
  }
}

function makeRoom(idle: Set<UdpPeer>): boolean {
  const longestSilent = idle.values().next().value;
  longestSilent?.session.close('timeout');
  return longestSilent !== undefined;
}
