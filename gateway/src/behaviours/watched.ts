import type { Clock } from '../common/clock.ts';
import type { Message } from '../hub/message.ts';
import type { Done, Subject } from './subject.ts';
import type { Act, Wanted } from './wanted.ts';

/** How often watchers are told of a table that keeps changing. */
const TELL_MS = 100;
/** When somebody who could not be told is told again. */
const RETRY_MS = 1000;

export interface WatchedParts {
  readonly clock: Clock;
  /** False where the client did not get it. */
  send(to: string, body: string): boolean;
  /** Says something on the subject's channel. */
  say(body: string): void;
  /** Whether a client may still know of it. */
  mayTell(client: string): boolean;
}

/** A subject with its watchers and its timers. */
export class Watched {
  readonly id: string;
  readonly wanted: Wanted;
  readonly subject: Subject;
  readonly #parts: WatchedParts;
  /** By client: whether it needs to be told everything. */
  readonly #watchers = new Map<string, boolean>();
  #telling: (() => void) | undefined;
  #ticking: { dueMs: number; cancel: () => void } | undefined;

  constructor(id: string, wanted: Wanted, subject: Subject, parts: WatchedParts) {
    this.id = id;
    this.wanted = wanted;
    this.subject = subject;
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#watchers.size === 0;
  }

  get clients(): string[] {
    return [...this.#watchers.keys()];
  }

  /** What somebody is told that begins to watch now, as texts of JSON objects. */
  get now(): string[] {
    return this.subject.tell(true, this.#parts.clock.monotonicMs());
  }

  /** Has a client do what it asks for, and tells it all that there is, now, and then what changes. */
  watch(client: string, act: Act | undefined): Done | undefined {
    const done = act && this.subject.act?.(client, act, this.#parts.clock.monotonicMs());
    this.#watchers.set(client, true);
    this.#tell();
    return done;
  }

  unwatch(client: string): void {
    this.#watchers.delete(client);
    this.subject.left?.(client, this.#parts.clock.monotonicMs());
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
    const { isChanged, isUrgent } = this.subject;
    if (isChanged && isUrgent) this.#tell();
    else if (isChanged) this.#telling ??= clock.after(TELL_MS, () => this.#tell());
    for (const body of this.subject.says?.() ?? []) this.#parts.say(body);
    this.#wait();
  }

  /** Sets the timer for what is due next. */
  #wait(): void {
    const { clock } = this.#parts;
    const { dueMs } = this.subject;
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
    const { clock } = this.#parts;
    const { isChanged } = subject;
    const write = (all: boolean): (() => string[]) => {
      let pages: string[] | undefined;
      return () => {
        // What is urgent is short, and may say how late it is told.
        if (pages === undefined || subject.isUrgent) pages = subject.tell(all, clock.monotonicMs());
        return pages;
      };
    };
    const changes = write(false);
    const everything = write(true);
    let isMissed = false;
    for (const [client, needsAll] of [...this.#watchers]) {
      if (!needsAll && !isChanged) continue;
      if (!this.#parts.mayTell(client)) {
        this.#watchers.set(client, true);
        continue;
      }
      const got = (needsAll ? everything() : changes()).every((page) => this.#parts.send(client, page));
      if (!this.#watchers.has(client)) continue;
      this.#watchers.set(client, !got);
      isMissed ||= !got;
    }
    subject.told();
    if (isMissed) this.#telling ??= clock.after(RETRY_MS, () => this.#tell());
    this.#settle();
  }
}
