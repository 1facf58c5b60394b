import { detachText } from '../hub/detach.ts';

/** How many are remembered; then it begins anew. A client that speaks of more names has each decided as it comes. */
const MAX_REMEMBERED = 64;
/** Longer names are decided each time, so that thousands of clients with long names do not fill the memory. */
const MAX_LENGTH = 256;

/** What was decided about a name. */
export interface Decision {
  readonly name: string;
  readonly may: boolean;
  /** The name has a colon, so that it may be of a private channel, with its password. */
  readonly hasColon: boolean;
}

/**
 * The last decisions of one kind, by name. Most clients speak of one name only, so the last one is looked at first. A name is kept with
 * memory of its own, not as a view of the message that it came in.
 */
export class Decisions {
  #last: Decision | undefined;
  /** Those before the last one; made for the second. */
  #byName: Map<string, Decision> | undefined;

  get(name: string): Decision | undefined {
    if (this.#last?.name === name) return this.#last;
    const known = this.#byName?.get(name);
    if (known !== undefined) this.#last = known;
    return known;
  }

  /** Remembers a decision. */
  add(name: string, may: boolean): Decision {
    const hasColon = name.includes(':');
    if (name.length > MAX_LENGTH) return { name, may, hasColon };
    const decision = { name: detachText(name), may, hasColon };
    if (this.#last !== undefined) {
      this.#byName ??= new Map();
      this.#remember(this.#byName, this.#last);
      this.#remember(this.#byName, decision);
    }
    this.#last = decision;
    return decision;
  }

  clear(): void {
    this.#last = undefined;
    this.#byName = undefined;
  }

  #remember(known: Map<string, Decision>, decision: Decision): void {
    if (known.has(decision.name)) return;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(decision.name, decision);
  }
}
