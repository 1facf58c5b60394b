import type { Clock } from '../common/clock.ts';
import type { Message } from '../hub/message.ts';
import { Leader } from './leader.ts';
import type { Subject } from './subject.ts';

/** How often watchers are told of a table that keeps changing. */
const TELL_MS = 100;
/** When somebody who could not be told is told again. */
const RETRY_MS = 1000;

export interface WatchedParts {
  readonly clock: Clock;
  /** False where the client did not get it. */
  send(to: string, body: string): boolean;
  /** Whether a client may still know of it. */
  mayTell(client: string): boolean;
}

/** A subject with its watchers and its timers. */
export class Watched {
  readonly id: string;
  readonly subject: Subject;
  readonly #parts: WatchedParts;
  /** By client: whether it needs to be told everything. */
  readonly #watchers = new Map<string, boolean>();
  #telling: (() => void) | undefined;
  #ticking: { dueMs: number; cancel: () => void } | undefined;

  constructor(id: string, subject: Subject, parts: WatchedParts) {
    this.id = id;
    this.subject = subject;
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#watchers.size === 0;
  }

  /** Tells a client all that there is, now, and then what changes. */
  watch(client: string): void {
    this.#watchers.set(client, true);
    this.#tell();
  }

  unwatch(client: string): void {
    this.#watchers.delete(client);
    this.#settle();
  }

  /** A message of the subject's channel; false: there was no room for what it says. */
  hear(message: Message): boolean {
    const fits = this.subject.hear(message, this.#parts.clock.monotonicMs());
    this.#settle();
    return fits;
  }

  end(): void {
    this.#telling?.();
    this.#ticking?.cancel();
    this.subject.end();
  }

  #settle(): void {
    const { clock } = this.#parts;
    const { dueMs, isChanged } = this.subject;
    // Who leads is said at once.
    if (isChanged && this.subject instanceof Leader) this.#tell();
    else if (isChanged) this.#telling ??= clock.after(TELL_MS, () => this.#tell());
    // What is due later meanwhile is looked at when the timer is over.
    if (dueMs === undefined || (this.#ticking !== undefined && this.#ticking.dueMs <= dueMs)) return;
    this.#ticking?.cancel();
    const cancel = clock.after(Math.max(1, dueMs - clock.monotonicMs()), () => {
      this.#ticking = undefined;
      this.subject.tick(clock.monotonicMs());
      this.#settle();
    });
    this.#ticking = { dueMs, cancel };
  }

  #tell(): void {
    this.#telling?.();
    this.#telling = undefined;
    const { subject } = this;
    const changes = subject.isChanged ? subject.tell(false) : [];
    let all: string[] | undefined;
    let isMissed = false;
    for (const [client, needsAll] of [...this.#watchers]) {
      if (!this.#parts.mayTell(client)) {
        this.#watchers.set(client, true);
        continue;
      }
      if (needsAll) all ??= subject.tell(true);
      const got = (needsAll ? (all ?? []) : changes).every((page) => this.#parts.send(client, page));
      if (!this.#watchers.has(client)) continue;
      this.#watchers.set(client, !got);
      isMissed ||= !got;
    }
    subject.told();
    if (isMissed) this.#telling ??= this.#parts.clock.after(RETRY_MS, () => this.#tell());
    this.#settle();
  }
}
