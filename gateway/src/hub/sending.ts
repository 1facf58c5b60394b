import { SharedBudget } from '../common/shared-budget.ts';
import { parseAddress } from './address.ts';
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
import { channelOfLocked, isLocked, lockedName, redirect } from './locked-name.ts';
import type { Message } from './message.ts';
import { type Observer, Observers } from './observers.ts';
import type { HubParts } from './parts.ts';
import { type Receipt, refusedReceipt } from './receipt.ts';
import type { RetainedTable } from './retained.ts';
import type { Retention } from './retention.ts';
import { Schedule } from './schedule.ts';
import type { Session } from './session.ts';
import type { ScheduledRecord } from './store.ts';

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

  constructor(parts: HubParts) {
    const { options, events, counting, clients, channels, retained, retention, egresses, directory, asking } = parts;
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
    if (options.delayMs !== undefined || options.dueMs !== undefined) {
      const dueMs = this.#schedule.dueOf(options);
      if (dueMs !== undefined) return this.#sendLater(message, dueMs, options);
    }
    this.#counting.messages.value++;
    const receipt: Receipt = { delivered: 0, refused: 0, reason: undefined };
    const client = this.#clients.get(message.to);
    const direct = client?.session;
    const isToItself = message.to === message.from;
    if (client !== undefined && direct !== undefined && !isToItself && !this.#isOthersChannel(client)) {
      if (!options.ingress?.serves(direct)) deliver(direct, message, receipt);
    } else {
      this.#sendToChannel(message, options, receipt, patterns);
      if (direct !== undefined && isToItself && options.echo !== false && receipt.reason !== 'store_full') {
        deliver(direct, message, receipt);
      }
    }
    if (receipt.delivered === 0 && receipt.reason === undefined) receipt.reason = 'no_recipient';
    this.#counting.deliveries.value += receipt.delivered;
    if (receipt.reason !== undefined) this.#counting.refusals[receipt.reason].value += Math.max(1, receipt.refused);
    if (this.#observers.size > 0) this.#observers.show(message, receipt);
    return receipt;
  }

  /**
   * True where a client that is online has the name of a channel that it may not hear, and others subscribe to it: what is sent there is
   * theirs.
   */
  #isOthersChannel({ id, hears }: ClientRecord): boolean {
    if (hears === undefined || hears(id)) return false;
    for (const member of this.#directory.eachMember(id)) if (member !== id) return true;
    return false;
  }

  /** See `Hub.offer`. */
  offer<T>(channel: string, options: IngressOptions, create: (source: T) => Message, source: T): Receipt | undefined {
    const patterns = this.#channels.matching(channel);
    if (patterns.length === 0 && !this.#isHeard(channel, options.ingress)) return undefined;
    return this.send(create(source), options, patterns);
  }

  #isHeard(channel: string, ingress: Egress): boolean {
    if (this.#channels.get(channel) !== undefined || this.#clients.session(channel) !== undefined) return true;
    if (this.#observers.size > 0 || this.#egresses.hasOthers(ingress)) return true;
    const standing = this.#retained.standing(channel);
    return standing === 'own' || standing === 'kept' || channel.includes(':');
  }

  #sendLater(message: Message, dueMs: number, options: SendOptions): Receipt {
    if (!this.#directory.isName(message.to)) {
      this.#counting.refusals.bad_name.value++;
      return refusedReceipt('bad_name');
    }
    const { account } = this.#asking.senderOf(message, options);
    if (this.#schedule.add(this.#locked(message, options), dueMs, { ...options, account }))
      return { delivered: 0, refused: 0, reason: undefined, dueMs };
    this.#counting.refusals.store_full.value++;
    return refusedReceipt('store_full');
  }

  #sendToChannel(message: Message, options: SendOptions, receipt: Receipt, known?: readonly Channel[]): void {
    const { to } = message;
    const channel = this.#channels.get(to);
    // Other matchers look at their topics by the rules of their own protocol.
    if (channel === undefined && options.ingress === undefined && !this.#directory.isName(to)) {
      receipt.reason = 'bad_name';
      return;
    }
    if (channel?.password !== undefined || (channel === undefined && to.includes(':'))) {
      if (this.#sendToPrivate(message, options, receipt)) return;
    }
    let retainMs: number | undefined;
    if (options.retainMs !== undefined || options.keep || this.#retained.size > 0) {
      const isNews = options.keep === true && this.#directory.isReserved(to);
      retainMs = this.#retention.settle(to, message, isNews ? { ...options, keep: false } : options, receipt);
      if (receipt.reason === 'store_full') return;
    }
    const patterns = known ?? this.#channels.matching(to);
    if (options.view !== undefined) fanOutViews(channel, patterns, message, receipt, options.view);
    else if (patterns.length > 0) fanOutToAll(channel, patterns, message, receipt);
    else if (channel !== undefined) fanOut(channel, message, receipt);
    receipt.delivered += this.#egresses.publish(message, retainMs, options.ingress);
  }

  /**
   * A private channel is for its subscribers alone: no pattern and no other matcher sees it. False where the name is of none, and of none
   * that somebody may make yet.
   */
  #sendToPrivate(message: Message, options: SendOptions, receipt: Receipt): boolean {
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
    if (channel !== undefined) fanOut(channel, message, receipt);
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
function fanOutToAll(
  channel: Channel | undefined,
  patterns: readonly Channel[],
  message: Message,
  receipt: Receipt,
): void {
  if (channel === undefined && patterns.length === 1) {
    fanOut(patterns[0] as Channel, message, receipt);
    return;
  }
  const served = new Set<Session>();
  if (channel !== undefined) fanOutOnce(channel, message, receipt, served);
  for (const pattern of patterns) fanOutOnce(pattern, message, receipt, served);
}

/** Delivers to a channel's subscribers but the sender. This is where most messages spend their time, so it asks nothing else. */
function fanOut({ subscriptions }: Channel, message: Message, receipt: Receipt): void {
  for (let index = 0; index < subscriptions.length; index++) {
    const { session, pipeline, hears } = subscriptions[index] as Subscription;
    if (session.id === message.from || (hears !== undefined && !hears(message.to))) continue;
    const changed = pipeline === undefined ? message : pipeline(message);
    if (changed !== undefined) deliver(session, changed, receipt);
  }
}

/** The same, but each subscriber of the channel itself gets what it may see of the message. */
function fanOutViews(
  channel: Channel | undefined,
  patterns: readonly Channel[],
  message: Message,
  receipt: Receipt,
  view: NonNullable<SendOptions['view']>,
): void {
  const served = new Set<Session>();
  for (const { session, pipeline } of channel?.subscriptions ?? []) {
    served.add(session);
    const seen = view(session);
    const changed = seen && (pipeline === undefined ? seen : pipeline(seen));
    if (changed !== undefined) deliver(session, changed, receipt);
  }
  for (const pattern of patterns) fanOutOnce(pattern, message, receipt, served);
}

/** The same, but for those in `served`, to which it adds whom it delivers to. */
function fanOutOnce({ subscriptions }: Channel, message: Message, receipt: Receipt, served: Set<Session>): void {
  for (let index = 0; index < subscriptions.length; index++) {
    const { session, pipeline, hears } = subscriptions[index] as Subscription;
    if (session.id === message.from || served.has(session)) continue;
    if (hears !== undefined && !hears(message.to)) continue;
    const changed = pipeline === undefined ? message : pipeline(message);
    if (changed === undefined) continue;
    served.add(session);
    deliver(session, changed, receipt);
  }
}

function deliver(session: Session, message: Message, receipt: Receipt): void {
  const delivery = session.deliver(message);
  if (delivery === 'delivered') receipt.delivered++;
  else {
    receipt.refused++;
    receipt.reason ??= delivery;
  }
}
