import type { ClientInfo } from './client.ts';
import type { Contest } from './contest.ts';
import type { LeaveReason, Protocol } from './session.ts';

/** The events of the hub: their arguments by event name. */
export interface HubEvents {
  /** A client came online, of this account where it has one. */
  join: [id: string, protocol: Protocol, account?: string | undefined];
  /** An unknown client came online under the name of a channel that these clients subscribe to. */
  overlap: [id: string, protocol: Protocol, subscribers: readonly string[]];
  /** A connection took the id of another one that was online, or was refused because another one has it. */
  contest: [contest: Contest];
  /** A client went offline. */
  leave: [id: string, protocol: Protocol, reason: LeaveReason];
  /** A client came online at another gateway, or went offline there: what is known of it then. */
  came: [id: string, protocol: Protocol];
  went: [client: ClientInfo];
  /** What is known of a client changed in a way that should be saved; without an id, of all of them. */
  known: [id?: string];
  /** A channel got its first subscriber. */
  created: [channel: string];
  /** A channel lost its last subscriber. */
  closed: [channel: string];
  /** What a public channel retains is another now, or nothing; not where its time is over, nor where another gateway says so. */
  retained: [channel: string];
  /** A scheduled message that was to be retained was sent, but not kept, as there is no room. */
  unkept: [channel: string, client: string];
  /** A scheduled message was dropped when its time had come, as its sender may not send it any more. */
  forbidden: [to: string, client: string];
  /** A message was refused, as it is not what messages there must be. */
  misfit: [to: string, client: string, why: string];
  /** An observer threw this. */
  fault: [error: unknown];
  subscribe: [channel: string, id: string];
  unsubscribe: [channel: string, id: string];
}

type Listener<K extends keyof HubEvents> = (...args: HubEvents[K]) => void;

/** A small typed event table; listeners are called in the order in which they came. */
export class HubEmitter {
  /** Lists are replaced and never changed, so that a listener may come or go while all are called. */
  readonly #listeners: { [K in keyof HubEvents]?: readonly Listener<K>[] } = {};

  /** Calls `listener` at every `event`; the returned function ends it. */
  on<K extends keyof HubEvents>(event: K, listener: Listener<K>): () => void {
    const replace = (list: readonly Listener<K>[]): void => {
      (this.#listeners as Record<string, unknown>)[event] = list;
    };
    const list = (): readonly Listener<K>[] => this.#listeners[event] ?? [];
    replace([...list(), listener]);
    return () => {
      const index = list().indexOf(listener);
      replace(list().filter((_, other) => other !== index));
    };
  }

  emit<K extends keyof HubEvents>(event: K, ...args: HubEvents[K]): void {
    const list = this.#listeners[event] as readonly Listener<K>[] | undefined;
    if (list) for (const listener of list) listener(...args);
  }
}
