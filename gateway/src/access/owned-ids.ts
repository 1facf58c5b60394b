import { isGatewayName } from '../common/names.ts';

/**
 * Which account owns a client id: an account owns its own name, all ids that begin with it and a hyphen, and what was added to it: an id,
 * or the beginning of ids with `*` at the end. Of two that fit, the longer wins; of two alike, the account that had it first. What the gateway
 * itself answers to, such as `all`, is nobody's: its owner would be the only one who may hear it.
 */
export class OwnedIds {
  readonly #exact = new Map<string, string>();
  readonly #prefixes = new Map<string, string>();
  /** How many prefixes have each length, so that a look-up tries only those lengths. */
  readonly #lengths = new Map<number, number>();
  #sorted: number[] | undefined;

  /** The account that owns `id`; undefined where nobody does. */
  ownerOf(id: string): string | undefined {
    if (this.#exact.size + this.#prefixes.size === 0 || isGatewayName(id)) return undefined;
    const owner = this.#exact.get(id);
    if (owner !== undefined) return owner;
    this.#sorted ??= [...this.#lengths.keys()].sort((one, other) => other - one);
    for (const length of this.#sorted) {
      if (length > id.length) continue;
      const found = this.#prefixes.get(id.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Gives an account its name, `name-*` and what was added. */
  add(account: string, patterns: Iterable<string>): void {
    for (const pattern of [account, `${account}-*`, ...patterns]) this.#give(pattern, account);
  }

  /** Gives an account its name alone. */
  addName(account: string): void {
    this.#give(account, account);
  }

  clear(): void {
    this.#exact.clear();
    this.#prefixes.clear();
    this.#lengths.clear();
    this.#sorted = undefined;
  }

  #give(pattern: string, account: string): void {
    if (!pattern.endsWith('*')) {
      if (!this.#exact.has(pattern)) this.#exact.set(pattern, account);
      return;
    }
    const prefix = pattern.slice(0, -1);
    if (this.#prefixes.has(prefix)) return;
    this.#prefixes.set(prefix, account);
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    this.#sorted = undefined;
  }
}
