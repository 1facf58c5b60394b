import { PendingParts } from './pending-parts.ts';
import type { UploadRecord } from './record.ts';
import type { Slots } from './slots.ts';

/**
 * The records of all uploads, by id, token and key: what can be asked about them, and how many each owner has. It does not touch the disk.
 */
export class UploadIndex {
  readonly #records = new Map<string, UploadRecord>();
  readonly #byToken = new Map<string, UploadRecord>();
  readonly #byKey = new Map<string, UploadRecord>();
  readonly #pending = new PendingParts();
  readonly #slots: Slots;
  #number = 0;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** The uploads in a state, the earliest first. */
  inState(...states: UploadRecord['state'][]): UploadRecord[] {
    return [...this.#records.values()].filter(({ state }) => states.includes(state));
  }

  get(id: string): UploadRecord | undefined {
    return this.#records.get(id);
  }

  /** How many uploads below a folder's key are on their way to the store. */
  pendingIn(folder: string): number {
    return this.#pending.in(folder);
  }

  /** An upload below a folder's key that will never get into the store. */
  failedIn(folder: string): UploadRecord | undefined {
    return this.inState('failed').find(({ key }) => key !== folder && key.startsWith(folder));
  }

  /** The complete object with this key that is not in the store yet; folders and what is to be appended do not count. */
  waiting(key: string): UploadRecord | undefined {
    return this.#byKey.get(key);
  }

  /** All keys of complete uploads that are not in the store yet. */
  waitingKeys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** The upload with this token of its sender; undefined if it is unknown or forgotten. */
  find(sender: Sender, token: string): UploadRecord | undefined {
    return this.#byToken.get(tokenKey(sender, token));
  }

  /** The number for a new upload, higher than all before. */
  protected nextNumber(): number {
    return ++this.#number;
  }

  /** Adds or updates a record. */
  protected enter(record: UploadRecord): void {
    this.#unlink(this.#records.get(record.id));
    this.#records.set(record.id, record);
    this.#number = Math.max(this.#number, record.number);
    if (hasSlot(record)) this.#slots.take(record.id, record);
    this.#pending.enter(record);
    if (record.state === 'accepted' && record.kind !== 'folder' && !record.isAppend)
      this.#byKey.set(record.key, record);
    if (record.token !== undefined && record.state !== 'failed') {
      this.#byToken.set(tokenKey(record, record.token), record);
    }
  }

  /** Forgets an upload. */
  protected leave({ id }: UploadRecord): void {
    this.#unlink(this.#records.get(id));
    this.#records.delete(id);
  }

  #unlink(record: UploadRecord | undefined): void {
    if (!record) return;
    if (hasSlot(record)) this.#slots.free(record.id);
    this.#pending.leave(record);
    if (this.#byKey.get(record.key) === record) this.#byKey.delete(record.key);
    const name = record.token === undefined ? undefined : tokenKey(record, record.token);
    if (name !== undefined && this.#byToken.get(name) === record) this.#byToken.delete(name);
  }
}

/** Whose tokens they are. */
type Sender = Pick<UploadRecord, 'from' | 'account'>;

function tokenKey({ from, account = '' }: Sender, token: string): string {
  return JSON.stringify([account, from, token]);
}

/** A folder that waits for its files counts as an incoming upload. */
function hasSlot({ state, kind }: UploadRecord): boolean {
  return state === 'receiving' || (state === 'accepted' && kind === 'folder');
}
