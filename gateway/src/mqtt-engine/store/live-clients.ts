import type { EngineClient } from '../contract.ts';

/** Which connection is each client's now, by its id: from when it is let in until it is gone or another has taken its place. */
export class LiveClients<C extends EngineClient> {
  readonly #byId = new Map<string, C>();

  get(id: string): C | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  all(): Iterable<C> {
    return this.#byId.values();
  }

  enter(id: string, client: C): void {
    this.#byId.set(id, client);
  }

  /** Nothing where another connection has the id by now. */
  leave(id: string, client: C): void {
    if (this.#byId.get(id) === client) this.#byId.delete(id);
  }
}
