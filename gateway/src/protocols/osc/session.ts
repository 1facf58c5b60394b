import type { Denial } from '../../access/denial.ts';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import { readable } from '../../access/readable.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { channelFault } from '../../common/names.ts';
import { plainAddress } from '../../common/peer-address.ts';
import { parseAddress, withoutPassword } from '../../hub/address.ts';
import type { SendOptions } from '../../hub/contract.ts';
import { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { SessionContext } from '../context.ts';
import { HeldInput } from '../held-input.ts';
import { addressOf, channelOf, isAddressPattern } from './address-codec.ts';
import type { OscArgument } from './argument.ts';
import type { OscLink, Subscriber } from './link.ts';
import type { OscMessage } from './read-codec.ts';
import { timeTagToMs } from './time-tag.ts';
import { oscPacket, readArguments } from './values-codec.ts';

/** `new`: nothing came yet, or the client may not join. `entering`: it is not known yet whether it may. `ended`: it fell silent, its connection is gone, or the gateway stops. */
export type OscSessionState = 'new' | 'entering' | 'joined' | 'ended';

/** How long a peer stays a client without a message. */
const SILENCE_MS = 60_000;
/** A message that waits for less is not written to disk. */
const WRITTEN_FROM_MS = 10_000;
/** A time tag that is further ahead is not meant: the sender's clock is wrong, or is none. */
const LONGEST_DELAY_MS = 24 * 3600_000;

const SUBSCRIBE = '/subscribe';
const UNSUBSCRIBE = '/unsubscribe';

/** What a peer is called: `osc-192.168.1.20-50312`. Colons, which begin a password, are hyphens, as in host names on Windows. */
export function clientIdOf(address: string, port: number): string {
  return `osc-${plainAddress(address).replaceAll(':', '-')}-${port}`;
}

/**
 * One peer that speaks Open Sound Control. It says neither hello nor goodbye: it is a client from its first message until a minute
 * of silence, and with it go its subscriptions, so whoever subscribes says so again now and then.
 */
export class OscSession implements AdmittedSession, Subscriber {
  readonly protocol = 'osc';
  readonly transient = true;
  readonly id: string;
  readonly #address: string;
  readonly #context: SessionContext;
  readonly #link: OscLink;
  readonly counts: ClientTraffic;
  /** The names of what it subscribes to, without what may follow them: `name:password`, `name[...]`. */
  readonly #subscribed = new Set<string>();
  #state: OscSessionState = 'new';
  #principal: Principal | undefined;
  readonly #held = new HeldInput<{ length: number; messages: readonly OscMessage[] }>();
  #heard = false;
  #silentMs = 0;

  /** `address` and `port` are where the peer sends from. */
  constructor(context: SessionContext, link: OscLink, { address, port }: { address: string; port: number }) {
    this.id = clientIdOf(address, port);
    this.#address = address;
    this.#context = context;
    this.#link = link;
    this.counts = new ClientTraffic(context.metrics, this.protocol);
  }

  get peer(): string {
    return this.#link.peer;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get state(): OscSessionState {
    return this.#state;
  }

  /** Carries out the messages of a packet, in order. */
  receive(messages: readonly OscMessage[]): void {
    if (this.#state === 'ended') return;
    this.#heard = true;
    if (this.#state === 'joined') this.#carryOut(messages);
    else if (messages.length > 0) {
      const length = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (!this.#held.hold({ length, messages })) {
        this.#report(
          'PEER_TOO_MANY',
          'A message was dropped: too much came before it was known whether its sender may join.',
        );
      } else if (this.#state === 'new') this.#enter();
    }
  }

  /** Tells of time that went by, about once a second. */
  tick(elapsedMs: number): void {
    this.#silentMs = this.#heard ? 0 : this.#silentMs + elapsedMs;
    this.#heard = false;
    if (this.#state === 'joined' && this.#silentMs >= SILENCE_MS) this.close('timeout');
  }

  deliver(message: Message): Delivery {
    if (this.#state !== 'joined') return 'closed';
    const { log } = this.#context;
    if (log.debugging) log.debug({ who: this.id, address: addressOf(message.to) }, '-> osc');
    const delivery = this.#link.deliver(readable(message, this.#principal));
    if (delivery === 'delivered') this.counts.countSent();
    return delivery;
  }

  close(reason: LeaveReason): void {
    this.#end(reason);
    this.#link.end();
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#end('closed');
  }

  drop(name: string): boolean {
    if (!this.#subscribed.delete(name)) return false;
    this.#context.hub.unsubscribe(this, name);
    this.#link.free(name);
    if (this.#subscribed.size === 0) this.#link.subscribed(false);
    return true;
  }

  lost(address: string): void {
    this.#report('PEER_NOT_ALLOWED', `It may not subscribe to ${clipped(withoutPassword(address))} any more.`);
    this.drop(parseAddress(address)?.name ?? address);
  }

  #carryOut(messages: readonly OscMessage[]): void {
    const { clock, hub, log } = this.#context;
    hub.touch(this.id);
    // One for all of a bundle, so that what is to take effect together does.
    const nowMs = clock.now();
    for (const message of messages) {
      if (this.#principal === undefined) return;
      const { address, args } = message;
      if (log.debugging) log.debug({ who: this.id, address, tags: args.map(({ type }) => type).join('') }, '<- osc');
      if (address === SUBSCRIBE || address === UNSUBSCRIBE) this.#follow(this.#principal, address, args);
      else this.#send(this.#principal, message, nowMs);
    }
  }

  #end(reason: LeaveReason): void {
    if (this.#state === 'ended') return;
    const wasJoined = this.#state === 'joined';
    this.#state = 'ended';
    this.#principal = undefined;
    this.#held.take();
    for (const name of this.#subscribed) this.#link.free(name);
    this.#subscribed.clear();
    if (wasJoined) this.#context.hub.leave(this, reason);
  }

  /** Asks whether it may join; where it may not, its next message asks again. */
  #enter(): void {
    const { access } = this.#context;
    this.#state = 'entering';
    const isGone = (): boolean => this.#state !== 'entering';
    const request = { id: this.id, protocol: this.protocol, peer: this.peer, isGone };
    access.admit(request, ({ principal, denial }) => {
      const refusal = denial ?? access.enter(principal, this);
      const held = this.#held.take();
      if (refusal !== undefined) {
        this.#state = 'new';
        this.#report(refusal.code, `A message was dropped, as its sender cannot join: ${reasonOf(refusal)}.`);
        this.#link.refused();
        return;
      }
      this.#state = 'joined';
      this.#principal = principal;
      for (const { messages } of held) this.receive(messages);
    });
  }

  #send(principal: Principal, { address, args, timeTag, bytes }: OscMessage, timestampMs: number): void {
    const { access, hub } = this.#context;
    if (isAddressPattern(address)) {
      this.#report(
        'PEER_BAD_NAME',
        `A message to ${clipped(withoutPassword(address))} was dropped: an address is one channel here, and ?*[]{} stand for many; send one message to each.`,
      );
      return;
    }
    const to = channelOf(address);
    if (!access.maySend(principal, to)) {
      this.#report('PEER_NOT_ALLOWED', `It may not send to ${clipped(withoutPassword(to))}.`);
      return;
    }
    const over = access.quotas.spend(principal, bytes.length, to);
    if (over !== undefined) {
      this.#report(over.code, `A message was dropped: ${over.why}.`);
      return;
    }
    const message = new Message({ from: this.id, to, ...readArguments(args), timestampMs });
    // Who speaks OSC too gets the very types that were sent.
    if (addressOf(to) === address) oscPacket.seed(message, bytes);
    this.counts.countReceived();
    const delayMs = this.#delayOf(timeTag, timestampMs);
    const { reason } = delayMs === 0 ? hub.send(message) : hub.send(message, this.#waiting(delayMs));
    if (reason === 'bad_name') {
      this.#report('PEER_BAD_NAME', `A message was dropped: ${channelFault(to) ?? 'no channel can have this name'}.`);
    } else if (reason === 'store_full') {
      this.#report('MESSAGES_FULL', 'A message with a time tag was dropped: there is no room for messages that wait.');
    }
  }

  /** Programs for music tag all that they send a little ahead: that is not worth writing to an SD card. */
  #waiting(delayMs: number): SendOptions {
    return { delayMs, address: this.#address, inMemory: delayMs < WRITTEN_FROM_MS };
  }

  /**
   * How long a message waits. The moment is one of the sender's clock, which is believed as far as the gateway's own is right; from
   * here on it is a time that passes, whatever either clock is set to. What is late is on time.
   */
  #delayOf(timeTag: bigint, nowMs: number): number {
    const dueMs = timeTagToMs(timeTag);
    if (dueMs === undefined || !this.#context.clock.isTrusted()) return 0;
    const delayMs = Math.max(0, Math.round(dueMs - nowMs));
    if (delayMs <= LONGEST_DELAY_MS) return delayMs;
    this.#report(
      'PEER_MALFORMED',
      'A time tag is more than a day ahead, so its message was sent on at once; set the clock of the sender.',
    );
    return 0;
  }

  /** `/subscribe` and `/unsubscribe`: topic filters, and perhaps the port to answer at. */
  #follow(principal: Principal, verb: typeof SUBSCRIBE | typeof UNSUBSCRIBE, args: readonly OscArgument[]): void {
    const filters: string[] = [];
    let port: number | undefined;
    for (const arg of args) {
      if (arg.type === 's' || arg.type === 'S') filters.push(arg.value.replace(/^\//, ''));
      // Pure Data writes every number as a float.
      else if (arg.type === 'i' || (arg.type === 'f' && Number.isInteger(arg.value))) port = arg.value;
      else filters.push('');
    }
    if (filters.length === 0 || filters.includes('')) {
      this.#report(
        'PEER_MALFORMED',
        `${verb} takes the names of channels, as strings, and a port to answer at, as an integer.`,
      );
      return;
    }
    const refusal = this.#link.answerAt(port);
    if (refusal !== undefined) {
      this.#report('PEER_NOT_ALLOWED', `${verb} was not carried out: ${refusal}.`);
      return;
    }
    for (const filter of filters) {
      const name = parseAddress(filter)?.name ?? filter;
      if (verb === SUBSCRIBE) this.#subscribe(principal, name, filter);
      else for (const session of [...this.#link.answeredThere()]) session.drop(name);
    }
  }

  #subscribe(principal: Principal, name: string, filter: string): void {
    if (this.#subscribed.has(name)) return;
    const shown = clipped(withoutPassword(filter));
    // Who renews from another port is the same program still: it has one copy of each message, and the retained one already.
    let isRenewal = false;
    for (const session of [...this.#link.answeredThere()]) isRenewal = session.drop(name) || isRenewal;
    if (!this.#link.reserve(name)) {
      this.#report(
        'PEER_TOO_MANY',
        `It could not subscribe to ${shown}: it, its machine or all have as many as they may by UDP.`,
      );
      return;
    }
    const denial = this.#context.access.subscribe(principal, this, filter, { retained: !isRenewal });
    if (denial !== undefined) {
      this.#link.free(name);
      this.#report(denial.code, `It cannot subscribe to ${shown}: ${denial.why}.`);
      return;
    }
    this.#subscribed.add(name);
    if (this.#subscribed.size === 1) this.#link.subscribed(true);
  }

  #report(code: ErrorCode, message: string): void {
    this.#context.incidents.report({ door: 'osc', who: this.id, code, message });
  }
}

/** OSC has no credentials, so there is no use in asking for some. */
function reasonOf({ reason, why, isProven }: Denial): string {
  if (reason !== 'password' || isProven !== undefined) return why;
  return 'OSC has no place for a password or token, and auth.anonymous lets nobody join from there without one';
}

function clipped(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
