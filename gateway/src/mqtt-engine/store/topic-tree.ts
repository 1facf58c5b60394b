import { isDollarTopic } from '../topic-names.ts';

/** A level of topics. Most have one child or none, which takes a tenth of a map. */
class Node<V> {
  value: V | undefined;
  #level: string | undefined;
  #child: Node<V> | undefined;
  #children: Map<string, Node<V>> | undefined;

  get isEmpty(): boolean {
    return this.value === undefined && this.#child === undefined && this.#children === undefined;
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

  each(visit: (child: Node<V>, level: string) => void): void {
    if (this.#child !== undefined) visit(this.#child, this.#level as string);
    if (this.#children !== undefined) for (const [level, child] of this.#children) visit(child, level);
  }
}

/**
 * A value for each of many topics, found by topic filters (MQTT 3.1.1, section 4.7): what a filter costs is what it matches, and how many
 * topics there are on the levels of its `+`.
 */
export class TopicTree<V> {
  readonly #root = new Node<V>();

  set(topic: string, value: V): void {
    let node = this.#root;
    for (const level of topic.split('/')) node = node.enter(level);
    node.value = value;
  }

  delete(topic: string): void {
    const levels = topic.split('/');
    const path: Node<V>[] = [this.#root];
    for (const level of levels) {
      const child = (path[path.length - 1] as Node<V>).child(level);
      if (child === undefined) return;
      path.push(child);
    }
    (path[path.length - 1] as Node<V>).value = undefined;
    for (let depth = path.length - 1; depth > 0 && path[depth]?.isEmpty; depth--) {
      path[depth - 1]?.remove(levels[depth - 1] as string);
    }
  }

  /** The values of all topics that the filter matches. */
  match(filter: string): V[] {
    const found: V[] = [];
    const levels = filter.split('/');
    const walk = (node: Node<V>, depth: number): void => {
      const level = levels[depth];
      if (level === undefined) {
        if (node.value !== undefined) found.push(node.value);
      } else if (level === '#') below(node, depth);
      else if (level === '+') eachPlain(node, depth, (child) => walk(child, depth + 1));
      else {
        const child = node.child(level);
        if (child !== undefined) walk(child, depth + 1);
      }
    };
    const below = (node: Node<V>, depth: number): void => {
      if (node.value !== undefined) found.push(node.value);
      eachPlain(node, depth, (child) => below(child, depth + 1));
    };
    walk(this.#root, 0);
    return found;
  }
}

/** The children that a wildcard at this depth matches. */
function eachPlain<V>(node: Node<V>, depth: number, visit: (child: Node<V>) => void): void {
  node.each((child, level) => {
    if (depth > 0 || !isDollarTopic(level)) visit(child);
  });
}
