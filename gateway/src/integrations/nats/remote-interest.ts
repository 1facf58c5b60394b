import { isPattern } from '../../hub/pattern.ts';
import { TopicTrie } from '../../hub/topic-trie.ts';

/** Which other gateways want what: their channels and topic filters. */
export class RemoteInterest {
  readonly #byGateway = new Map<string, Set<string>>();
  readonly #exact = new Map<string, Set<string>>();
  readonly #wild = new TopicTrie<string>();
  /** Those that want something, and take no bundles. */
  readonly #withoutBundles = new Set<string>();
  #wildCount = 0;
  #version = 0;

  /** Grows with each change; what was looked up before is right as long as it is the same. */
  get version(): number {
    return this.#version;
  }

  /** Whether each that wants something takes several messages in one (`bundle.ts`). */
  get takesBundles(): boolean {
    return this.#withoutBundles.size === 0;
  }

  /** Notes whether a gateway takes them. */
  note(gateway: string, takesBundles: boolean): void {
    if (takesBundles) this.#withoutBundles.delete(gateway);
    else this.#withoutBundles.add(gateway);
  }

  /** How many other gateways want what is sent to a channel. */
  count(channel: string): number {
    const exact = this.#exact.get(channel);
    if (this.#wildCount === 0) return exact?.size ?? 0;
    const found = new Set(exact);
    this.#wild.match(channel, (gateway) => {
      found.add(gateway);
    });
    return found.size;
  }

  /** All channels that any of them wants by exactly their name. */
  channels(): Iterable<string> {
    return this.#exact.keys();
  }

  add(gateway: string, filter: string): void {
    let filters = this.#byGateway.get(gateway);
    if (filters === undefined) {
      filters = new Set();
      this.#byGateway.set(gateway, filters);
    }
    if (filters.has(filter)) return;
    filters.add(filter);
    this.#version++;
    if (isPattern(filter)) {
      this.#wild.set(filter, gateway, gateway);
      this.#wildCount++;
      return;
    }
    const gateways = this.#exact.get(filter);
    if (gateways === undefined) this.#exact.set(filter, new Set([gateway]));
    else gateways.add(gateway);
  }

  remove(gateway: string, filter: string): void {
    if (!this.#byGateway.get(gateway)?.delete(filter)) return;
    this.#version++;
    if (isPattern(filter)) {
      this.#wild.delete(filter, gateway);
      this.#wildCount--;
      return;
    }
    const gateways = this.#exact.get(filter);
    gateways?.delete(gateway);
    if (gateways?.size === 0) this.#exact.delete(filter);
  }

  /** Forgets all that a gateway wanted. */
  clear(gateway: string): void {
    for (const filter of [...(this.#byGateway.get(gateway) ?? [])]) this.remove(gateway, filter);
    this.#byGateway.delete(gateway);
    this.#withoutBundles.delete(gateway);
  }
}
