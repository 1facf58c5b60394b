import { lockedName } from './locked-name.ts';
import type { Message } from './message.ts';
import type { Hearer, NameView, Session } from './session.ts';

/** What a functional channel does to each message for one subscriber: another message, or undefined to leave it out. */
export type Pipeline = (message: Message) => Message | undefined;

/** One client's subscription to one channel or pattern. */
export interface Subscription {
  readonly session: Session;
  /** What the client wrote; a functional channel's messages carry it as their recipient. */
  readonly address: string;
  readonly pipeline: Pipeline | undefined;
  /** Of a topic filter: who says whether its client may hear a channel that matches; undefined: it may hear all of them. */
  readonly hearer: Hearer | undefined;
  /** What its client has in place of others' names; undefined: nothing. */
  readonly names: NameView | undefined;
  /** The client was given it back and has not asked for it itself since. */
  isRestored: boolean;
}

/** A channel exists from its first subscriber until its last has left. */
export class Channel {
  readonly name: string;
  /** Set by the first subscriber of a private channel. */
  readonly password: string | undefined;
  /** In the order of subscribing. */
  readonly subscriptions: Subscription[] = [];
  /** Which was first, of channels and of clients that came online: the smaller number. */
  readonly order: number;
  /** Where its messages are kept, if it is private. */
  readonly lockedName: string | undefined;

  constructor(name: string, password: string | undefined, order: number) {
    this.name = name;
    this.password = password;
    this.order = order;
    this.lockedName = password === undefined ? undefined : lockedName(name, password);
  }

  remove(subscription: Subscription): void {
    const index = this.subscriptions.indexOf(subscription);
    if (index >= 0) this.subscriptions.splice(index, 1);
  }
}
