import { TopicTrie } from '../../hub/topic-trie.ts';

/** How many topics are remembered, and of how many characters and matches at most. */
const MAX_TOPICS = 4096;
const MAX_LENGTH = 128;
const MAX_MATCHES = 4;

/**
 * Values of topic filters with wildcards, each by the client whose filter it is. What matches the topics that were asked for last is
 * remembered until a filter comes or goes: a message goes where the one before it went.
 */
export class WildFilters<V> {
  readonly #trie = new TopicTrie<V>();
  readonly #remembered = new Map<string, readonly V[]>();

  set(filter: string, id: string, value: V): void {
    this.#trie.set(filter, id, value);
    this.#forget();
  }

  delete(filter: string, id: string): void {
    this.#trie.delete(filter, id);
    this.#forget();
  }

  /** The values of all filters that match a topic. */
  match(topic: string): readonly V[] {
    const known = this.#remembered.get(topic);
    if (known !== undefined) return known;
    const found: V[] = [];
    this.#trie.match(topic, (value) => {
      found.push(value);
    });
    if (found.length <= MAX_MATCHES && topic.length <= MAX_LENGTH) {
      if (this.#remembered.size >= MAX_TOPICS) this.#remembered.clear();
      this.#remembered.set(topic, found);
    }
    return found;
  }

  #forget(): void {
    if (this.#remembered.size > 0) this.#remembered.clear();
  }
}
