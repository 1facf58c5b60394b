const DOLLAR = 36;

/**
 * A level of a filter. Most have one child or none, which costs a tenth of a map: a filter of a hundred levels that only
 * its client has would take 25 KB in maps.
 */
class Node<V> {
  #level: string | undefined;
  #child: Node<V> | undefined;
  #children: Map<string, Node<V>> | undefined;
  /** The filters that end here, and those that end here with `#`. */
  here: Map<string, V> | undefined;
  below: Map<string, V> | undefined;

  get isEmpty(): boolean {
    return this.#child === undefined && !this.#children?.size && !this.here?.size && !this.below?.size;
  }

  child(level: string): Node<V> | undefined {
    return level === this.#level ? this.#child : this.#children?.get(level);
  }

  /** The child of that level, made where there is none. */
  enter(level: string): Node<V> {
    const known = this.child(level);
    if (known !== undefined) return known;
    const child = new Node<V>();
    if (this.#child === undefined && this.#children === undefined) {
      this.#level = level;
      this.#child = child;
      return child;
    }
    this.#children ??= new Map();
    this.#children.set(level, child);
    return child;
  }

  remove(level: string): void {
    if (level === this.#level) {
      this.#level = undefined;
      this.#child = undefined;
    } else if (this.#children?.delete(level) && this.#children.size === 0) this.#children = undefined;
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
        node.below ??= new Map();
        node.below.set(key, value);
        return;
      }
      node = node.enter(level);
    }
    node.here ??= new Map();
    node.here.set(key, value);
  }

  /** Takes away the value of `key` at `filter`. */
  delete(filter: string, key: string): void {
    const levels = filter.split('/');
    const path: Node<V>[] = [this.#root];
    let isDeep = false;
    for (const level of levels) {
      isDeep = level === '#';
      if (isDeep) break;
      const child = (path[path.length - 1] as Node<V>).child(level);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path[path.length - 1] as Node<V>;
    (isDeep ? last.below : last.here)?.delete(key);
    for (let depth = path.length - 1; depth > 0 && path[depth]?.isEmpty; depth--) {
      path[depth - 1]?.remove(levels[depth - 1] as string);
    }
  }

  /**
   * Calls `visit` with the values of every filter that matches `topic`, each as often as its keys. A first level that
   * begins with `$` is matched only by itself.
   */
  match(topic: string, visit: (value: V) => void): void {
    const levels = topic.split('/');
    if (topic.charCodeAt(0) !== DOLLAR) {
      walk(this.#root, levels, 0, visit);
      return;
    }
    const first = this.#root.child(levels[0] as string);
    if (first) walk(first, levels, 1, visit);
  }
}

function walk<V>(node: Node<V>, levels: readonly string[], depth: number, visit: (value: V) => void): void {
  if (node.below !== undefined) for (const value of node.below.values()) visit(value);
  if (depth === levels.length) {
    if (node.here !== undefined) for (const value of node.here.values()) visit(value);
    return;
  }
  const exact = node.child(levels[depth] as string);
  if (exact) walk(exact, levels, depth + 1, visit);
  const any = node.child('+');
  if (any && any !== exact) walk(any, levels, depth + 1, visit);
}
