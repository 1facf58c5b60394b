import type { Clock } from '../../common/clock.ts';
import type { Undo } from '../../common/group-commit.ts';
import type { EngineMessage } from '../message.ts';
import type { Handing, QueuedMessage, SessionQueue } from './contract.ts';
import type { Disk } from './disk.ts';
import { LoadedEntries, type LoadedEntry } from './loaded-entries.ts';
import { MAX_PACKET_ID, packetIdOf } from './packet-ids.ts';
import type { QueueRoom } from './queue-room.ts';
import { QueueWindow } from './queue-window.ts';
import {
  countedBytes,
  countedBytesOf,
  ENTRY_BYTES,
  type MessageRecord,
  payloadOf,
  RELEASED,
  readMessage,
  sealedRecord,
  writeMessage,
} from './records.ts';
import { SeqTable } from './seq-table.ts';

/** What all queues have in common. */
export interface QueueParts {
  readonly disk: Disk;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly room: QueueRoom;
  /** A message to `topic` was not kept, as the queue of `id`, or what all queues may hold, is full. */
  readonly full: (id: string, topic: string) => void;
}

/** How many entries are read at once, and about how many bytes. */
const READ_ENTRIES = 500;
const READ_BYTES = 128 * 1024;
/** So few are read by their keys, together with those of other clients. */
const FEW_ENTRIES = 16;
/** In the table of sizes: only the number is left of it. */
const IS_RELEASED = 0x8000_0000;
/** How far numbers that are taken over may be apart. */
const MAX_SPAN = 4 * MAX_PACKET_ID;
/** So many digits of base 36 are enough for 2.8 million million messages. */
const SEQ_DIGITS = 8;
const RELEASED_RECORD = sealedRecord(1, (record) => {
  record[0] = RELEASED;
});

/** The messages of QoS 1 and 2 that wait for one client: on disk, and the newest also in memory while it is here. */
export class DiskQueue implements SessionQueue, Undo {
  readonly #id: string;
  readonly #prefix: string;
  readonly #parts: QueueParts;
  /** How many bytes each entry counts. */
  readonly #sizes = new SeqTable();
  #bytes = 0;
  /** Where the client is here. */
  #window: QueueWindow | undefined;
  /** The oldest entries as they were loaded, until the client comes: after a restart thousands may come at once. */
  #loaded: LoadedEntries | undefined;
  #isOver = false;
  /** The last write that something of it was part of. */
  #lastWrite = 0;

  /** `prefix`: what its keys begin with. */
  constructor(id: string, prefix: string, parts: QueueParts) {
    this.#id = id;
    this.#prefix = prefix;
    this.#parts = parts;
  }

  get count(): number {
    return this.#sizes.count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get firstSeq(): number {
    return this.#sizes.first;
  }

  get nextSeq(): number {
    return this.#sizes.next;
  }

  get isWritten(): boolean {
    return this.#parts.disk.isOver(this.#lastWrite);
  }

  /** The key of an entry. */
  keyOf(seq: number): string {
    return this.#prefix + seq.toString(36).padStart(SEQ_DIGITS, '0');
  }

  /** Counts an entry that is on disk, whether there is room for it or not; a `record` of undefined cannot be read. */
  restore(key: string, record: Buffer | undefined): void {
    const seq = Number.parseInt(key.slice(this.#prefix.length), 36);
    if (!(seq >= this.#sizes.next)) return;
    const isReleased = record?.[0] === RELEASED;
    const bytes = isReleased ? ENTRY_BYTES : record && countedBytesOf(record);
    if (bytes === undefined) {
      this.#parts.disk.del(key);
      return;
    }
    this.#sizes.add(seq, isReleased ? ENTRY_BYTES | IS_RELEASED : bytes);
    this.#count(bytes);
    this.#loaded ??= new LoadedEntries(this.#parts.room);
    this.#loaded.add(seq, record as Buffer);
  }

  /**
   * Takes in an entry of an earlier version behind all others, whether there is room for it or not, and stages its write. Its number is
   * one whose packet id is that under which it was sent, so that its client takes it for no other; undefined: it was not sent.
   */
  takeOver(message: EngineMessage | undefined, packetId: number | undefined): number {
    const { next, first } = this.#sizes;
    const ahead = packetId === undefined ? 0 : (packetId - packetIdOf(next) + MAX_PACKET_ID) % MAX_PACKET_ID;
    // Ids that go back again and again would make the table of sizes long.
    const seq = next + ahead - first > MAX_SPAN ? next : next + ahead;
    const bytes = message === undefined ? ENTRY_BYTES : countedBytes(message);
    this.#sizes.add(seq, message === undefined ? (ENTRY_BYTES | IS_RELEASED) >>> 0 : bytes);
    this.#count(bytes);
    const record =
      message === undefined
        ? RELEASED_RECORD
        : writeMessage(message, { qos: message.qos, retain: message.retain, identifiers: undefined });
    this.#put(seq, record);
    return seq;
  }

  /** Has numbers begin here, if they are not further. */
  beginAt(seq: number): void {
    this.#sizes.beginAt(seq);
  }

  /** The client is here: what comes for it is kept in memory too. */
  enter(): void {
    this.#window ??= new QueueWindow(this.#parts.room, (seq) => this.#sizeOf(seq));
    this.#window.reset(this.firstSeq);
    for (const { seq, record } of this.#takeLoaded()) {
      const size = this.#sizes.get(seq);
      if (size === 0) continue;
      const entry = (size & IS_RELEASED) === 0 ? entryOf(seq, record) : releasedEntry(seq);
      if (entry === undefined) return;
      this.#window.add(entry);
    }
  }

  #takeLoaded(): readonly LoadedEntry[] {
    const entries = this.#loaded?.take() ?? [];
    this.#loaded = undefined;
    return entries;
  }

  leave(): void {
    this.#window?.reset(0);
    this.#window = undefined;
  }

  /** The session has ended: takes everything off the disk. */
  end(): void {
    this.leave();
    this.#takeLoaded();
    this.#isOver = true;
    for (const seq of this.#sizes.seqs()) this.#parts.disk.del(this.keyOf(seq));
    this.#count(-this.#bytes);
  }

  add(message: EngineMessage, handing: Handing): number | undefined {
    if (this.#isOver) return undefined;
    const bytes = countedBytes(message);
    if (!this.#parts.room.fits(this.#id, this, bytes)) {
      this.#parts.full(this.#id, message.topic);
      return undefined;
    }
    const seq = this.#sizes.next;
    this.#sizes.add(seq, bytes);
    this.#count(bytes);
    const record = message.recordFor(handing, writeMessage);
    this.#put(seq, record, this);
    if (this.#window !== undefined) {
      // It may wait for long, and must not keep alive what else was read with it.
      message.detach(payloadOf(record, message.payload.length));
      const { qos, retain, identifiers, shared } = handing;
      this.#window.offer({ seq, qos, retain, identifiers, shared, message });
    }
    return seq;
  }

  read(fromSeq: number, most: number, sentBefore = 0): readonly QueuedMessage[] | Promise<readonly QueuedMessage[]> {
    const window = this.#window;
    for (let from = Math.max(fromSeq, this.firstSeq); !this.#isOver && from < this.nextSeq; ) {
      if (window === undefined) return this.#readDisk(from, most, sentBefore);
      if (from < window.from || from > window.to) window.reset(from);
      if (from === window.to) return this.#readDisk(from, most, sentBefore, window);
      const read = window.read(from, most);
      const found = this.#fresh(read, sentBefore);
      if (found.length > 0) return found;
      from = behind(read) ?? window.to;
    }
    return [];
  }

  release(seq: number): void {
    const size = this.#sizes.get(seq);
    if (size === 0 || (size & IS_RELEASED) !== 0) return;
    this.#window?.replace(releasedEntry(seq), size - ENTRY_BYTES);
    this.#sizes.set(seq, (ENTRY_BYTES | IS_RELEASED) >>> 0);
    this.#count(ENTRY_BYTES - size);
    this.#put(seq, RELEASED_RECORD);
  }

  remove(seq: number): void {
    if (this.#sizes.get(seq) === 0) return;
    this.#forget(seq);
    this.#parts.disk.del(this.keyOf(seq));
  }

  /** An entry could not be written: whoever sent it is told, and sends it again. */
  undo(seq: number): void {
    if (!this.#isOver && this.#sizes.get(seq) !== 0) this.#forget(seq);
  }

  /** `undo`: it is told where the entry could not be written. */
  #put(seq: number, record: Buffer, undo?: Undo): void {
    const { disk } = this.#parts;
    disk.put(this.keyOf(seq), record, undo, seq);
    this.#lastWrite = disk.nextWrite;
  }

  #forget(seq: number): void {
    this.#window?.delete(seq);
    this.#count(-this.#sizeOf(seq));
    this.#sizes.delete(seq);
  }

  #sizeOf(seq: number): number {
    return this.#sizes.get(seq) & ~IS_RELEASED;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const { room } = this.#parts;
    if (!room.isOwn(this.#id)) room.bytes += bytes;
  }

  /** Without those that have expired and were not sent. */
  #fresh(entries: QueuedMessage[], sentBefore: number): QueuedMessage[] {
    let nowMs: number | undefined;
    const isOld = ({ seq, message }: QueuedMessage): boolean => {
      if (message?.expiresAtMs === undefined || seq < sentBefore) return false;
      nowMs ??= this.#parts.clock.monotonicMs();
      return message.isExpired(nowMs);
    };
    if (!entries.some(isOld)) return entries;
    return entries.filter((entry) => {
      if (!isOld(entry)) return true;
      this.remove(entry.seq);
      return false;
    });
  }

  /** Reads on from a number that is not in memory, and has what is read there. */
  async #readDisk(
    from: number,
    most: number,
    sentBefore: number,
    window?: QueueWindow,
  ): Promise<readonly QueuedMessage[]> {
    // What comes from now on may not be on disk when this is read, and is not missing then.
    const to = this.nextSeq;
    // What is staged cannot be read yet; what could not be written is not there any more.
    if (!this.isWritten) await this.#parts.disk.committed().catch(ignore);
    const count = window !== undefined && this.#parts.room.mayHold ? READ_ENTRIES : most;
    const keys = this.#fewKeys(from, to, count);
    const { disk } = this.#parts;
    const read = keys
      ? await disk.readKeys(keys)
      : await disk.read({ gte: this.keyOf(from), lt: this.keyOf(to) }, count, READ_BYTES);
    if (this.#isOver) return [];
    const entries: QueuedMessage[] = [];
    let end = read.length === 0 ? to : from;
    for (const [key, record] of read) {
      const seq = Number.parseInt(key.slice(this.#prefix.length), 36);
      end = seq + 1;
      if (this.#sizes.get(seq) === 0) continue;
      const entry = entryOf(seq, record);
      if (entry === undefined) this.remove(seq);
      // It was released after it was read.
      else entries.push((this.#sizes.get(seq) & IS_RELEASED) === 0 ? entry : releasedEntry(seq));
    }
    this.#dropMissing(from, end, entries);
    if (window !== undefined && window === this.#window && window.to === from) {
      for (const entry of entries) window.add(entry);
      window.extend(end);
      return this.read(from, most, sentBefore);
    }
    const asked = entries.slice(0, most);
    const found = this.#fresh(asked, sentBefore);
    return found.length > 0 ? found : this.read(behind(asked) ?? end, most, sentBefore);
  }

  /** The keys of the entries from one number to before another; undefined where there are many, or they are long. */
  #fewKeys(from: number, to: number, most: number): string[] | undefined {
    if (to - from > FEW_ENTRIES || this.#bytes > READ_BYTES) return undefined;
    const keys: string[] = [];
    for (let seq = from; seq < to && keys.length < most; seq++) {
      if (this.#sizes.get(seq) !== 0) keys.push(this.keyOf(seq));
    }
    return keys;
  }

  /** Forgets what should be on disk, and is not. */
  #dropMissing(from: number, end: number, entries: readonly QueuedMessage[]): void {
    let at = 0;
    for (let seq = Math.max(from, this.firstSeq); seq < end; seq++) {
      if (entries[at]?.seq === seq) at++;
      else if (this.#sizes.get(seq) !== 0) this.remove(seq);
    }
  }
}

function releasedEntry(seq: number): QueuedMessage {
  return { seq, qos: 2, retain: false, identifiers: undefined, shared: undefined, message: undefined };
}

function entryOf(seq: number, record: Buffer | undefined): QueuedMessage | undefined {
  if (record === undefined) return undefined;
  if (record[0] === RELEASED) return releasedEntry(seq);
  const found: MessageRecord | undefined = readMessage(record);
  if (found === undefined) return undefined;
  const { qos, retain, identifiers, shared, message } = found;
  return { seq, qos, retain, identifiers, shared, message };
}

/** The number behind the last of these; undefined where there is none. */
function behind(entries: readonly QueuedMessage[]): number | undefined {
  const last = entries.at(-1);
  return last && last.seq + 1;
}

function ignore(): void {}
