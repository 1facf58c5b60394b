import type { EngineClient } from '../contract.ts';

/** Which connection is each client's now, by its id: from when it is let in until it is gone or another has taken its place. */
export class LiveClients<C extends EngineClient> {
  readonly #byId = new Map<string, C>();
  /** Who is to have each id next, once the one that has it is gone: the last to come. */
  readonly #next = new Map<string, C>();

  get(id: string): C | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  all(): Iterable<C> {
    return this.#byId.values();
  }

  /** True where nobody has the id, or is to have it. */
  isFree(id: string): boolean {
    return !this.#byId.has(id) && (this.#next.size === 0 || !this.#next.has(id));
  }

  /** The client is to have this id next; whoever was to have it before is not any more. */
  claim(id: string, client: C): void {
    this.#next.set(id, client);
  }

  /** True where nobody has claimed the id since. */
  isNext(id: string, client: C): boolean {
    return this.#next.get(id) === client;
  }

  /** The client is let in, or gone before it was. */
  unclaim(id: string, client: C): void {
    if (this.#next.size > 0 && this.isNext(id, client)) this.#next.delete(id);
  }

  enter(id: string, client: C): void {
    this.unclaim(id, client);
    this.#byId.set(id, client);
  }

  /** Nothing where another connection has the id by now. */
  leave(id: string, client: C): void {
    if (this.#byId.get(id) === client) this.#byId.delete(id);
  }
}
