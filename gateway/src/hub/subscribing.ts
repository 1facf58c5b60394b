import { type Address, parseAddress } from './address.ts';
import type { Pipeline, Subscription } from './channel.ts';
import { type ClientRecord, NOTHING } from './client.ts';
import type { SubscribeOutcome } from './contract.ts';
import { detachText } from './detach.ts';
import { readWish, type Wish } from './history/wish.ts';
import type { HubParts } from './parts.ts';
import { isPattern, isTooDeep } from './pattern.ts';
import type { Session } from './session.ts';

/** Who wants which channel: how subscriptions begin and end. A client's record and the channel have the same ones. */
export class Subscribing {
  readonly #parts: HubParts;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** See `Hub.subscribe`. */
  subscribe(session: Session, written: string, { retained = true } = {}): SubscribeOutcome {
    const record = this.#recordOf(session);
    if (record === undefined) return 'not_joined';
    const { options, directory, channels, events } = this.#parts;
    const text = detachText(written);
    const address = parseAddress(text);
    if (!address || isTooDeep(address.name)) return 'malformed';
    // Nobody makes a channel of the gateway's own, such as `all`, private.
    if (address.password !== undefined && directory.isReserved(address.name)) return 'wrong_password';
    const wish = address.functions === undefined ? undefined : readWish(address.functions);
    if (wish === 'malformed') return 'malformed';
    const current = record.subscriptions.get(address.name);
    if (current !== undefined) {
      // A subscription that waited for the client's return gives way to what the client asks for now.
      if (!current.isRestored) return 'already';
      current.isRestored = false;
      if (current.address === text) {
        if (retained) this.#show(current, address, wish);
        return 'subscribed';
      }
      this.unsubscribe(session, address.name);
    }
    if (record.subscriptions.size >= options.maxSubscriptions) return 'too_many';
    let pipeline: Pipeline | undefined;
    if (address.functions !== undefined) {
      pipeline = options.compile(address.functions, text);
      if (!pipeline) return 'malformed';
    }
    const channel = channels.open(address);
    if (!channel) return 'wrong_password';
    const hearer = isPattern(address.name) ? record.hearer : undefined;
    const { names } = record;
    const subscription: Subscription = { session, address: text, pipeline, hearer, names, isRestored: false };
    channel.subscriptions.push(subscription);
    record.setSubscription(address.name, subscription);
    if (channel.subscriptions.length === 1) events.emit('created', channel.name);
    events.emit('subscribe', channel.name, record.id);
    this.noteKnown(record);
    if (retained) this.#show(subscription, address, wish);
    return 'subscribed';
  }

  /** Ends a subscription; false where there was none. */
  unsubscribe(session: Session, text: string): boolean {
    const name = parseAddress(text)?.name;
    const record = this.#recordOf(session);
    const subscription = name === undefined ? undefined : record?.subscriptions.get(name);
    if (name === undefined || record === undefined || subscription === undefined) return false;
    record.setSubscription(name, undefined);
    this.#end(name, subscription);
    this.noteKnown(record);
    return true;
  }

  /** Ends those subscriptions of a client that `ends` is true for, by the name of the channel or topic filter. Returns their addresses. */
  endWhere(session: Session, ends: (name: string) => boolean): string[] {
    const ended: string[] = [];
    const record = this.#recordOf(session);
    for (const [name, { address }] of record?.subscriptions ?? []) if (ends(name)) ended.push(address);
    for (const address of ended) this.unsubscribe(session, address);
    return ended;
  }

  /** Gives a client that has come back what waited for it, where it may still hear it; it has seen what is retained there. */
  resume(session: Session, record: ClientRecord, addresses: readonly string[]): void {
    const { hearer } = record;
    for (const address of addresses) {
      const name = hearer && parseAddress(address)?.name;
      if (name !== undefined && hearer?.hears(name) === false && !isPattern(name)) continue;
      this.subscribe(session, address, { retained: false });
    }
    for (const subscription of record.subscriptions.values()) subscription.isRestored = true;
  }

  /** Gives a client that was at another gateway what waited for it there, beside what it has asked for since it came here. */
  adopt(record: ClientRecord, addresses: readonly string[]): void {
    const { session } = record;
    if (session === undefined) return;
    const own = new Set(record.subscriptions.values());
    this.resume(session, record, addresses);
    for (const subscription of own) subscription.isRestored = false;
  }

  /** Ends every subscription of a client that goes; what may wait for it does. */
  suspend(record: ClientRecord): void {
    const waiting = record.isHandedOver ? NOTHING : record.lasting();
    for (const [name, subscription] of record.subscriptions) this.#end(name, subscription);
    record.endSubscriptions();
    record.waiting = waiting;
  }

  /** Says that the known clients changed, unless it was one that is not to be known. */
  noteKnown({ id, traits, transient }: ClientRecord): void {
    if (!traits.isOfGateway && !transient) this.#parts.events.emit('known', id);
  }

  /** Hands a new subscriber what is retained, and what it wants to hear of the past; what is both, once. */
  #show(subscription: Subscription, address: Address, wish: Wish | undefined): void {
    const { history, retention } = this.#parts;
    const { session, pipeline, hearer, names } = subscription;
    const isPublic = wish !== undefined && address.password === undefined;
    const past = isPublic ? history.ask(address.name, wish, (channel) => hearer?.hears(channel) !== false) : [];
    retention.show(subscription, address, past);
    for (const message of past) {
      const seen = pipeline === undefined ? message : pipeline(message);
      if (seen !== undefined) session.deliver(names === undefined ? seen : names.shown(seen));
    }
  }

  #recordOf(session: Session): ClientRecord | undefined {
    const record = this.#parts.clients.get(session.id);
    return record?.session === session ? record : undefined;
  }

  #end(name: string, subscription: Subscription): void {
    const { channels, events } = this.#parts;
    channels.remove(name, subscription);
    events.emit('unsubscribe', name, subscription.session.id);
    if (channels.prune(name)) events.emit('closed', name);
  }
}
