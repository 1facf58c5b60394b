import { SharedBudget } from '../common/shared-budget.ts';
import { hasPassword, parseAddress } from './address.ts';
import { Asking } from './asking.ts';
import { ChannelTable } from './channels.ts';
import { ClientTable } from './clients.ts';
import type {
  HubCounters,
  HubOptions,
  HubState,
  IngressOptions,
  JoinOptions,
  JoinOutcome,
  KeepRefusal,
  SendOptions,
  SubscribeOutcome,
} from './contract.ts';
import { Counting } from './counting.ts';
import { Directory } from './directory.ts';
import type { Egress, FilterWatch } from './egress.ts';
import { Egresses } from './egresses.ts';
import { Elsewhere } from './elsewhere.ts';
import { HubEmitter } from './events.ts';
import type { Guard, Sender } from './guard.ts';
import { History } from './history/history.ts';
import type { RawSource } from './history/said.ts';
import { Joining } from './joining.ts';
import { Message, type MessageInit } from './message.ts';
import type { Observer } from './observers.ts';
import type { HubParts } from './parts.ts';
import { isPattern } from './pattern.ts';
import { traitsOf } from './protocol-traits.ts';
import type { Receipt } from './receipt.ts';
import { type RetainedMark, RetainedTable } from './retained.ts';
import { Retention } from './retention.ts';
import type { SharedSchedule } from './schedule.ts';
import { Sending } from './sending.ts';
import { Sequence } from './sequence.ts';
import type { LeaveReason, Protocol, Session } from './session.ts';
import type { ShapeRules } from './shape-rules.ts';
import { showSizes } from './sizes.ts';
import type { RetainedRecord } from './store.ts';
import { Subscribing } from './subscribing.ts';
import type { Tracer } from './tracer.ts';
import { Tracing } from './tracing.ts';
import { countedWatch, watchChannels } from './watch-channels.ts';

export type { HubCounters, HubOptions, HubState, JoinOutcome, SendOptions, SubscribeOutcome } from './contract.ts';

const NO_OPTIONS = {};
/**
 * Clients, channels and routing: who is online, who subscribes to which channel, and where each message goes. The hub knows no
 * protocol, no socket and no file; sessions hand it messages, and it hands messages to sessions.
 *
 * If a client with the recipient's name is online, only this client gets the message; otherwise the subscribers of the channel get it,
 * except the sender. A message that a client sends to its own id goes to the subscribers of that channel, and back to the client.
 *
 * As a `Directory`, the hub also answers questions about clients and channels. The work is done in `Joining`, `Subscribing`, `Sending`,
 * and `Retention` (retained messages).
 */
export class Hub extends Directory {
  readonly events: HubEmitter;
  /**
   * The room for retained messages, by channel, which the hub and other matchers share. A matcher asks for room before it retains a
   * message from its own clients (`set`, with `retainedBytes` of kept-bytes.ts), returns the room later (`delete`), and counts what it
   * restores at its start (`restore`). Messages that the hub asked it to retain are counted already.
   */
  readonly retainedBudget: SharedBudget;
  /** Who is online at other gateways; whoever knows them writes it. */
  readonly elsewhere: Elsewhere;
  /** What was said on public channels lately. Whoever looks must know who may hear them. */
  readonly history: History;
  readonly #parts: HubParts;
  readonly #joining: Joining;
  readonly #subscribing: Subscribing;
  readonly #sending: Sending;

  constructor(options: HubOptions) {
    const { clock, store, maxKnownClients, protocols } = options;
    const events = new HubEmitter();
    const order = new Sequence();
    const clients = new ClientTable({
      maxOffline: maxKnownClients,
      protocols,
      order,
      forgotten: (id) => events.emit('known', id),
    });
    const channels = new ChannelTable(order);
    const budget = new SharedBudget({ maxCount: options.maxRetained, maxBytes: options.maxRetainedBytes });
    showSizes(options.metrics, { clients, channels, retained: budget });
    const retained = new RetainedTable(clock, store, budget);
    const egresses = new Egresses();
    const elsewhere = new Elsewhere(events, (id) => clients.session(id) !== undefined);
    super({ clients, channels, retained, egresses, elsewhere });
    this.events = events;
    this.elsewhere = elsewhere;
    this.retainedBudget = budget;
    const asking = new Asking(clients);
    const retention = new Retention({ retained, options, events, egresses, asking });
    const counting = new Counting(options.metrics);
    const tables = { clients, channels, retained, egresses, elsewhere };
    const tracing = new Tracing(this);
    this.history = new History(clock, options.metrics, options.history, (channel) => this.isReserved(channel));
    const { history } = this;
    this.#parts = { ...tables, options, events, counting, retention, asking, tracing, history, directory: this };
    this.#subscribing = new Subscribing(this.#parts);
    this.#joining = new Joining(this.#parts, this.#subscribing);
    this.#sending = new Sending(this.#parts);
  }

  /** Totals of the messages sent so far, and of their deliveries and refusals. */
  get counters(): HubCounters {
    return this.#parts.counting.totals();
  }

  /** Restores the state of an earlier run. Call it once, after `attach` and before any client joins. */
  restore(state: HubState): void {
    const clients = [...state.clients];
    this.#parts.clients.restore(clients, this.#parts.options.clock.monotonicMs());
    // An older version stored passwords: they must not stay on disk until the client comes back.
    if (clients.some(({ subscriptions }) => subscriptions.some(hasPassword))) this.events.emit('known');
    this.#parts.retention.restore(state.retained);
    this.#sending.restore(state.scheduled);
  }

  /** Has whoever knows the rules asked about what outlives a connection; by default all of it is allowed. */
  guard(guard: Guard): void {
    this.#parts.asking.guard = guard;
  }

  /** Has messages refused that do not fit; by default all do. */
  enforce(rules: ShapeRules): void {
    this.#parts.asking.shapes = rules;
  }

  /** What messages must be; undefined: anything. Other matchers ask for what does not come here. */
  get shapes(): ShapeRules | undefined {
    return this.#parts.asking.shapes;
  }

  /** Whether somebody, who need not be online any more, may send to a channel or client now; see `Guard`. */
  maySendNow(sender: Sender, to: string): boolean {
    return this.#parts.asking.guard.maySendNow(sender, to);
  }

  /** Asks every session to close and ends every timer. */
  stop(): void {
    this.#parts.retention.stop();
    this.#sending.stop();
    this.history.stop();
    for (const session of this.#parts.clients.sessions()) session.close('shutdown');
  }

  // Clients

  /**
   * Brings a client online. If another session has the id, the client is refused, unless both use the same protocol and `takeover` is
   * set: then the older session is closed, and other clients do not see it leave. A client that comes back soon gets its subscriptions
   * back, except those with a password, as the new client might not know it.
   *
   * An unknown client may take the name of a channel that others subscribe to; they then no longer get what is sent there. With
   * `refuseChannels` it is refused.
   */
  join(session: Session, options: JoinOptions = NO_OPTIONS): JoinOutcome {
    return this.#joining.join(session, options);
  }

  /**
   * Records that two connections wanted one id, and that the newcomer was refused or replaced the other one. For contests that a
   * protocol decides itself, outside of `join`.
   */
  noteContest(
    newcomer: Pick<Session, 'id' | 'protocol' | 'peer'>,
    outcome: 'refused' | 'replaced',
    holder?: Pick<Session, 'peer'>,
  ): void {
    this.#joining.noteContest(newcomer, outcome, holder);
  }

  /**
   * Takes a session offline. Its subscriptions are kept unless it said goodbye (`left`). A transient client is forgotten; with `waits` only
   * when `forget` is called, as its session may be resumed until then. Does nothing if the session was replaced.
   */
  leave(session: Session, reason: LeaveReason, options: { waits?: boolean } = NO_OPTIONS): void {
    this.#joining.leave(session, reason, options);
  }

  /**
   * Closes the session of a client whose id another gateway has now, as `replaced`; other clients do not see it leave. Its subscriptions wait
   * for it.
   */
  giveUp(id: string): void {
    this.#joining.giveUp(id);
  }

  /**
   * What a client that has come to another gateway is subscribed to here, or would be again if it came back; it waits for it there from now on.
   * Nothing for a client of another protocol or account than the one that is known here.
   */
  handOver(id: string, protocol: Protocol, account: string | undefined): readonly string[] {
    return this.#joining.handOver(id, protocol, account);
  }

  /** Subscribes a client that has come from another gateway to what it was subscribed to there, as far as it may hear that. */
  adopt(session: Session, addresses: readonly string[]): void {
    const record = this.#parts.clients.get(session.id);
    if (record?.session === session) this.#subscribing.adopt(record, addresses);
  }

  /** Forgets an offline client; a client that is online stays. `keeps`: what other matchers have of it stays there. */
  forget(id: string, { keeps = true } = {}): void {
    this.#joining.forget(id);
    if (!keeps && this.session(id) === undefined) this.#parts.egresses.forget(id);
  }

  /** Records that the client has just given a sign of life. */
  touch(id: string): void {
    const record = this.#parts.clients.get(id);
    if (record) record.lastSeenMs = this.#parts.options.clock.now();
  }

  /** Whether clients of a protocol are online for one request only. */
  isBrief(protocol: Protocol): boolean {
    return traitsOf(this.#parts.options.protocols, protocol).isBrief === true;
  }

  /** Every session that is online, the gateway's own included. */
  sessions(): Session[] {
    return this.#parts.clients.sessions();
  }

  // Channels

  /**
   * Subscribes a session to a channel, or to every channel that an MQTT topic filter matches. If a client
   * subscribes to a channel twice, the first subscription stays. The channel's retained message follows, unless `retained` is false.
   */
  subscribe(session: Session, address: string, options: { retained?: boolean } = NO_OPTIONS): SubscribeOutcome {
    return this.#subscribing.subscribe(session, address, options);
  }

  /** Ends a subscription; false if there was none. */
  unsubscribe(session: Session, address: string): boolean {
    return this.#subscribing.unsubscribe(session, address);
  }

  /**
   * Keeps the last values of these fields of a channel's messages from now on, whichever client sets them. `client`, at `address`, asked
   * for it. Returns the values that are kept already, as the text of an object, or why they cannot be kept. A private channel is named
   * with its password.
   */
  keepFields(client: string, to: string, fields: readonly string[], address?: string): { body: string } | KeepRefusal {
    // A functional channel's values are those of its channel, and what the gateway says is never old.
    const isFunctional = parseAddress(to)?.functions !== undefined;
    if (!this.isName(to) || isPattern(to) || isFunctional || this.isReserved(to)) return 'bad_name';
    const target = this.#parts.channels.privateTarget(to);
    if (target === 'locked') return 'not_allowed';
    const name = target?.lockedName ?? to;
    const timestampMs = this.#parts.options.clock.now();
    const setter = new Message({ from: client, to: target?.name ?? to, kind: 'dict', body: '{}', timestampMs });
    const body = this.#parts.retention.keepFields(name, fields, setter, address);
    if (body !== undefined) return { body };
    this.#parts.counting.refusals.store_full.value++;
    return 'store_full';
  }

  /** Ends what a channel retains, kept values included, whoever keeps it. False where nothing is retained. */
  clearRetained(channel: string): boolean {
    return this.#parts.retention.clear(channel);
  }

  /**
   * Notes that the other matcher `keeper` retains a message for a channel, in place of any other: who sent it, and when. What it says
   * is asked of the keeper when somebody is to get it. undefined: it does not any more, and nothing is retained for the channel. Texts must
   * have memory of their own, and not be parts of what was read.
   */
  mirrorRetained(channel: string, mark: RetainedMark | undefined, keeper: Egress): void {
    this.#parts.retention.mirror(channel, mark, keeper);
  }

  /** All that is known of what a channel retains, whoever keeps it; undefined where it retains nothing. */
  retainedRecord(channel: string): RetainedRecord | undefined {
    return this.#parts.retained.record(channel);
  }

  /**
   * Keeps what another gateway retains for a channel, in place of anything else; undefined: nothing. It is sent to no one now. False where there
   * is no room for it: then nothing is retained here.
   */
  adoptRetained(channel: string, record: RetainedRecord | undefined): boolean {
    return this.#parts.retention.adopt(channel, record);
  }

  /** Ends those subscriptions of a session that `ends` is true for, by the name of the channel or topic filter. Returns their addresses. */
  endSubscriptions(session: Session, ends: (name: string) => boolean): string[] {
    return this.#subscribing.endWhere(session, ends);
  }

  // Messages

  /**
   * Calls `observer` with every message and its receipt, until the returned function is called. If it throws, the hub emits the
   * event `fault`.
   */
  observe(observer: Observer): () => void {
    return this.#sending.observe(observer);
  }

  /** Has `tracer` write down what becomes of messages from now on; by default nobody does. */
  trace(tracer: Tracer): void {
    this.#parts.tracing.tracer = tracer;
  }

  /** Who writes it down, for matchers that hand messages to clients of their own. */
  get tracer(): Tracer {
    return this.#parts.tracing.tracer;
  }

  /**
   * Tells `watch` which public channels and topic filters are subscribed to, by whatever protocol, and what changes in that, until the returned
   * function is called. Channels that only `asker` has subscribers for are not among them.
   */
  watchFilters(watch: FilterWatch, asker: Egress): () => void {
    const { channels, egresses } = this.#parts;
    const counted = countedWatch(watch);
    const undo = [watchChannels(channels, this.events, counted), egresses.watchFilters(counted, asker)];
    return () => {
      for (const each of undo) each();
    };
  }

  /** Hands all messages to another matcher from now on, until the returned function is called. */
  attach(egress: Egress): () => void {
    return this.#parts.egresses.add(egress);
  }

  /**
   * Sends a message that came from another matcher, if it has any effect here: a recipient, or a retained message that it
   * ends or changes. Otherwise it is only remembered and shown to observers, if there are any; `create` makes the message from `source`,
   * and `raw` says how it is remembered without that.
   */
  offer<T>(
    channel: string,
    options: IngressOptions,
    create: (source: T) => Message,
    source: T,
    raw?: RawSource<T>,
  ): Receipt | undefined {
    return this.#sending.offer(channel, options, create, source, raw);
  }

  /** Whether there is another matcher that `keep` may matter to. */
  get keeps(): boolean {
    return this.#parts.egresses.haveKeepers;
  }

  /**
   * Has a kept message that came from another matcher written down by those that are to get it to others later, before anybody is handed it and
   * its sender is told that it is safe. Returns the message, which `offer` is to be given then; undefined: nobody writes it down.
   */
  keep<T>(channel: string, options: IngressOptions, create: (source: T) => Message, source: T): Message | undefined {
    return this.#sending.keep(channel, options, create, source);
  }

  /** What waits for its time, for whoever shares it with other gateways. */
  get schedule(): SharedSchedule {
    return this.#sending.schedule;
  }

  /** The ids for whom what is sent to them waits here while they are away, whether they are or not; not if that is another gateway's matter. */
  holders(): Iterable<string> {
    return this.#parts.egresses.holders();
  }

  /** Whether an id is one of these. */
  holds(id: string): boolean {
    return this.#parts.egresses.holds(id);
  }

  /** Hands out what waits for a client that is away, for another gateway; see `Egress.takeWaiting`. */
  async takeWaiting(
    id: string,
    account: string | undefined,
    take: (message: MessageInit) => boolean,
  ): Promise<boolean> {
    return await this.#parts.egresses.takeWaiting(id, account, take);
  }

  /**
   * Sends a message to its recipients, now or at `dueMs`, and returns the receipt. If it is to be retained or scheduled, and there is no
   * room for it, nobody gets it.
   */
  send(message: Message, options: SendOptions = NO_OPTIONS): Receipt {
    return this.#sending.send(message, options);
  }
}

/** How many are online by each protocol. */
