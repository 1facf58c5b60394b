import type { ClientCounts } from '../../common/client-counts.ts';
import type { Commits } from '../../common/group-commit.ts';
import type { Outcome, Room, Trail } from '../../hub/tracer.ts';
import type { EngineSession } from '../contract.ts';
import type { EngineMessage } from '../message.ts';
import type { Handing, Sessions, StoredSession } from '../store/contract.ts';
import type { SharedGroup } from '../store/shared-groups.ts';
import type { Match } from '../store/subscription.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import { handingOf } from './handing.ts';
import type { LiveClient } from './live-client.ts';
import type { Recipient } from './recipient.ts';

/** What messages need of a client that is online. */
export type LiveRecipient = Pick<LiveClient<EngineSession>, 'recipient' | 'mayReceive'>;

export interface RouterParts {
  index: SubscriptionIndex;
  sessions: Sessions;
  commits: Commits;
  /** Begins to write a message to be retained; see `RetainedMessages`. */
  retain(message: EngineMessage): void;
  /** The client that is online under this id. */
  live(id: string): LiveRecipient | undefined;
  /** True for a bridge, whose messages are not acknowledged where its queue has no room for them. */
  isBridge(id: string): boolean;
  /** Whether a client that is away may get what is published to a topic. */
  mayGetLater(id: string, topic: string): boolean;
  /** See `EngineHost`. */
  followable: Room;
  follow(message: EngineMessage): Trail | undefined;
  followLost(message: EngineMessage): Trail | undefined;
  /** Has the host begin to write what it keeps of a message of QoS 1 or 2 of a client; false: nothing. */
  keep(message: EngineMessage): boolean;
  /** Shows the host a message of a client, right before it is delivered; how many get it there. */
  published(message: EngineMessage): number;
}

/** Whoever publishes, as far as the order of its messages goes. */
export interface Sender {
  /** How many of its messages wait for the disk; 0 at first. */
  pending: number;
  readonly counts: Pick<ClientCounts, 'received'>;
}

/**
 * A message was delivered, and is on disk where it has to be; or could not be written, and was delivered to no one.
 *
 * @param count how many get it, or will
 * @param wait asks the sender to send no more before it resolves
 */
export type Routed = (error: unknown, count: number, wait: Promise<void> | undefined) => void;

/** One recipient of a message that waits for the disk. */
interface Plan {
  readonly id: string;
  readonly handing: Handing;
  readonly seq: number | undefined;
  /** The connection that it had when it was planned, and the session that keeps the message. */
  readonly client: LiveRecipient | undefined;
  readonly keeper: StoredSession | undefined;
}

/** A message on its way. */
interface Delivery {
  readonly message: EngineMessage;
  /** What is delivered when it is on disk; undefined where it is delivered at once. */
  readonly plans: Plan[] | undefined;
  /** How many get it, or will. */
  count: number;
  /** Whom its sender is to wait for. */
  wait: Promise<void> | undefined;
}

/** Hands each message to everyone who subscribes to its topic, in the order in which its sender sent it. */
export class Router {
  readonly #parts: RouterParts;
  /** What is being delivered. A delivery may end a connection, whose last will is published in the middle of it. */
  #now: Delivery | undefined;
  readonly #each = (match: Match): void => this.#plan(match);
  readonly #eachGroup = (group: SharedGroup): void => this.#planGroup(group);

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** Publishes a message. `done` is called before this returns where nothing of it has to be on disk. */
  publish(message: EngineMessage, sender: Sender | undefined, done: Routed): void {
    const { index, commits, retain, keep, followable } = this.#parts;
    if (sender !== undefined) sender.counts.received++;
    if (followable.left > 0) this.#follow(message);
    else if (message.clientId !== undefined) followable.leftOut++;
    if (message.retain) retain(message);
    const isKept = message.qos > 0 && message.clientId !== undefined && keep(message);
    const isStored = message.retain || isKept || (message.qos > 0 && index.anyDurable);
    const isNext = sender === undefined || sender.pending === 0;
    if (!isStored && isNext) {
      this.#deliver(message, undefined, done);
      return;
    }
    const plans = this.#plansFor(message);
    // What nobody was promised is not worth waiting for.
    const isPromised = message.qos > 0 || !isNext;
    const isStaged =
      isPromised &&
      commits.commit((error) => {
        if (sender !== undefined) sender.pending--;
        if (error === undefined) this.#deliver(message, plans, done);
        else done(error, 0, undefined);
      });
    if (!isStaged) this.#deliver(message, plans, done);
    else if (sender !== undefined) sender.pending++;
  }

  /**
   * Has what a client publishes from now on wait for what was staged before: the number of a message of QoS 2 is on disk before anybody gets
   * the message.
   */
  holdBack(sender: Sender): void {
    const isStaged = this.#parts.commits.commit(() => {
      sender.pending--;
    });
    if (isStaged) sender.pending++;
  }

  /** Gives a message of a shared subscription to another member, as the one that had it is gone. */
  redeliver(message: EngineMessage, shared: string): void {
    const group = this.#parts.index.group(shared);
    if (group === undefined) return;
    const before = this.#now;
    const plans: Plan[] = [];
    this.#now = { message, plans, count: 0, wait: undefined };
    this.#planGroup(group);
    this.#now = before;
    const deliver = (): void => {
      const now: Delivery = { message, plans: undefined, count: 0, wait: undefined };
      for (const plan of plans) this.#carryOut(now, plan);
    };
    if (!this.#parts.commits.commit(() => deliver())) deliver();
  }

  /** Sends a message to one client alone, on disk where its session keeps it. `done` is called when it is on its way. */
  send(id: string, message: EngineMessage, handing: Handing, done: () => void = ignore): void {
    const { sessions, commits, live } = this.#parts;
    const keeper = handing.qos > 0 ? sessions.get(id) : undefined;
    const seq = keeper?.queue.add(message, handing);
    if (keeper !== undefined && seq === undefined) return;
    const plan: Plan = { id, handing, seq, client: live(id), keeper };
    const deliver = (): void => {
      this.#addressee(plan)?.deliver(message, handing, seq);
      done();
    };
    if (seq === undefined || !commits.commit((error) => error === undefined && deliver())) deliver();
  }

  #deliver(message: EngineMessage, plans: readonly Plan[] | undefined, done: Routed): void {
    const { index, published } = this.#parts;
    const heard = message.clientId === undefined ? 0 : published(message);
    const before = this.#now;
    const now: Delivery = { message, plans: undefined, count: 0, wait: undefined };
    this.#now = now;
    if (plans === undefined) index.visit(message.topic, message.clientId, this.#each, this.#eachGroup);
    else for (const plan of plans) this.#carryOut(now, plan);
    this.#now = before;
    if (message.isKept) message.letGo();
    const count = heard + now.count;
    if (count === 0 || message.trail !== undefined) this.#handedOut(message, count);
    done(undefined, count, now.wait);
  }

  /** What comes from other protocols was asked there. */
  #follow(message: EngineMessage): void {
    if (message.clientId !== undefined) message.trail = this.#parts.follow(message);
  }

  #handedOut(message: EngineMessage, count: number): void {
    if (message.clientId !== undefined) message.trail ??= this.#parts.followLost(message);
    message.trail?.end(count);
    message.trail = undefined;
  }

  /** Finds who gets a message, and begins to write it where sessions keep it. */
  #plansFor(message: EngineMessage): Plan[] {
    const before = this.#now;
    const plans: Plan[] = [];
    this.#now = { message, plans, count: 0, wait: undefined };
    this.#parts.index.visit(message.topic, message.clientId, this.#each, this.#eachGroup);
    this.#now = before;
    return plans;
  }

  #plan(match: Match): void {
    const now = this.#now as Delivery;
    const { message, plans } = now;
    const { id } = match;
    const client = this.#parts.live(id);
    if (!this.#mayGet(client, id, message.topic)) {
      message.trail?.add(id, 'rule');
      return;
    }
    const handing = handingOf(match, message.qos, match.retainAsPublished && message.retain);
    if (plans === undefined) {
      if (client?.recipient === undefined) message.trail?.add(id, 'offline');
      else this.#hand(now, client.recipient, handing, undefined);
      return;
    }
    const keeper = match.durable && handing.qos > 0 ? this.#parts.sessions.get(id) : undefined;
    const seq = keeper?.queue.add(message, handing);
    if (keeper === undefined || seq !== undefined) plans.push({ id, handing, seq, client, keeper });
    else {
      if (this.#parts.isBridge(id)) message.isRefused = true;
      this.#missed(message, id, 'queue_full');
    }
  }

  /** The member whose turn it is; before others those that take messages at once, and those that are online. */
  #planGroup(group: SharedGroup): void {
    const { live } = this.#parts;
    const { topic } = (this.#now as Delivery).message;
    const member =
      group.choose(({ id }) => live(id)?.recipient?.isReady === true && this.#mayGet(live(id), id, topic)) ??
      group.choose(({ id }) => live(id)?.recipient !== undefined && this.#mayGet(live(id), id, topic)) ??
      group.choose(({ id, durable, qos }) => durable && qos > 0 && this.#mayGet(live(id), id, topic));
    if (member !== undefined) this.#plan(member);
  }

  #mayGet(client: LiveRecipient | undefined, id: string, topic: string): boolean {
    return client === undefined ? this.#parts.mayGetLater(id, topic) : client.mayReceive(topic);
  }

  #carryOut(now: Delivery, plan: Plan): void {
    const recipient = this.#addressee(plan);
    const { id, handing, seq } = plan;
    if (recipient !== undefined) this.#hand(now, recipient, handing, seq);
    else {
      if (seq !== undefined) now.count++;
      now.message.trail?.add(id, seq === undefined ? 'offline' : 'waiting');
    }
  }

  /** Whom a message was planned for: another session that has come under its client id since gets nothing of it. */
  #addressee({ id, client, keeper }: Plan): Recipient | undefined {
    const current = this.#parts.live(id);
    const isSame = current === client || (keeper !== undefined && keeper === this.#parts.sessions.get(id));
    return isSame ? current?.recipient : undefined;
  }

  #hand(now: Delivery, recipient: Recipient, handing: Handing, seq: number | undefined): void {
    now.count++;
    const wait = recipient.deliver(now.message, handing, seq);
    if (wait !== undefined) now.wait = now.wait === undefined ? wait : Promise.all([now.wait, wait]).then(ignore);
  }

  #missed(message: EngineMessage, id: string, outcome: Outcome): void {
    message.trail ??= this.#parts.followLost(message);
    message.trail?.add(id, outcome);
  }
}

function ignore(): void {}
