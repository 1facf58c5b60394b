import { detachText } from '../../hub/detach.ts';
import type { Kind } from '../../hub/message.ts';
import type { Outcome, Traced, TraceReason, Trail } from '../../hub/tracer.ts';

/** What became of a message for one recipient that has a name here. */
export interface Recipient {
  readonly id: string;
  readonly outcome: Outcome;
}

/** How many recipients are named of those that got a message, and of the others; all are counted. */
export const MAX_NAMED = 16;

/** What an entry and one recipient take in memory beside their names, about. */
const ENTRY_BYTES = 300;
const RECIPIENT_BYTES = 64;

/** Outcomes by which a recipient that it was handed to did not get it. */
const LOST: ReadonlySet<Outcome> = new Set(['queue_full', 'too_large', 'closed', 'expired']);
/** Outcomes by which a recipient has it, or will. */
const FINE: ReadonlySet<Outcome> = new Set(['delivered', 'queued', 'waiting']);

const NOBODY: Recipient[] = [];
const NOTHING = new Map<Outcome, number>();

/** One message, and what became of it. */
export class TraceEntry implements Trail {
  /** Grows with each message. */
  readonly seq: number;
  /** When it set out; milliseconds since 1970. */
  readonly timestampMs: number;
  /** The same by the monotonic clock. */
  readonly openedMs: number;
  /** How many messages had been left out by then. */
  readonly leftOut: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: string | undefined;
  readonly kind: Kind | undefined;
  readonly size: number | undefined;
  readonly isRetained: boolean;
  reason: TraceReason | undefined;
  why: string | undefined;
  /** These are made when they are needed: most messages have one recipient, which gets it. */
  #fine: Recipient[] = NOBODY;
  #missed: Recipient[] = NOBODY;
  #delivered = 0;
  #others: Map<Outcome, number> = NOTHING;
  #handed = 0;
  #isOver = false;
  #bytes: number;
  /** Is told how much memory it takes more; undefined when nobody counts it any more. */
  grown: ((bytes: number) => void) | undefined;

  constructor(init: Pick<TraceEntry, 'seq' | 'timestampMs' | 'openedMs' | 'leftOut' | 'protocol'>, traced: Traced) {
    this.seq = init.seq;
    this.timestampMs = init.timestampMs;
    this.openedMs = init.openedMs;
    this.leftOut = init.leftOut;
    this.protocol = init.protocol;
    this.from = detachText(traced.from);
    this.to = detachText(traced.to);
    this.kind = traced.kind;
    this.size = traced.size;
    this.isRetained = traced.isRetained === true;
    this.#bytes = ENTRY_BYTES + 2 * (this.from.length + this.to.length);
  }

  /** It was handed to everybody. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those that have a name here, who got it first. */
  get recipients(): Recipient[] {
    return [...this.#fine, ...this.#missed];
  }

  /** How many recipients there are of each outcome. */
  get counts(): ReadonlyMap<Outcome, number> {
    return this.#delivered === 0 ? this.#others : new Map([['delivered', this.#delivered], ...this.#others]);
  }

  /** How many have it, or will. */
  get got(): number {
    const lost = this.#count(LOST);
    return Math.max(this.#count(FINE), this.#handed - lost);
  }

  /** It has not reached somebody that it was for, or anybody; nor is it retained for whoever comes. */
  get isFailed(): boolean {
    const isRefused = this.reason !== undefined && this.reason !== 'no_recipient';
    return isRefused || this.#count(LOST) > 0 || (this.got === 0 && !this.isRetained);
  }

  /** Of a message to a thousand clients, nearly all calls must be over at once. */
  add(id: string, outcome: Outcome): void {
    if (outcome !== 'delivered') this.#add(id, outcome);
    else if (this.#delivered++ < MAX_NAMED) this.#nameFine(id, outcome);
  }

  #add(id: string, outcome: Outcome): void {
    const isFine = FINE.has(outcome);
    // Somebody who subscribes twice is told of once.
    if (!isFine && id !== '' && this.#missed.some((other) => other.id === id && other.outcome === outcome)) return;
    if (this.#others === NOTHING) this.#others = new Map();
    this.#others.set(outcome, (this.#others.get(outcome) ?? 0) + 1);
    if (isFine) this.#nameFine(id, outcome);
    else this.#nameMissed(id, outcome);
  }

  #nameFine(id: string, outcome: Outcome): void {
    if (id === '' || this.#fine.length >= MAX_NAMED) return;
    if (this.#fine === NOBODY) this.#fine = [{ id, outcome }];
    else this.#fine.push({ id, outcome });
    this.#grow(id);
  }

  #nameMissed(id: string, outcome: Outcome): void {
    if (id === '' || this.#missed.length >= MAX_NAMED) return;
    if (this.#missed === NOBODY) this.#missed = [{ id, outcome }];
    else this.#missed.push({ id, outcome });
    this.#grow(id);
  }

  #grow(id: string): void {
    const bytes = RECIPIENT_BYTES + 2 * id.length;
    this.#bytes += bytes;
    this.grown?.(bytes);
  }

  end(handed: number, reason?: TraceReason, why?: string): void {
    this.#isOver = true;
    this.#handed = Math.max(this.#handed, handed);
    this.reason ??= reason;
    this.why ??= why;
  }

  /** True where `name` sent it, or it went to it, as far as its recipients have names here. */
  isAbout(name: string): boolean {
    if (this.from === name || this.to === name) return true;
    const isNamed = ({ id }: Recipient): boolean => id === name;
    return this.#fine.some(isNamed) || this.#missed.some(isNamed);
  }

  #count(outcomes: ReadonlySet<Outcome>): number {
    let sum = outcomes.has('delivered') ? this.#delivered : 0;
    for (const [outcome, count] of this.#others) if (outcomes.has(outcome)) sum += count;
    return sum;
  }
}
