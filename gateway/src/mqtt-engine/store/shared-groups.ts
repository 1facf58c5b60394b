import { isPattern } from '../../hub/pattern.ts';
import { TopicTrie } from '../../hub/topic-trie.ts';
import type { SharedFilter } from '../topic-names.ts';
import type { Subscription } from './subscription.ts';

/** The members of one shared subscription, each of which gets its share of the messages. */
export class SharedGroup {
  /** In the order of subscribing. */
  readonly members: Subscription[] = [];
  #next = 0;

  /** The next member in turn of whom `fits` says so; undefined where nobody does. */
  choose(fits: (member: Subscription) => boolean): Subscription | undefined {
    const { members } = this;
    for (let step = 0; step < members.length; step++) {
      const at = (this.#next + step) % members.length;
      const member = members[at] as Subscription;
      if (!fits(member)) continue;
      this.#next = at + 1;
      return member;
    }
    return undefined;
  }

  set(subscription: Subscription): void {
    const at = this.members.findIndex(({ id }) => id === subscription.id);
    if (at < 0) this.members.push(subscription);
    else this.members[at] = subscription;
  }

  delete(id: string): void {
    const at = this.members.findIndex((member) => member.id === id);
    if (at < 0) return;
    this.members.splice(at, 1);
    // Whose turn is next stays so.
    if (at < this.#next) this.#next--;
  }
}

/** All shared subscriptions (MQTT 5, section 4.8.2), found by topic. */
export class SharedGroups {
  /** By the whole filter, `$share/GROUP/FILTER`. */
  readonly #groups = new Map<string, SharedGroup>();
  readonly #exact = new Map<string, Map<string, SharedGroup>>();
  readonly #wild = new TopicTrie<SharedGroup>();

  get size(): number {
    return this.#groups.size;
  }

  get(whole: string): SharedGroup | undefined {
    return this.#groups.get(whole);
  }

  set(subscription: Subscription, { filter }: SharedFilter): void {
    const whole = subscription.filter;
    let group = this.#groups.get(whole);
    if (group === undefined) {
      group = new SharedGroup();
      this.#groups.set(whole, group);
      if (isPattern(filter)) this.#wild.set(filter, whole, group);
      else this.#exact.set(filter, (this.#exact.get(filter) ?? new Map<string, SharedGroup>()).set(whole, group));
    }
    group.set(subscription);
  }

  delete(whole: string, id: string, { filter }: SharedFilter): void {
    const group = this.#groups.get(whole);
    group?.delete(id);
    if (group?.members.length !== 0) return;
    this.#groups.delete(whole);
    if (isPattern(filter)) this.#wild.delete(filter, whole);
    else {
      const groups = this.#exact.get(filter);
      groups?.delete(whole);
      if (groups?.size === 0) this.#exact.delete(filter);
    }
  }

  /** Calls `visit` with each group whose filter matches a topic. */
  match(topic: string, visit: (group: SharedGroup) => void): void {
    const exact = this.#exact.get(topic);
    if (exact !== undefined) for (const group of exact.values()) visit(group);
    this.#wild.match(topic, visit);
  }
}
