import { createHash } from 'node:crypto';
import type { SharedRecord } from './record.ts';
import { isLater, isSameStamp, type Stamp } from './stamp.ts';

/** What is known of one thing that gateways share. */
export interface LedgerEntry extends Stamp {
  /** Of what it is here, by this; null: it was removed. */
  readonly hash: string | null;
  /** What it was before, while it is being changed to what another gateway made of it. */
  readonly was?: string | null | undefined;
  /** The servers have had it. */
  readonly isTold?: true | undefined;
}

/** Until what is here was shared for the first time, what others share counts in its place. */
const BEFORE_ALL_MS = 0;

/**
 * Which change of each thing counts, of those made here and those made elsewhere. It is kept on disk beside the things themselves: a thing that is
 * another than it says was changed here meanwhile, also while no gateway ran. Pure, but for the hash.
 */
export class Ledger {
  readonly #gateway: string;
  readonly #entries: Map<string, LedgerEntry>;
  #latestMs: number;

  /** `kept`: what an earlier run wrote; undefined: there was none. */
  constructor(gateway: string, kept: Readonly<Record<string, LedgerEntry>> = {}) {
    this.#gateway = gateway;
    this.#entries = new Map(Object.entries(kept));
    this.#latestMs = Math.max(BEFORE_ALL_MS, ...Object.values(kept).map(({ timeMs }) => timeMs));
  }

  /** What is kept on disk. */
  toJSON(): Record<string, LedgerEntry> {
    return Object.fromEntries(this.#entries);
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  stampOf(key: string): Stamp | undefined {
    return this.#entries.get(key);
  }

  /** Some change was made elsewhere at this time: what is changed here from now on is later. */
  saw({ timeMs }: Stamp): void {
    this.#latestMs = Math.max(this.#latestMs, timeMs);
  }

  /**
   * Looks what there is here, as JSON by key; what differs from what was known is a change of now. null: it is this gateway's own.
   *
   * @param isFirst nothing was ever shared from here: what is there may be older than what others have
   * @returns the keys of what has changed
   */
  compare(here: ReadonlyMap<string, string | null>, nowMs: number, isFirst = false): string[] {
    const changed: string[] = [];
    for (const key of new Set([...this.#entries.keys(), ...here.keys()])) {
      const text = here.get(key);
      if (text === null) {
        this.#entries.delete(key);
        continue;
      }
      const hash = text === undefined ? null : hashOf(text);
      const known = this.#entries.get(key);
      if (known?.hash === hash || (known === undefined && hash === null)) {
        if (known?.was !== undefined) this.adopted(key);
        continue;
      }
      // The gateway ended before it became what another had made of it: that one tells it again.
      const isOld = isFirst || (known?.was !== undefined && known.was === hash);
      const stamp = { timeMs: isOld ? BEFORE_ALL_MS : this.#next(nowMs), gateway: this.#gateway };
      this.#entries.set(key, { ...stamp, hash, ...(isOld && known?.isTold && { isTold: true as const }) });
      changed.push(key);
    }
    return changed;
  }

  /** What a record from elsewhere means: it is to be taken, what is here is to be told, or both are the same. */
  verdict(key: string, record: Stamp): 'take' | 'tell' | 'same' {
    const known = this.#entries.get(key);
    if (known !== undefined && isSameStamp(record, known)) return 'same';
    return isLater(record, known) ? 'take' : 'tell';
  }

  /** What is here is to become what a record says; `adopted` or `compare` says that it did. */
  adopt(key: string, { timeMs, gateway, text }: SharedRecord): void {
    const was = this.#entries.get(key)?.hash ?? null;
    const hash = text === undefined ? null : hashOf(text);
    this.#entries.set(key, { timeMs, gateway, hash, isTold: true, ...(was !== hash && { was }) });
  }

  adopted(key: string): void {
    const known = this.#entries.get(key);
    if (known === undefined) return;
    const { was, ...entry } = known;
    this.#entries.set(key, entry);
  }

  /** The servers have what is known of it. False: that was known, too. */
  told(key: string): boolean {
    const known = this.#entries.get(key);
    if (known === undefined || known.isTold === true) return false;
    this.#entries.set(key, { ...known, isTold: true });
    return true;
  }

  /** Nothing is known of it any more. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** What was not adopted after all, as it changed here meanwhile, is as it was known before. */
  keep(key: string, before: LedgerEntry | undefined): void {
    if (before === undefined) this.#entries.delete(key);
    else this.#entries.set(key, before);
  }

  entry(key: string): LedgerEntry | undefined {
    return this.#entries.get(key);
  }

  #next(nowMs: number): number {
    this.#latestMs = Math.max(Math.floor(nowMs), this.#latestMs + 1);
    return this.#latestMs;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
