import { SharedBudget } from '../common/shared-budget.ts';
import { hasPassword, parseAddress } from './address.ts';
import type { Channel, Pipeline, Subscription } from './channel.ts';
import { ChannelTable } from './channels.ts';
import type { ClientRecord } from './client.ts';
import { ClientTable } from './clients.ts';
import type { Clock } from './clock.ts';
import type {
  HubCounters,
  HubOptions,
  HubState,
  IngressOptions,
  JoinOutcome,
  KeepRefusal,
  SendOptions,
  SubscribeOutcome,
} from './contract.ts';
import { detachText } from './detach.ts';
import { Directory } from './directory.ts';
import type { Egress } from './egress.ts';
import { Egresses } from './egresses.ts';
import { HubEmitter } from './events.ts';
import { channelOfLocked, isLocked, lockedName, redirect } from './locked-name.ts';
import { Message } from './message.ts';
import { type Observer, Observers } from './observers.ts';
import { isPattern, isTooDeep } from './pattern.ts';
import { traitsOf } from './protocol-traits.ts';
import { type Receipt, refusedReceipt } from './receipt.ts';
import { RetainedTable } from './retained.ts';
import { Retention } from './retention.ts';
import { Schedule } from './schedule.ts';
import type { LeaveReason, Protocol, Session } from './session.ts';

export type { HubCounters, HubOptions, HubState, JoinOutcome, SendOptions, SubscribeOutcome } from './contract.ts';

/**
 * The conversation: who is here, who wants which channel, and where each message goes. It knows no protocol, no socket
 * and no file; sessions hand it messages, and it hands messages to sessions.
 *
 * A message goes to the client of that name if one is online, and to it alone; else to the channel's subscribers but
 * the sender. What a client sends to its own name goes to that channel's subscribers, and back to it.
 *
 * It is a directory too, which has the answers about clients and channels; what becomes of retained messages is in `Retention`.
 */
export class Hub extends Directory {
  readonly events: HubEmitter;
  readonly counters: HubCounters = {
    messages: 0,
    deliveries: 0,
    refusals: { no_recipient: 0, not_allowed: 0, too_large: 0, queue_full: 0, closed: 0, store_full: 0, bad_name: 0 },
  };
  /**
   * The room for retained messages, by channel, for the hub and other matchers together. They ask it before they keep
   * a message that came to them (`set`, with `retainedBytes` of kept-bytes.ts), give back what they no longer keep (`delete`),
   * and count what they find at start (`restore`). What the hub itself asked them to retain is counted already.
   */
  readonly retainedBudget: SharedBudget;
  readonly #options: HubOptions;
  readonly #clock: Clock;
  readonly #clients: ClientTable;
  readonly #sessions: Map<string, Session>;
  readonly #channels: ChannelTable;
  readonly #retained: RetainedTable;
  readonly #retention: Retention;
  readonly #schedule: Schedule;
  readonly #egresses: Egresses;
  readonly #observers: Observers;
  #namesVersion = 0;
  #order = 0;

  constructor(options: HubOptions) {
    const { clock, store, maxRetained, maxRetainedBytes, maxScheduled, maxScheduledBytes } = options;
    const events = new HubEmitter();
    const clients = new ClientTable(options.maxKnownClients, options.protocols, (id) => events.emit('known', id));
    const sessions = new Map<string, Session>();
    const channels = new ChannelTable();
    const retainedBudget = new SharedBudget({ maxCount: maxRetained, maxBytes: maxRetainedBytes });
    const retained = new RetainedTable(clock, store, retainedBudget);
    const egresses = new Egresses();
    super({ clients, sessions, channels, retained, egresses });
    this.events = events;
    this.retainedBudget = retainedBudget;
    this.#options = options;
    this.#clock = clock;
    this.#clients = clients;
    this.#sessions = sessions;
    this.#channels = channels;
    this.#retained = retained;
    this.#egresses = egresses;
    this.#observers = new Observers((error) => events.emit('fault', error));
    this.#retention = new Retention(retained, options, events, egresses);
    const scheduledBudget = new SharedBudget({ maxCount: maxScheduled, maxBytes: maxScheduledBytes });
    this.#schedule = new Schedule(clock, store, scheduledBudget, (message, kept, { address }) => {
      this.#sendDue(message, { ...kept, address, accepted: true, passwords: true });
    });
  }

  /** Puts back what an earlier run left. Call it once, after `attach` and before anyone joins. */
  restore(state: HubState): void {
    const clients = [...state.clients];
    this.#clients.restore(clients, this.#clock.monotonicMs());
    // An older gateway wrote passwords down: what is on disk must not keep them until somebody comes.
    if (clients.some(({ subscriptions }) => subscriptions.some(hasPassword))) this.events.emit('known');
    this.#retention.restore(state.retained);
    this.#schedule.restore(state.scheduled);
  }

  /** Asks every session to close and ends every timer. */
  stop(): void {
    this.#retention.stop();
    this.#schedule.stop();
    for (const session of [...this.#sessions.values()]) session.close('shutdown');
  }

  // Clients

  /**
   * Brings a client online. An id that another session has is refused, unless that session speaks the same protocol and
   * `takeover`, by default the protocol's trait, says so: then the older one is closed, and nobody sees the client leave. A client that comes back soon
   * has its subscriptions again, but for those with a password: whoever takes the name may not know it.
   *
   * A client that is not known may come under the name of a channel that others subscribe to, and takes what is sent there
   * from them; `refuseChannels` keeps it out. `formerId` is who the client was before, under another id, and is away:
   * it is forgotten, and what waited for it is this client's.
   */
  join(
    session: Session,
    options: { takeover?: boolean; refuseChannels?: boolean; formerId?: string | undefined } = {},
  ): JoinOutcome {
    const { id, protocol } = session;
    const { isOfGateway, takesOverAtOnce } = traitsOf(this.#options.protocols, protocol);
    if (!isOfGateway && this.isReserved(id)) return { outcome: 'reserved' };
    const holder = this.#sessions.get(id);
    const { takeover = takesOverAtOnce } = options;
    if (holder && (holder.protocol !== protocol || !takeover)) return { outcome: 'taken', by: holder.protocol };
    const now = this.#clock.now();
    const known = this.#clients.get(id);
    const subscribers = known || isOfGateway ? [] : this.members(id);
    if (subscribers.length > 0 && options.refuseChannels) return { outcome: 'taken', by: 'channel' };
    const addresses = holder ? (known?.lasting() ?? []) : this.#waitingFor(id, protocol);
    if (options.formerId !== undefined && options.formerId !== id) {
      addresses.push(...this.#waitingFor(options.formerId, protocol));
      this.forget(options.formerId);
    }
    if (holder) this.#detach(holder);
    this.#namesVersion++;
    const record = this.#clients.enter(id, protocol, now);
    record.session = session;
    const isNews = known !== undefined && session.transient === true && !record.transient;
    record.transient = session.transient === true;
    record.origin = session.origin;
    record.joinedMs = now;
    record.order = ++this.#order;
    record.lastSeenMs = now;
    record.subscriptions.clear();
    record.restored.clear();
    this.#sessions.set(id, session);
    this.#clients.count(1);
    // What is written down of it is of no use any more.
    if (isNews) this.events.emit('known', id);
    if (holder) {
      this.noteContest(session, 'replaced', holder);
      holder.close('replaced');
    } else this.events.emit('join', id, protocol);
    if (subscribers.length > 0) this.events.emit('overlap', id, protocol, subscribers);
    for (const address of addresses) this.subscribe(session, address, { retained: false });
    for (const name of record.subscriptions.keys()) record.restored.add(name);
    this.#noteKnown(record);
    return { outcome: 'joined' };
  }

  /**
   * Notes that a newcomer was refused an id, as another has it, or took it from the other's connection, where that happened
   * outside of `join`: protocols decide some of it among themselves.
   */
  noteContest(
    { id, protocol, peer }: Pick<Session, 'id' | 'protocol' | 'peer'>,
    outcome: 'refused' | 'replaced',
    holder: Pick<Session, 'peer'> | undefined = this.#sessions.get(id),
  ): void {
    this.events.emit('contest', { id, protocol, peers: [peer, holder?.peer], isRefused: outcome === 'refused' });
  }

  /**
   * Takes a session out. Its subscriptions wait for it unless it said goodbye (`left`). A transient one is forgotten, but
   * where it `waits`: it may be resumed until `forget` is called. Nothing if it was replaced.
   */
  leave(session: Session, reason: LeaveReason, { waits = false }: { waits?: boolean } = {}): void {
    if (this.#sessions.get(session.id) !== session) return;
    const record = this.#clients.get(session.id) as ClientRecord;
    this.#detach(session);
    record.lastSeenMs = this.#clock.now();
    record.leftMs = this.#clock.monotonicMs();
    if (reason === 'left') record.subscriptions.clear();
    this.events.emit('leave', session.id, session.protocol, reason);
    if (session.transient && !waits) this.#clients.forget(session.id);
    this.#clients.trim();
    this.#noteKnown(record);
  }

  /** Takes a client out of those that are known; one that is online stays. */
  forget(id: string): void {
    this.#clients.forget(id);
    this.#namesVersion++;
    this.events.emit('known', id);
  }

  /** Notes that the client was heard of. */
  touch(id: string): void {
    const record = this.#clients.get(id);
    if (record) record.lastSeenMs = this.#clock.now();
  }

  /**
   * Changes whenever a client comes or goes, and whenever a channel begins or ends to have subscribers or a retained
   * message: until then whoever lists names may give the same list again.
   */
  get namesVersion(): number {
    return this.#namesVersion + this.#retained.version;
  }

  // Channels

  /**
   * Subscribes a session to a channel, or to every channel that an MQTT topic filter matches. The first subscription of
   * a client to a channel wins. The channel's retained message follows, unless `retained` is false.
   */
  subscribe(session: Session, written: string, options: { retained?: boolean } = {}): SubscribeOutcome {
    const text = detachText(written);
    const record = this.#clients.get(session.id);
    if (record?.session !== session) return 'not_joined';
    const address = parseAddress(text);
    if (!address || isTooDeep(address.name)) return 'malformed';
    // Nobody makes a channel of the gateway's own, such as `all`, private.
    if (address.password !== undefined && this.isReserved(address.name)) return 'wrong_password';
    if (record.subscriptions.has(address.name)) {
      // A subscription that waited for the client's return gives way to what the client asks for now.
      if (!record.restored.delete(address.name)) return 'already';
      if (record.subscriptions.get(address.name) === text) {
        const subscription = this.#channels.subscription(address.name, session);
        if (subscription && options.retained !== false) this.#retention.show(subscription, address);
        return 'subscribed';
      }
      this.unsubscribe(session, address.name);
    }
    if (record.subscriptions.size >= this.#options.maxSubscriptions) return 'too_many';
    let pipeline: Pipeline | undefined;
    if (address.functions !== undefined) {
      pipeline = this.#options.compile(address.functions, text);
      if (!pipeline) return 'malformed';
    }
    const channel = this.#channels.open(address, ++this.#order);
    if (!channel) return 'wrong_password';
    const subscription: Subscription = { session, address: text, pipeline };
    channel.subscriptions.push(subscription);
    record.subscriptions.set(address.name, text);
    if (channel.subscriptions.length === 1) {
      this.#namesVersion++;
      this.events.emit('created', channel.name);
    }
    this.events.emit('subscribe', channel.name, session.id);
    this.#noteKnown(record);
    if (options.retained !== false) this.#retention.show(subscription, address);
    return 'subscribed';
  }

  /** Ends a subscription; false where there was none. */
  unsubscribe(session: Session, text: string): boolean {
    const name = parseAddress(text)?.name;
    const record = this.#clients.get(session.id);
    if (name === undefined || record?.session !== session || !record.subscriptions.delete(name)) return false;
    this.#removeFrom(name, session);
    this.#noteKnown(record);
    return true;
  }

  /**
   * Keeps the last value of these fields of a channel's messages from now on, whoever sets them, for a client at `address`. Returns
   * those that are kept already, as the text of an object, or why they cannot be kept. A private channel is named with its password.
   */
  keepFields(client: string, to: string, fields: readonly string[], address?: string): { body: string } | KeepRefusal {
    // A functional channel's values are those of its channel, and what the gateway says is never old.
    const isFunctional = parseAddress(to)?.functions !== undefined;
    if (!this.isName(to) || isPattern(to) || isFunctional || this.isReserved(to)) return 'bad_name';
    const target = this.#channels.privateTarget(to);
    if (target === 'locked') return 'not_allowed';
    const name = target?.lockedName ?? to;
    const timestampMs = this.#clock.now();
    const setter = new Message({ from: client, to: target?.name ?? to, kind: 'dict', body: '{}', timestampMs });
    const body = this.#retention.keepFields(name, fields, setter, address);
    if (body !== undefined) return { body };
    this.counters.refusals.store_full++;
    return 'store_full';
  }

  /** Shows a message that the other matcher `keeper` retains to later subscribers everywhere; undefined takes it away. */
  mirrorRetained(channel: string, message: Message | undefined, keeper: Egress): void {
    this.#retention.mirror(channel, message, keeper);
  }

  // Messages

  /**
   * Shows every message that is sent, with its receipt, to `observer`, until the returned function is called. What it throws is
   * the event `fault`.
   */
  observe(observer: Observer): () => void {
    return this.#observers.add(observer);
  }

  /** Hands another matcher what is sent, from now on, until the returned function is called. */
  attach(egress: Egress): () => void {
    return this.#egresses.add(egress);
  }

  /**
   * Sends what came in from another matcher, as `options` say, if it means anything here: there is somebody to get it or to see
   * it, or a retained message that it ends or changes. Else `create`, which makes the message from `source`, is not called.
   */
  offer<T>(channel: string, options: IngressOptions, create: (source: T) => Message, source: T): Receipt | undefined {
    const patterns = this.#channels.matching(channel);
    if (patterns.length === 0 && !this.#isHeard(channel, options.ingress)) return undefined;
    return this.#send(create(source), options, patterns);
  }

  #isHeard(channel: string, ingress: Egress): boolean {
    if (this.#channels.get(channel) !== undefined || this.#sessions.has(channel)) return true;
    if (this.#observers.size > 0 || this.#egresses.hasOthers(ingress)) return true;
    const standing = this.#retained.standing(channel);
    return standing === 'own' || standing === 'kept' || channel.includes(':');
  }

  /**
   * Sends a message to whoever it is for, now or at `dueMs`, and says what became of it. One that is to be kept and for
   * which there is no room is sent to nobody.
   */
  send(message: Message, options: SendOptions = NO_OPTIONS): Receipt {
    if (options.delayMs !== undefined || options.dueMs !== undefined) {
      const dueMs = this.#schedule.dueOf(options);
      if (dueMs !== undefined) {
        if (!this.isName(message.to)) {
          this.counters.refusals.bad_name++;
          return refusedReceipt('bad_name');
        }
        if (this.#schedule.add(this.#locked(message, options), dueMs, options))
          return { delivered: 0, refused: 0, reason: undefined, dueMs };
        this.counters.refusals.store_full++;
        return refusedReceipt('store_full');
      }
    }
    return this.#send(message, options);
  }

  /** `patterns`: those that the channel matches, where that was looked up already. */
  #send(message: Message, options: SendOptions, patterns?: readonly Channel[]): Receipt {
    this.counters.messages++;
    const receipt: Receipt = { delivered: 0, refused: 0, reason: undefined };
    const direct = this.#sessions.get(message.to);
    if (direct !== undefined && message.to !== message.from) {
      if (!options.ingress?.serves(direct)) this.#deliver(direct, message, receipt);
    } else {
      this.#sendToChannel(message, options, receipt, patterns);
      if (direct !== undefined && options.echo !== false && receipt.reason !== 'store_full') {
        this.#deliver(direct, message, receipt);
      }
    }
    if (receipt.delivered === 0 && receipt.reason === undefined) receipt.reason = 'no_recipient';
    this.counters.deliveries += receipt.delivered;
    if (receipt.reason !== undefined) this.counters.refusals[receipt.reason] += Math.max(1, receipt.refused);
    if (this.#observers.size > 0) this.#observers.show(message, receipt);
    return receipt;
  }

  #sendToChannel(message: Message, options: SendOptions, receipt: Receipt, known?: readonly Channel[]): void {
    const { to } = message;
    const channel = this.#channels.get(to);
    // Other matchers look at their topics by the rules of their own protocol.
    if (channel === undefined && options.ingress === undefined && !this.isName(to)) {
      receipt.reason = 'bad_name';
      return;
    }
    if (channel?.password !== undefined || (channel === undefined && to.includes(':'))) {
      const target = this.#channels.privateTarget(to);
      if (target === 'locked') {
        receipt.reason = 'not_allowed';
        return;
      }
      if (target !== undefined || this.isSecret(to, options)) {
        this.#sendToPrivate(target, message, options, receipt);
        return;
      }
    }
    let retainMs: number | undefined;
    if (options.retainMs !== undefined || options.keep || this.#retained.size > 0) {
      const isNews = options.keep === true && this.isReserved(to);
      retainMs = this.#retention.settle(to, message, isNews ? { ...options, keep: false } : options, receipt);
      if (receipt.reason === 'store_full') return;
    }
    const patterns = known ?? this.#channels.matching(to);
    if (patterns.length > 0) this.#fanOutToAll(channel, patterns, message, receipt);
    else if (channel !== undefined) this.#fanOut(channel, message, receipt);
    receipt.delivered += this.#egresses.publish(message, retainMs, options.ingress);
  }

  /** A private channel is for its subscribers alone: no pattern and no other matcher sees it. `channel`: where it has any now. */
  #sendToPrivate(channel: Channel | undefined, message: Message, options: SendOptions, receipt: Receipt): void {
    const name = channel?.lockedName ?? this.#locked(message, options).to;
    this.#retention.settle(name, message, options, receipt, redirect(message, channelOfLocked(name)));
    if (receipt.reason === 'store_full') return;
    // Kept before anyone had made the channel a private one.
    this.#retention.erase(message.to);
    if (channel !== undefined) this.#fanOut(channel, message, receipt);
  }

  /** The message as it may be written down: to the locked name where its own has a password. */
  #locked(message: Message, options: SendOptions): Message {
    const address = this.isSecret(message.to, options) ? parseAddress(message.to) : undefined;
    return address ? redirect(message, lockedName(address.name, address.password ?? '')) : message;
  }

  /** Sends what waited for its time; one to a locked name needs the channel that this name is of. */
  #sendDue(message: Message, options: SendOptions): void {
    const channel = isLocked(message.to) ? this.#channels.get(channelOfLocked(message.to)) : undefined;
    if (channel?.lockedName === message.to) {
      this.send(redirect(message, `${channel.name}:${channel.password}`), options);
    } else if (!isLocked(message.to)) this.send(message, options);
    else if (options.retainMs !== undefined || options.keep) {
      const shown = redirect(message, channelOfLocked(message.to));
      this.#retention.settle(message.to, message, options, refusedReceipt('no_recipient'), shown);
    }
  }

  /** Delivers to the subscribers of a channel and of the patterns that it matches, once to each. */
  #fanOutToAll(channel: Channel | undefined, patterns: readonly Channel[], message: Message, receipt: Receipt): void {
    const served = patterns.length + (channel === undefined ? 0 : 1) > 1 ? new Set<Session>() : undefined;
    if (channel !== undefined) this.#fanOut(channel, message, receipt, served);
    for (const pattern of patterns) this.#fanOut(pattern, message, receipt, served);
  }

  /** Delivers to a channel's subscribers but the sender, and but those in `served`, to which it adds them. */
  #fanOut(channel: Channel, message: Message, receipt: Receipt, served?: Set<Session>): void {
    const { subscriptions } = channel;
    for (let index = 0; index < subscriptions.length; index++) {
      const { session, pipeline } = subscriptions[index] as Subscription;
      if (session.id === message.from || served?.has(session)) continue;
      const changed = pipeline === undefined ? message : pipeline(message);
      if (changed === undefined) continue;
      served?.add(session);
      this.#deliver(session, changed, receipt);
    }
  }

  #deliver(session: Session, message: Message, receipt: Receipt): void {
    const delivery = session.deliver(message);
    if (delivery === 'delivered') receipt.delivered++;
    else {
      receipt.refused++;
      receipt.reason ??= delivery;
    }
  }

  /** The addresses that wait for a client which is away. */
  #waitingFor(id: string, protocol: Protocol): string[] {
    const known = this.#clients.get(id);
    if (known === undefined || known.session !== undefined || known.protocol !== protocol) return [];
    return this.#clock.monotonicMs() - known.leftMs <= this.#options.stickyMs ? known.lasting() : [];
  }

  #removeFrom(name: string, session: Session): void {
    if (!this.#channels.remove(name, session)) return;
    this.events.emit('unsubscribe', name, session.id);
    if (!this.#channels.prune(name)) return;
    this.#namesVersion++;
    this.events.emit('closed', name);
  }

  /** Says that the known clients changed, unless it was one that is not to be known. */
  #noteKnown({ id, traits, transient }: ClientRecord): void {
    if (!traits.isOfGateway && !transient) this.events.emit('known', id);
  }

  /** Takes a session's subscriptions and its place away; its record keeps the addresses. */
  #detach(session: Session): void {
    const record = this.#clients.get(session.id);
    if (!record) return;
    for (const name of record.subscriptions.keys()) this.#removeFrom(name, session);
    record.forgetPasswords();
    this.#namesVersion++;
    record.session = undefined;
    this.#sessions.delete(session.id);
    this.#clients.count(-1);
  }
}

const NO_OPTIONS: SendOptions = {};
