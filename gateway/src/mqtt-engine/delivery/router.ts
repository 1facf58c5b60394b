import type { EngineMessage } from '../message.ts';
import type { Commits, Handing, Sessions } from '../store/contract.ts';
import type { SharedGroup } from '../store/shared-groups.ts';
import type { Match } from '../store/subscription.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import { handingOf } from './handing.ts';
import type { Recipient } from './recipient.ts';

export interface RouterParts {
  index: SubscriptionIndex;
  sessions: Sessions;
  commits: Commits;
  /** Begins to write a message to be retained; see `RetainedMessages`. */
  retain(message: EngineMessage): void;
  /** The client that is online under this id. */
  recipient(id: string): Recipient | undefined;
  /** Whether a client, online or away, may get what is published to a topic. */
  mayGet(id: string, topic: string): boolean;
  /** Shows the host a message of a client, right before it is delivered; how many get it there. */
  published(message: EngineMessage): number;
}

/** Whoever publishes, as far as the order of its messages goes. */
export interface Sender {
  /** How many of its messages wait for the disk; 0 at first. */
  pending: number;
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
    const { index, commits, retain } = this.#parts;
    if (message.retain) retain(message);
    const isStored = message.retain || (message.qos > 0 && index.anyDurable);
    if (!isStored && (sender === undefined || sender.pending === 0)) {
      this.#deliver(message, undefined, done);
      return;
    }
    const plans = this.#plansFor(message);
    const deliver = (): void => this.#deliver(message, plans, done);
    // What nobody was promised is not worth waiting for.
    const isPromised = message.qos > 0 || (sender !== undefined && sender.pending > 0);
    if (!isPromised) {
      deliver();
      return;
    }
    if (sender !== undefined) sender.pending++;
    const isStaged = commits.commit((error) => {
      if (sender !== undefined) sender.pending--;
      if (error === undefined) deliver();
      else done(error, 0, undefined);
    });
    if (isStaged) return;
    if (sender !== undefined) sender.pending--;
    deliver();
  }

  /** Gives a message of a shared subscription to another member, as the one that had it is gone. */
  redeliver(message: EngineMessage, shared: string): void {
    const group = this.#parts.index.group(shared);
    if (group === undefined) return;
    const plans = this.#begin(message, [], () => this.#planGroup(group)).plans ?? [];
    const deliver = (): void => {
      const now: Delivery = { message, plans: undefined, count: 0, wait: undefined };
      for (const plan of plans) this.#hand(now, plan);
    };
    if (!this.#parts.commits.commit(() => deliver())) deliver();
  }

  /** Sends a message to one client alone, on disk where its session keeps it. `done` is called when it is on its way. */
  send(id: string, message: EngineMessage, handing: Handing, done: () => void = ignore): void {
    const { sessions, commits, recipient } = this.#parts;
    const session = handing.qos > 0 ? sessions.get(id) : undefined;
    const seq = session?.queue.add(message, handing);
    if (session !== undefined && seq === undefined) return;
    const deliver = (): void => {
      recipient(id)?.deliver(message, handing, seq);
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
    else for (const plan of plans) this.#hand(now, plan);
    this.#now = before;
    done(undefined, heard + now.count, now.wait);
  }

  /** Finds who gets a message, and begins to write it where sessions keep it. */
  #plansFor(message: EngineMessage): Plan[] {
    const { index } = this.#parts;
    const now = this.#begin(message, [], () => {
      index.visit(message.topic, message.clientId, this.#each, this.#eachGroup);
    });
    return now.plans ?? [];
  }

  #begin(message: EngineMessage, plans: Plan[], run: () => void): Delivery {
    const before = this.#now;
    const now: Delivery = { message, plans, count: 0, wait: undefined };
    this.#now = now;
    run();
    this.#now = before;
    return now;
  }

  #plan(match: Match): void {
    const now = this.#now as Delivery;
    const { message, plans } = now;
    const { mayGet, sessions } = this.#parts;
    const { id } = match;
    if (!mayGet(id, message.topic)) return;
    const handing = handingOf(match, message.qos, match.retainAsPublished && message.retain);
    if (plans === undefined) {
      this.#hand(now, { id, handing, seq: undefined });
      return;
    }
    const keeper = match.durable && handing.qos > 0 ? sessions.get(id) : undefined;
    const seq = keeper?.queue.add(message, handing);
    if (keeper === undefined || seq !== undefined) plans.push({ id, handing, seq });
  }

  /** The member whose turn it is; before others those that take messages at once, and those that are online. */
  #planGroup(group: SharedGroup): void {
    const { recipient, mayGet } = this.#parts;
    const { topic } = (this.#now as Delivery).message;
    const member =
      group.choose(({ id }) => recipient(id)?.isReady === true && mayGet(id, topic)) ??
      group.choose(({ id }) => recipient(id) !== undefined && mayGet(id, topic)) ??
      group.choose(({ id, durable, qos }) => durable && qos > 0 && mayGet(id, topic));
    if (member !== undefined) this.#plan(member);
  }

  #hand(now: Delivery, { id, handing, seq }: Plan): void {
    const recipient = this.#parts.recipient(id);
    if (recipient === undefined) {
      if (seq !== undefined) now.count++;
      return;
    }
    now.count++;
    const wait = recipient.deliver(now.message, handing, seq);
    if (wait !== undefined) now.wait = now.wait === undefined ? wait : Promise.all([now.wait, wait]).then(ignore);
  }
}

function ignore(): void {}
