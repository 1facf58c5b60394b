/** What passes in one direction: topics that begin with `fromPrefix`, if the rest matches `filter`, get `toPrefix` in its place. */
export interface TopicRule {
  readonly filter: string;
  readonly fromPrefix: string;
  readonly toPrefix: string;
}

/** How many topics are remembered with what becomes of them. */
const MAX_KNOWN = 4096;

/** What topics are called on the other side. */
export class TopicMap {
  readonly #rules: readonly { readonly rule: TopicRule; readonly levels: readonly string[] }[];
  /** By the bytes of a topic as Latin-1, which are the same for the same topic. */
  readonly #known = new Map<string, Buffer | undefined>();
  /** No topic is called otherwise there. */
  readonly isSame: boolean;
  /** How many bytes longer a topic may be there. */
  readonly growth: number;

  constructor(rules: readonly TopicRule[]) {
    this.#rules = rules.map((rule) => ({ rule, levels: rule.filter.split('/') }));
    this.isSame = rules.every(({ fromPrefix, toPrefix }) => fromPrefix === toPrefix);
    const growths = rules.map(
      ({ fromPrefix, toPrefix }) => Buffer.byteLength(toPrefix) - Buffer.byteLength(fromPrefix),
    );
    this.growth = Math.max(0, ...growths);
  }

  /** The bytes of a topic's name on the other side; undefined where no rule is about it. The first rule that is counts. */
  get(topic: Buffer): Buffer | undefined {
    const key = topic.toString('latin1');
    const known = this.#known.get(key);
    if (known !== undefined || this.#known.has(key)) return known;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const name = this.#nameOf(topic.toString('utf8'));
    const found = name === undefined ? undefined : Buffer.from(name);
    this.#known.set(key, found);
    return found;
  }

  #nameOf(topic: string): string | undefined {
    for (const { rule, levels } of this.#rules) {
      if (!topic.startsWith(rule.fromPrefix)) continue;
      const rest = topic.slice(rule.fromPrefix.length);
      if (isMatch(levels, rest.split('/'))) return rule.toPrefix + rest;
    }
    return undefined;
  }
}

/** Whether a topic filter matches a topic (section 4.7). */
function isMatch(filter: readonly string[], topic: readonly string[]): boolean {
  for (const [index, level] of filter.entries()) {
    if (level === '#') return true;
    if (index >= topic.length || (level !== '+' && level !== topic[index])) return false;
  }
  return filter.length === topic.length;
}
