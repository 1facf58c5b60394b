import type { Egress, FilterWatch } from './egress.ts';
import type { Message, MessageInit } from './message.ts';
import type { Trail } from './tracer.ts';

/** Every other matcher that the hub hands messages to, asked as if it were one. */
export class Egresses {
  /** Replaced and never changed, so that one may come or go while all are asked. */
  #list: readonly Egress[] = [];
  #haveKeepers = false;

  /** Takes one in; the returned function lets it go. */
  add(egress: Egress): () => void {
    this.#set([...this.#list, egress]);
    return () => this.#set(this.#list.filter((other) => other !== egress));
  }

  #set(list: readonly Egress[]): void {
    this.#list = list;
    this.#haveKeepers = list.some((egress) => egress.keep !== undefined);
  }

  /** True where there is one beside `keeper`. */
  hasOthers(keeper: Egress): boolean {
    return this.#list.length > 1 || (this.#list.length === 1 && this.#list[0] !== keeper);
  }

  /** Whether anybody at any of them but `ingress` gets what is sent to a channel. */
  reaches(channel: string, ingress: Egress): boolean {
    for (const egress of this.#list) if (egress !== ingress && egress.reach(channel) > 0) return true;
    return false;
  }

  /** What is subscribed to at all of them but `asker`; see `Egress.watchFilters`. */
  watchFilters(watch: FilterWatch, asker: Egress): () => void {
    const undo = this.#list.filter((egress) => egress !== asker).map((egress) => egress.watchFilters(watch));
    return () => {
      for (const each of undo) each();
    };
  }

  /** Publishes to all but the one that the message came in from; returns how many will get it. See `Egress.publish`. */
  publish(message: Message, retainMs: number | undefined, ingress: Egress | undefined, trail?: Trail): number {
    const list = this.#list;
    let count = 0;
    for (let index = 0; index < list.length; index++) {
      const egress = list[index] as Egress;
      if (egress !== ingress) count += egress.publish(message, retainMs, trail);
    }
    return count;
  }

  /** Whether any of them may have to write down what is kept; see `Egress.keeps`. */
  get haveKeepers(): boolean {
    return this.#haveKeepers;
  }

  /** Whether any but `ingress` writes down what is kept and sent to a channel. */
  keeps(channel: string, ingress: Egress): boolean {
    for (const egress of this.#list) if (egress !== ingress && egress.keeps?.(channel) === true) return true;
    return false;
  }

  /** Has all but the one that it came in from write down a message that is kept. */
  keep(message: Message, ingress: Egress): void {
    for (const egress of this.#list) if (egress !== ingress) egress.keep?.(message);
  }

  /** Shows all but `keeper`, which keeps it itself, a message that is retained. */
  hold(message: Message, keeper?: Egress): void {
    for (const egress of this.#list) if (egress !== keeper) egress.hold(message);
  }

  /** Ends a retained message everywhere but at `keeper`, which has ended it itself. */
  clearRetained(channel: string, keeper?: Egress): void {
    for (const egress of this.#list) if (egress !== keeper) egress.clearRetained(channel);
  }

  /** Who is online and subscribes to exactly this channel at any of them. */
  *subscribers(channel: string): Generator<string> {
    for (const egress of this.#list) yield* egress.subscribers(channel);
  }

  /** Whether there is any of these. */
  hasSubscribers(channel: string): boolean {
    for (const egress of this.#list) if (egress.hasSubscribers(channel)) return true;
    return false;
  }

  /** The channels that somebody subscribes to at any of them. */
  *channels(): Generator<string> {
    for (const egress of this.#list) yield* egress.channels();
  }

  /** What a client is subscribed to at any of them. */
  *subscriptions(id: string): Generator<string> {
    for (const egress of this.#list) yield* egress.subscriptions(id);
  }

  /** Ends what any of them keeps for a client that is away. */
  forget(id: string): void {
    for (const egress of this.#list) egress.forget(id);
  }

  /** The ids for whom what is sent to them waits at any of them while they are away. */
  *holders(): Generator<string> {
    for (const egress of this.#list) yield* egress.holders?.() ?? [];
  }

  holds(id: string): boolean {
    return this.#list.some((egress) => egress.holds?.(id) === true);
  }

  /** See `Egress.takeWaiting`. */
  async takeWaiting(
    id: string,
    account: string | undefined,
    take: (message: MessageInit) => boolean,
  ): Promise<boolean> {
    for (const egress of this.#list) if ((await egress.takeWaiting?.(id, account, take)) === false) return false;
    return true;
  }

  /** Whether what is sent to this client while it is away waits for it at any of them. */
  keepsFor(id: string, from: string): boolean {
    return this.#list.some((egress) => egress.keepsFor(id, from));
  }
}
