import { isDollarTopic } from '../topic-names.ts';

/** A topic of a tree, and its value. */
export class Leaf<V> {
  readonly topic: string;
  value: V;
  /** Where it is: among the topics that have all levels but the last in common. */
  readonly branch: Branch<V>;
  at: number;

  constructor(topic: string, value: V, branch: Branch<V>) {
    this.topic = topic;
    this.value = value;
    this.branch = branch;
    this.at = branch.leaves.length;
  }
}

/** The topics that have all levels but the last in common, and the branches of one level more. */
class Branch<V> {
  /** The levels in common: `a/b` of `a/b/c`. undefined: none. */
  readonly levels: string | undefined;
  readonly parent: Branch<V> | undefined;
  at: number;
  /** Most have few of either, and lists of them take less than tables. */
  leaves: Leaf<V>[] = [];
  branches: Branch<V>[] | undefined;

  constructor(levels: string | undefined, parent: Branch<V> | undefined) {
    this.levels = levels;
    this.parent = parent;
    this.at = parent?.branches?.length ?? 0;
  }

  /** The levels in common with one level more. */
  join(level: string): string {
    return this.levels === undefined ? level : `${this.levels}/${level}`;
  }
}

/**
 * A value for each of many topics, found by topic filters (MQTT 3.1.1, section 4.7): what a filter costs is what it matches, and how many
 * topics there are on the levels of its `+`. One look-up finds a topic that is there, and one more where a new one belongs.
 */
export class TopicTree<V> {
  readonly #root = new Branch<V>(undefined, undefined);
  readonly #leaves = new Map<string, Leaf<V>>();
  readonly #branches = new Map<string, Branch<V>>();

  get size(): number {
    return this.#leaves.size;
  }

  get(topic: string): Leaf<V> | undefined {
    return this.#leaves.get(topic);
  }

  leaves(): IterableIterator<Leaf<V>> {
    return this.#leaves.values();
  }

  /** Adds a topic that is not there. */
  add(topic: string, value: V): void {
    const end = topic.lastIndexOf('/');
    const branch = end < 0 ? this.#root : this.#branch(topic.slice(0, end));
    const leaf = new Leaf(topic, value, branch);
    this.#leaves.set(topic, leaf);
    // A list that is made with its first entry has room for no more than that.
    if (leaf.at === 0) branch.leaves = [leaf];
    else branch.leaves.push(leaf);
  }

  delete({ topic, branch, at }: Leaf<V>): void {
    if (!this.#leaves.delete(topic)) return;
    takeOut(branch.leaves, at);
    this.#prune(branch);
  }

  /** The values of all topics that the filter matches. */
  match(filter: string): V[] {
    const found: V[] = [];
    this.#walk(this.#root, filter.split('/'), 0, found);
    return found;
  }

  #walk(branch: Branch<V>, levels: readonly string[], depth: number, found: V[]): void {
    const level = levels[depth] as string;
    const last = levels.length - 1;
    if (level === '#') {
      addAll(branch, found);
      return;
    }
    // `a/#` matches `a` as well.
    const endsHere = depth === last || (depth === last - 1 && levels[last] === '#');
    if (level !== '+') {
      const name = branch.join(level);
      const leaf = endsHere ? this.#leaves.get(name) : undefined;
      if (leaf !== undefined) found.push(leaf.value);
      const next = depth < last ? this.#branches.get(name) : undefined;
      if (next !== undefined) this.#walk(next, levels, depth + 1, found);
      return;
    }
    if (endsHere) addLeaves(branch, found);
    if (depth === last || branch.branches === undefined) return;
    for (const next of branch.branches) if (isSeen(branch, next.levels)) this.#walk(next, levels, depth + 1, found);
  }

  /** The branch of these levels, made where there is none. */
  #branch(levels: string): Branch<V> {
    const known = this.#branches.get(levels);
    if (known !== undefined) return known;
    const end = levels.lastIndexOf('/');
    const parent = end < 0 ? this.#root : this.#branch(levels.slice(0, end));
    const branch = new Branch(levels, parent);
    this.#branches.set(levels, branch);
    if (parent.branches === undefined) parent.branches = [branch];
    else parent.branches.push(branch);
    return branch;
  }

  /** Takes branches away on which nothing is left. */
  #prune(from: Branch<V>): void {
    let branch = from;
    while (branch.leaves.length === 0 && branch.branches === undefined) {
      const { levels, parent, at } = branch;
      if (levels === undefined || parent?.branches === undefined) return;
      this.#branches.delete(levels);
      takeOut(parent.branches, at);
      if (parent.branches.length === 0) parent.branches = undefined;
      branch = parent;
    }
  }
}

/** Takes out the entry that is at a place; the last one takes its place. */
function takeOut(list: { at: number }[], at: number): void {
  const last = list.pop() as { at: number };
  if (last.at === at) return;
  last.at = at;
  list[at] = last;
}

/** Whether a wildcard in the place of the next level matches a name: none matches a first level that begins with `$`. */
function isSeen<V>(branch: Branch<V>, name: string | undefined): boolean {
  return branch.levels !== undefined || name === undefined || !isDollarTopic(name);
}

function addLeaves<V>(branch: Branch<V>, found: V[]): void {
  for (const leaf of branch.leaves) if (isSeen(branch, leaf.topic)) found.push(leaf.value);
}

/** Adds everything that is on a branch. */
function addAll<V>(branch: Branch<V>, found: V[]): void {
  addLeaves(branch, found);
  if (branch.branches === undefined) return;
  for (const next of branch.branches) if (isSeen(branch, next.levels)) addAll(next, found);
}
