import { hasPassword } from './address.ts';
import type { Subscription } from './channel.ts';
import type { ProtocolTraits } from './protocol-traits.ts';
import type { Hearer, NameView, Protocol, Session } from './session.ts';

/** What the gateway knows of a client, online or not. */
export interface ClientInfo {
  id: string;
  protocol: Protocol;
  /** A client of the gateway's own. */
  isOfGateway?: boolean | undefined;
  online: boolean;
  /** The other gateway at which it is online; undefined: this one, or it is offline. */
  gateway?: string | undefined;
  /** Its id was made up, so it is not remembered once it has gone. */
  transient?: boolean | undefined;
  /** See `Session.origin`. */
  origin?: string | undefined;
  /** When it was last heard of; milliseconds since 1970. */
  lastSeenMs: number;
  /** When it last joined; milliseconds since 1970. */
  joinedMs: number;
  /** When it went offline, by `Clock.monotonicMs`; undefined while it is online, and if this is not known. */
  leftMs?: number | undefined;
  /** The account that it belongs to; undefined if it is anonymous. */
  account?: string | undefined;
  /** The addresses that it is subscribed to, or will be again when it comes back; none of them has a password. */
  subscriptions: readonly string[];
}

/** Of the many whose subscriptions are another matcher's. */
const NO_SUBSCRIPTIONS: ReadonlyMap<string, Subscription> = new Map();

/** What a client has that waits for none of its subscriptions. */
export const NOTHING: readonly string[] = [];

/** The hub's own record of a client. */
export class ClientRecord {
  readonly id: string;
  protocol: Protocol;
  /** The protocol's. */
  traits: ProtocolTraits;
  lastSeenMs: number;
  joinedMs: number;
  /** Since when its subscriptions wait for it to come back, by `Clock.monotonicMs`. */
  leftMs = 0;
  /** Set by `ClientTable` alone, which counts who is online. */
  session: Session | undefined;
  transient = false;
  origin: string | undefined;
  account: string | undefined;
  /** See `JoinOptions.hearer`. */
  hearer: Hearer | undefined;
  /** What it has in place of others' names, where the hub is to see to it; undefined: nothing. */
  names: NameView | undefined;
  /** Its place in the order of clients and channels: the smaller number came first. */
  order = 0;
  /** Another gateway has its subscriptions now: once it goes, they wait for it there. */
  isHandedOver = false;
  /** While it is away: the addresses that it will be subscribed to again. */
  waiting: readonly string[] = NOTHING;

  #subscriptions: Map<string, Subscription> | undefined;

  constructor(id: string, protocol: Protocol, traits: ProtocolTraits, nowMs: number) {
    this.id = id;
    this.protocol = protocol;
    this.traits = traits;
    this.lastSeenMs = nowMs;
    this.joinedMs = nowMs;
  }

  /** While it is online: what it is subscribed to, by the name of the channel or pattern. */
  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions ?? NO_SUBSCRIPTIONS;
  }

  /** Notes what it has subscribed to, by the name of the channel or pattern; without a subscription, that it has not any more. */
  setSubscription(name: string, subscription: Subscription | undefined): void {
    this.#subscriptions ??= new Map();
    if (subscription === undefined) this.#subscriptions.delete(name);
    else this.#subscriptions.set(name, subscription);
  }

  /** It goes: what it has subscribed to is not its own any more. */
  endSubscriptions(): void {
    this.#subscriptions = undefined;
  }

  /** True if lists show it: it is not a client of the gateway's own, and it has not gone for good. */
  get isListed(): boolean {
    return !this.traits.isOfGateway && (!this.transient || this.session !== undefined);
  }

  /** The addresses that wait for the client, or will once it goes; what needs a password it must ask for again. */
  lasting(): readonly string[] {
    if (this.session === undefined) return this.waiting;
    const addresses: string[] = [];
    for (const { address } of this.subscriptions.values()) if (!hasPassword(address)) addresses.push(address);
    return addresses;
  }

  /** What is known now; the subscriptions are looked up when they are asked for, as few who list clients do. */
  info(): ClientInfo {
    const record = this;
    return {
      id: this.id,
      protocol: this.protocol,
      isOfGateway: this.traits.isOfGateway,
      online: this.session !== undefined,
      transient: this.transient || undefined,
      origin: this.origin,
      account: this.account,
      lastSeenMs: this.lastSeenMs,
      joinedMs: this.joinedMs,
      leftMs: this.session === undefined ? this.leftMs : undefined,
      get subscriptions() {
        return record.lasting();
      },
    };
  }
}
