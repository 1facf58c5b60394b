import type { ScheduledEntry } from './record.ts';

/** Which gateway sends a message that waits for its time: what follows from what one of them knows. */

/**
 * `put`: the others are told that it waits here. `sent`: they are told that it was sent. `drop`: another gateway has it, and it is
 * sent from here no more. `rest`: all is well.
 */
export type Step = 'put' | 'sent' | 'drop' | 'rest';

/** What a gateway knows of one message. */
export interface Position {
  readonly gateway: string;
  /** Whether it waits here. */
  readonly waits: boolean;
  /** What the bucket has. */
  readonly entry: (Pick<ScheduledEntry, 'holder'> & { readonly isSent: boolean }) | undefined;
}

/** What a gateway does next about a message that it has taken or sent, and of which the others may not know yet. */
export function nextStep({ gateway, waits, entry }: Position): Step {
  const isOwn = entry?.holder === gateway;
  if (waits) {
    if (entry === undefined) return 'put';
    if (!isOwn) return 'drop';
    return entry.isSent ? 'put' : 'rest';
  }
  return isOwn && !entry.isSent ? 'sent' : 'rest';
}

/** Whether a gateway takes over what waits at others that are gone: the one with the least name of those that are there, so that not all try. */
export function takesOver(gateway: string, others: readonly string[]): boolean {
  return others.every((other) => gateway < other);
}

/** Of how many gateways it is known since when they are away. */
const MAX_NAMES = 1000;

/** Since when each of some gateways was not seen, by the monotonic clock: one that was not for `goneMs`, with the link up, is gone for good. */
export class Absences {
  readonly #goneMs: number;
  readonly #sinceMs = new Map<string, number>();

  constructor(goneMs: number) {
    this.#goneMs = goneMs;
  }

  /**
   * Looks who is there; `holders`: of whom it is asked, who need not be all. Returns those that are gone for good.
   */
  look(holders: ReadonlySet<string>, present: ReadonlySet<string>, nowMs: number): Set<string> {
    for (const name of this.#sinceMs.keys()) if (present.has(name)) this.#sinceMs.delete(name);
    const gone = new Set<string>();
    for (const name of holders) {
      if (present.has(name)) continue;
      const sinceMs = this.#sinceMs.get(name);
      if (sinceMs === undefined) {
        if (this.#sinceMs.size < MAX_NAMES) this.#sinceMs.set(name, nowMs);
      } else if (nowMs - sinceMs >= this.#goneMs) gone.add(name);
    }
    return gone;
  }

  /** Nobody could be seen for a while. */
  forget(): void {
    this.#sinceMs.clear();
  }
}
