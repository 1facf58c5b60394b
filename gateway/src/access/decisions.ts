import { detachText } from '../hub/detach.ts';

/** How many are remembered; then it begins anew. A client that speaks of more names has each decided as it comes. */
const MAX_REMEMBERED = 64;
/** Longer names are decided each time, so that thousands of clients with long names do not fill the memory. */
const MAX_LENGTH = 256;

/** What was decided about a name. */
export interface Decision {
  readonly name: string;
  readonly may: boolean;
}

/** The last decisions of one kind, by name. A name is kept with memory of its own, not as a view of the message that it came in. */
export class Decisions {
  readonly #byName = new Map<string, Decision>();

  get(name: string): Decision | undefined {
    return this.#byName.get(name);
  }

  /** Remembers a decision. */
  add(name: string, may: boolean): Decision {
    const decision = { name: detachText(name), may };
    if (name.length > MAX_LENGTH) return decision;
    if (this.#byName.size >= MAX_REMEMBERED) this.#byName.clear();
    this.#byName.set(decision.name, decision);
    return decision;
  }

  clear(): void {
    this.#byName.clear();
  }
}
