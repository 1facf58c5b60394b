import type { Undo } from '../../common/group-commit.ts';
import { textBytes, writeText } from '../codec/put.ts';
import type { ReceivedIds, StoredSession } from './contract.ts';
import type { Disk } from './disk.ts';
import { RecordReader, sealedRecord } from './records.ts';
import { INCOMING, keyOf, QUEUES, SESSIONS } from './session-keys.ts';
import { DiskQueue, type QueueParts } from './session-queue.ts';

/** What of a session is on disk under its own key. Times are `Clock.monotonicMs`. */
export interface SessionRecord {
  readonly account: string | undefined;
  readonly expiryMs: number;
  /** When its client was here, give or take a day. */
  readonly seenMs: number;
  /** When its client left; undefined: it was here when this was written. */
  readonly leftMs: number | undefined;
  /** See `StoredSession`; Infinity: everything that is in its queue may have been sent. */
  readonly sentSeq: number;
}

const SESSION = 1;
const HAS_ACCOUNT = 1;
const IS_AWAY = 2;
const FIELDS_AT = 2;
const ACCOUNT_AT = FIELDS_AT + 4 * 8;
/** Received ids have nothing to say but their keys. */
const RECEIVED_RECORD = sealedRecord(1, (record) => {
  record[0] = 1;
});

/** The packet ids of one client's messages that it has not released, in memory and on disk. */
class KeptIds implements ReceivedIds, Undo {
  readonly #prefix: string;
  readonly #disk: Disk;
  #ids: Set<number> | undefined;
  #isOver = false;

  constructor(prefix: string, disk: Disk) {
    this.#prefix = prefix;
    this.#disk = disk;
  }

  get size(): number {
    return this.#ids?.size ?? 0;
  }

  has(id: number): boolean {
    return this.#ids?.has(id) ?? false;
  }

  add(id: number): void {
    if (this.#isOver) return;
    this.restore(id);
    this.#disk.put(this.#keyOf(id), RECEIVED_RECORD, this, id);
  }

  delete(id: number): void {
    if (this.#ids?.delete(id)) this.#disk.del(this.#keyOf(id));
  }

  clear(): void {
    for (const id of [...(this.#ids ?? [])]) this.delete(id);
  }

  restore(id: number): void {
    this.#ids ??= new Set();
    this.#ids.add(id);
  }

  /** It is not on disk: the message comes again, and is none of those that were received. */
  undo(id: number): void {
    this.#ids?.delete(id);
  }

  end(): void {
    this.#isOver = true;
    for (const id of this.#ids ?? []) this.#disk.del(this.#keyOf(id));
    this.#ids = undefined;
  }

  /** As earlier versions wrote them. */
  #keyOf(id: number): string {
    return this.#prefix + String(id).padStart(16, '0');
  }
}

/** One session that outlives its connections. */
export class KeptSession implements StoredSession {
  readonly id: string;
  readonly account: string | undefined;
  readonly queue: DiskQueue;
  readonly received: KeptIds;
  expiryMs: number;
  sentSeq = 0;
  /** When its client was here, as it is on disk. */
  seenMs = Number.NEGATIVE_INFINITY;
  /** When its client left; undefined while it is here. */
  leftMs: number | undefined;
  isHere = false;
  /** It is on disk that everything in its queue may have been sent. */
  isSending = false;
  readonly #disk: Disk;
  #stopExpiry: (() => void) | undefined;
  #isOver = false;

  constructor(
    { id, account, expiryMs }: Pick<StoredSession, 'id' | 'account' | 'expiryMs'>,
    { disk, queues }: { disk: Disk; queues: QueueParts },
  ) {
    this.id = id;
    this.account = account;
    this.expiryMs = expiryMs;
    this.#disk = disk;
    this.queue = new DiskQueue(id, `${keyOf(QUEUES, id)}:`, queues);
    this.received = new KeptIds(`${keyOf(INCOMING, id)}:`, disk);
  }

  noteSending(): void {
    if (this.isSending || this.#isOver) return;
    this.isSending = true;
    this.write();
  }

  enter(): void {
    this.stopExpiry();
    this.isHere = true;
    this.leftMs = undefined;
    this.queue.enter();
  }

  leave(nowMs: number): void {
    this.stopExpiry();
    this.isHere = false;
    this.leftMs = nowMs;
    this.queue.leave();
  }

  /** Its queue is loaded: says what of it was sent in an earlier run, and where its numbers go on. */
  resume(): void {
    const isAll = this.sentSeq === Number.POSITIVE_INFINITY;
    if (isAll) this.sentSeq = this.queue.nextSeq;
    else this.queue.beginAt(this.sentSeq);
    // What comes from now on was not.
    if (isAll) this.write();
  }

  expireBy(stop: () => void): void {
    this.#stopExpiry = stop;
  }

  stopExpiry(): void {
    this.#stopExpiry?.();
    this.#stopExpiry = undefined;
  }

  end(): void {
    this.#isOver = true;
    this.stopExpiry();
    this.queue.end();
    this.received.end();
  }

  write(): void {
    const { account, expiryMs, seenMs, leftMs } = this;
    const sentSeq = this.isSending ? Number.POSITIVE_INFINITY : this.sentSeq;
    const accountBytes = account === undefined ? 0 : textBytes(account);
    const size = ACCOUNT_AT + (account === undefined ? 0 : 2 + accountBytes);
    const sealed = sealedRecord(size, (record) => {
      record[0] = SESSION;
      record[1] = (account === undefined ? 0 : HAS_ACCOUNT) | (leftMs === undefined ? 0 : IS_AWAY);
      let at = FIELDS_AT;
      for (const field of [expiryMs, seenMs, leftMs ?? 0, sentSeq]) at = record.writeDoubleBE(field, at);
      if (account !== undefined) writeText(record, at, account, accountBytes);
    });
    this.#disk.put(keyOf(SESSIONS, this.id), sealed);
  }
}

/** What a record of today's version says; undefined where it is none. */
export function readSession(record: Buffer): SessionRecord | undefined {
  if (record[0] !== SESSION) return undefined;
  const flags = record[1] as number;
  const reader = new RecordReader(record, FIELDS_AT);
  const expiryMs = reader.double();
  const seenMs = reader.double();
  const leftMs = reader.double();
  const sentSeq = reader.double();
  const account = (flags & HAS_ACCOUNT) === 0 ? undefined : reader.text();
  return { account, expiryMs, seenMs, leftMs: (flags & IS_AWAY) === 0 ? undefined : leftMs, sentSeq };
}
