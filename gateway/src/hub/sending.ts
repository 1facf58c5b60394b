import { SharedBudget } from '../common/shared-budget.ts';
import { parseAddress, withoutPassword } from './address.ts';
import type { Asking } from './asking.ts';
import type { Channel, Subscription } from './channel.ts';
import type { ChannelTable } from './channels.ts';
import type { ClientRecord } from './client.ts';
import type { ClientTable } from './clients.ts';
import type { IngressOptions, SendOptions } from './contract.ts';
import type { Counting } from './counting.ts';
import type { Directory } from './directory.ts';
import type { Egress } from './egress.ts';
import type { Egresses } from './egresses.ts';
import type { HubEmitter } from './events.ts';
import { Forwarding } from './forwarding.ts';
import type { History } from './history/history.ts';
import type { RawSource } from './history/said.ts';
import { channelOfLocked, isLocked, lockedName, redirect } from './locked-name.ts';
import type { Message } from './message.ts';
import { type Observer, Observers } from './observers.ts';
import type { HubParts } from './parts.ts';
import { type Receipt, refusedReceipt } from './receipt.ts';
import type { RetainedTable } from './retained.ts';
import type { Retention } from './retention.ts';
import { Schedule } from './schedule.ts';
import type { NameView, Session } from './session.ts';
import type { ScheduledRecord } from './store.ts';
import { Tally } from './tally.ts';
import type { Trail } from './tracer.ts';
import type { Tracing } from './tracing.ts';

const NO_OPTIONS: SendOptions = {};

/** Where each message goes: to one client, to a channel's subscribers, or later. */
export class Sending {
  readonly #clients: ClientTable;
  readonly #channels: ChannelTable;
  readonly #retained: RetainedTable;
  readonly #retention: Retention;
  readonly #egresses: Egresses;
  readonly #directory: Directory;
  readonly #counting: Counting;
  readonly #schedule: Schedule;
  readonly #observers: Observers;
  readonly #events: HubEmitter;
  readonly #asking: Asking;
  readonly #tracing: Tracing;
  readonly #forwarding: Forwarding;
  readonly #history: History;

  constructor(parts: HubParts) {
    const { options, events, counting, clients, channels, retained, retention, egresses, directory, asking } = parts;
    this.#tracing = parts.tracing;
    this.#history = parts.history;
    this.#forwarding = new Forwarding(parts, (message, receipt, how) => this.#observers.show(message, receipt, how));
    this.#events = events;
    this.#asking = asking;
    this.#clients = clients;
    this.#channels = channels;
    this.#retained = retained;
    this.#retention = retention;
    this.#egresses = egresses;
    this.#directory = directory;
    this.#counting = counting;
    const { clock, store, maxScheduled, maxScheduledBytes } = options;
    this.#observers = new Observers((error) => events.emit('fault', error));
    const budget = new SharedBudget({ maxCount: maxScheduled, maxBytes: maxScheduledBytes });
    this.#schedule = new Schedule(clock, store, budget, (message, kept) => {
      this.#sendDue(message, { ...kept, accepted: true, passwords: true });
    });
  }

  /** Puts back what waits for its time. */
  restore(scheduled: Iterable<ScheduledRecord>): void {
    this.#schedule.restore(scheduled);
  }

  /** See `Hub.schedule`. */
  get schedule(): Schedule {
    return this.#schedule;
  }

  /** Ends every timer. */
  stop(): void {
    this.#schedule.stop();
  }

  /** See `Hub.observe`. */
  observe(observer: Observer): () => void {
    return this.#observers.add(observer);
  }

  /** See `Hub.send`. `patterns`: those that the channel matches, where that was looked up already. */
  send(message: Message, options: SendOptions, patterns?: readonly Channel[]): Receipt {
    const { shapes } = this.#asking;
    // Other matchers have asked, and other gateways too.
    if (shapes !== undefined && options.ingress === undefined) {
      const misfit = shapes.misfitOf(message);
      if (misfit !== undefined) return this.#refuseMisfit(message, options, misfit);
    }
    if (options.delayMs !== undefined || options.dueMs !== undefined) {
      const dueMs = this.#schedule.dueOf(options);
      if (dueMs !== undefined) return this.#sendLater(message, dueMs, options);
    }
    this.#counting.messages.value++;
    const client = this.#clients.get(message.to);
    const direct = client?.session;
    const trail = options.trail ?? this.#follow(message, options);
    const remote = direct === undefined ? this.#forwarding.target(message, options) : undefined;
    if (remote !== undefined) return this.#forwarding.send(message, remote, options, trail);
    const tally = new Tally(trail);
    const { receipt } = tally;
    const isToItself = message.to === message.from;
    if (client !== undefined && direct !== undefined && !isToItself && !this.#isOthersChannel(client)) {
      if (!options.ingress?.serves(direct)) deliver(direct, message, tally, client.names);
    } else {
      this.#sendToChannel(message, options, tally, patterns);
      if (direct !== undefined && isToItself && options.echo !== false && receipt.reason !== 'store_full') {
        deliver(direct, message, tally, client?.names);
      }
    }
    if (receipt.delivered === 0 && receipt.reason === undefined) receipt.reason = 'no_recipient';
    this.#counting.deliveries.value += receipt.delivered;
    if (receipt.reason !== undefined) this.#counting.refusals[receipt.reason].value += Math.max(1, receipt.refused);
    if (receipt.reason !== undefined || tally.trail !== undefined) this.#tracing.end(message, options, tally);
    if (this.#observers.size > 0) this.#observers.show(message, receipt, options);
    return receipt;
  }

  #refuseMisfit(message: Message, options: SendOptions, misfit: string): Receipt {
    this.#counting.refusals.not_allowed.value++;
    this.#tracing.refuse(message, options, misfit);
    this.#events.emit('misfit', withoutPassword(message.to), message.from, misfit);
    return { ...refusedReceipt('not_allowed'), misfit };
  }

  /** Most messages find no room where there are many. */
  #follow(message: Message, options: SendOptions): Trail | undefined {
    const { room } = this.#tracing.tracer;
    if (room.left > 0) return this.#tracing.begin(message, options);
    if (options.ingress === undefined) room.leftOut++;
    return undefined;
  }

  /**
   * True where a client that is online has the name of a channel that it may not hear, and others subscribe to it: what is sent there is
   * theirs.
   */
  #isOthersChannel({ id, hearer }: ClientRecord): boolean {
    if (hearer === undefined || hearer.hears(id)) return false;
    for (const member of this.#directory.eachMember(id)) if (member !== id) return true;
    return false;
  }

  /** See `Hub.offer`. */
  offer<T>(
    channel: string,
    options: IngressOptions,
    create: (source: T) => Message,
    source: T,
    raw?: RawSource<T>,
  ): Receipt | undefined {
    const patterns = this.#channels.matching(channel);
    if (patterns.length > 0 || this.#isHeard(channel, options.ingress)) {
      return this.send(create(source), options, patterns);
    }
    // Whether somebody watches must change nothing for anybody else, the counters included.
    const row = this.#history.row(channel);
    const isUnread = row !== undefined && raw !== undefined && this.#history.noteRaw(row, source, raw);
    if ((row !== undefined && !isUnread) || this.#observers.size > 0) {
      const message = create(source);
      if (row !== undefined && !isUnread) this.#history.note(row, message);
      this.#observers.show(message, refusedReceipt('no_recipient'), options);
    }
    return undefined;
  }

  /** See `Hub.keep`. */
  keep<T>(channel: string, options: IngressOptions, create: (source: T) => Message, source: T): Message | undefined {
    const client = this.#clients.get(channel);
    if (client?.session === undefined && this.#forwarding.waits(channel, options)) {
      const message = create(source);
      if (message.from !== channel) this.#forwarding.keep(message, options);
      return message;
    }
    if (!this.#egresses.keeps(channel, options.ingress)) return undefined;
    const isOthers = client?.session !== undefined && this.#isOthersChannel(client);
    if (this.#directory.isOnline(channel) && !isOthers) return undefined;
    if (this.#channels.privateTarget(channel) !== undefined || this.#directory.isSecret(channel, options)) return;
    const message = create(source);
    this.#egresses.keep(message, options.ingress);
    return message;
  }

  #isHeard(channel: string, ingress: Egress): boolean {
    if (this.#channels.get(channel) !== undefined || this.#directory.isOnline(channel)) return true;
    if (this.#forwarding.waits(channel, NO_OPTIONS)) return true;
    if (this.#egresses.reaches(channel, ingress)) return true;
    const standing = this.#retained.standing(channel);
    return standing === 'own' || standing === 'kept' || channel.includes(':');
  }

  #sendLater(message: Message, dueMs: number, options: SendOptions): Receipt {
    if (!this.#directory.isName(message.to)) return this.#refuseLater(message, options, 'bad_name');
    const { account } = this.#asking.senderOf(message, options);
    if (this.#schedule.add(this.#locked(message, options), dueMs, { ...options, account }))
      return { delivered: 0, refused: 0, reason: undefined, dueMs };
    return this.#refuseLater(message, options, 'store_full');
  }

  #refuseLater(message: Message, options: SendOptions, reason: 'bad_name' | 'store_full'): Receipt {
    this.#counting.refusals[reason].value++;
    const tally = new Tally(undefined, reason);
    this.#tracing.end(message, options, tally);
    return tally.receipt;
  }

  #sendToChannel(message: Message, options: SendOptions, tally: Tally, known?: readonly Channel[]): void {
    const { to } = message;
    const { receipt } = tally;
    const channel = this.#channels.get(to);
    // Other matchers look at their topics by the rules of their own protocol.
    if (channel === undefined && options.ingress === undefined && !this.#directory.isName(to)) {
      receipt.reason = 'bad_name';
      return;
    }
    if (channel?.password !== undefined || (channel === undefined && to.includes(':'))) {
      if (this.#sendToPrivate(message, options, tally)) return;
    }
    let retainMs: number | undefined;
    // What a channel retains is decided where the message came in, and gateways tell one another.
    const isOthers = options.gateway !== undefined;
    if (!isOthers && (options.retainMs !== undefined || options.keep || this.#retained.size > 0)) {
      const isNews = options.keep === true && this.#directory.isReserved(to);
      retainMs = this.#retention.settle(to, message, isNews ? { ...options, keep: false } : options, receipt);
      if (receipt.reason === 'store_full') return;
    }
    const patterns = known ?? this.#channels.matching(to);
    const row = this.#history.row(to);
    if (row !== undefined) this.#history.note(row, message);
    if (options.view !== undefined) fanOutViews(channel, patterns, message, tally, options.view);
    else if (patterns.length > 0) fanOutToAll(channel, patterns, message, tally);
    else if (channel !== undefined) fanOut(channel, message, tally);
    this.#forwarding.keepToo(message, options, tally);
    receipt.delivered += this.#egresses.publish(message, retainMs, options.ingress, tally.trail);
  }

  /**
   * A private channel is for its subscribers alone: no pattern and no other matcher sees it. False where the name is of none, and of none
   * that somebody may make yet.
   */
  #sendToPrivate(message: Message, options: SendOptions, tally: Tally): boolean {
    const { receipt } = tally;
    const channel = this.#channels.privateTarget(message.to);
    if (channel === 'locked') {
      receipt.reason = 'not_allowed';
      return true;
    }
    if (channel === undefined && !this.#directory.isSecret(message.to, options)) return false;
    const name = channel?.lockedName ?? this.#locked(message, options).to;
    this.#retention.settle(name, message, options, receipt, redirect(message, channelOfLocked(name)));
    if (receipt.reason === 'store_full') return true;
    // Kept before anyone had made the channel a private one.
    this.#retention.erase(message.to);
    if (channel !== undefined) fanOut(channel, message, tally);
    return true;
  }

  /** Sends what waited for its time, if its sender still may; one to a locked name needs the channel that this name is of. */
  #sendDue(message: Message, options: SendOptions): void {
    const { from, to } = message;
    const name = isLocked(to) ? channelOfLocked(to) : to;
    if (!this.#asking.guard.maySendNow({ id: from, account: options.account }, name)) {
      this.#events.emit('forbidden', name, from);
      return;
    }
    const channel = isLocked(message.to) ? this.#channels.get(channelOfLocked(message.to)) : undefined;
    if (channel?.lockedName === message.to) {
      this.send(redirect(message, `${channel.name}:${channel.password}`), options);
    } else if (!isLocked(message.to)) this.send(message, options);
    else if (options.retainMs !== undefined || options.keep) {
      const shown = redirect(message, channelOfLocked(message.to));
      this.#retention.settle(message.to, message, options, refusedReceipt('no_recipient'), shown);
    }
  }

  /** The message as it may be written down: to the locked name where its own has a password. */
  #locked(message: Message, options: SendOptions): Message {
    const address = this.#directory.isSecret(message.to, options) ? parseAddress(message.to) : undefined;
    return address ? redirect(message, lockedName(address.name, address.password ?? '')) : message;
  }
}

/** Delivers to the subscribers of a channel and of the patterns that it matches, once to each. */
function fanOutToAll(channel: Channel | undefined, patterns: readonly Channel[], message: Message, tally: Tally): void {
  if (channel === undefined && patterns.length === 1) {
    fanOut(patterns[0] as Channel, message, tally);
    return;
  }
  const served = new Set<Session>();
  if (channel !== undefined) fanOutOnce(channel, message, tally, served);
  for (const pattern of patterns) fanOutOnce(pattern, message, tally, served);
}

/** Delivers to a channel's subscribers but the sender. This is where most messages spend their time, so it asks nothing else. */
function fanOut({ subscriptions }: Channel, message: Message, tally: Tally): void {
  for (let index = 0; index < subscriptions.length; index++) {
    const { session, pipeline, hearer, names } = subscriptions[index] as Subscription;
    if (session.id === message.from) tally.pass(session.id, 'sender');
    else if (hearer !== undefined && !hearer.hears(message.to)) tally.pass(session.id, 'rule');
    else deliver(session, pipeline === undefined ? message : pipeline(message), tally, names);
  }
}

/** The same, but each subscriber of the channel itself gets what it may see of the message. */
function fanOutViews(
  channel: Channel | undefined,
  patterns: readonly Channel[],
  message: Message,
  tally: Tally,
  view: NonNullable<SendOptions['view']>,
): void {
  const served = new Set<Session>();
  for (const { session, pipeline, names } of channel?.subscriptions ?? []) {
    served.add(session);
    const seen = view(session);
    if (seen !== undefined) deliver(session, pipeline === undefined ? seen : pipeline(seen), tally, names);
  }
  for (const pattern of patterns) fanOutOnce(pattern, message, tally, served);
}

/** The same, but for those in `served`, to which it adds whom it delivers to. */
function fanOutOnce({ subscriptions }: Channel, message: Message, tally: Tally, served: Set<Session>): void {
  for (let index = 0; index < subscriptions.length; index++) {
    const { session, pipeline, hearer, names } = subscriptions[index] as Subscription;
    if (served.has(session)) continue;
    if (session.id === message.from) tally.pass(session.id, 'sender');
    else if (hearer !== undefined && !hearer.hears(message.to)) tally.pass(session.id, 'rule');
    else if (deliver(session, pipeline === undefined ? message : pipeline(message), tally, names)) served.add(session);
  }
}

/** `message`: what the subscription makes of it; undefined: nothing, and then false. `names`: what its client calls what is in it. */
function deliver(session: Session, message: Message | undefined, tally: Tally, names: NameView | undefined): boolean {
  if (message === undefined) {
    tally.pass(session.id, 'left_out');
    return false;
  }
  const delivery = session.deliver(names === undefined ? message : names.shown(message));
  tally.count(session.id, delivery);
  if (delivery !== 'delivered' && delivery !== 'closed' && session.counts !== undefined) session.counts.lost++;
  return true;
}
