import { isDollarTopic } from './topics.ts';

class Node<V> {
  readonly children = new Map<string, Node<V>>();
  /** The filters that end here, and those that end here with `#`. */
  readonly here = new Map<string, V>();
  readonly below = new Map<string, V>();

  get isEmpty(): boolean {
    return this.children.size === 0 && this.here.size === 0 && this.below.size === 0;
  }
}

/**
 * Topic filters with wildcards (MQTT 3.1.1, section 4.7), each with values by key. Finding what matches a topic costs
 * what the topic's levels and the matching filters cost, however many other filters there are.
 */
export class TopicTrie<V> {
  readonly #root = new Node<V>();

  /** Sets the value of `key` at `filter`. */
  set(filter: string, key: string, value: V): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      if (level === '#') {
        node.below.set(key, value);
        return;
      }
      let child = node.children.get(level);
      if (child === undefined) {
        child = new Node<V>();
        node.children.set(level, child);
      }
      node = child;
    }
    node.here.set(key, value);
  }

  /** Takes away the value of `key` at `filter`. */
  delete(filter: string, key: string): void {
    const levels = filter.split('/');
    const path: Node<V>[] = [this.#root];
    for (const level of levels) {
      const node = path[path.length - 1] as Node<V>;
      if (level === '#') break;
      const child = node.children.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path[path.length - 1] as Node<V>;
    (levels[levels.length - 1] === '#' ? last.below : last.here).delete(key);
    for (let depth = path.length - 1; depth > 0 && path[depth]?.isEmpty; depth--) {
      path[depth - 1]?.children.delete(levels[depth - 1] as string);
    }
  }

  /** Calls `visit` with the values of every filter that matches `topic`. A value may come more than once. */
  match(topic: string, visit: (value: V) => void): void {
    const levels = topic.split('/');
    if (!isDollarTopic(topic)) {
      walk(this.#root, levels, 0, visit);
      return;
    }
    const first = this.#root.children.get(levels[0] as string);
    if (first) walk(first, levels, 1, visit);
  }
}

function walk<V>(node: Node<V>, levels: readonly string[], depth: number, visit: (value: V) => void): void {
  for (const value of node.below.values()) visit(value);
  if (depth === levels.length) {
    for (const value of node.here.values()) visit(value);
    return;
  }
  const exact = node.children.get(levels[depth] as string);
  if (exact) walk(exact, levels, depth + 1, visit);
  const any = node.children.get('+');
  if (any) walk(any, levels, depth + 1, visit);
}
