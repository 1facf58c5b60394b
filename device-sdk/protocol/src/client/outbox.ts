import { CODES } from '../codes.ts';
import type { Outcome } from './types.ts';

/** A frame in the outbox. */
export interface Entry {
  /** The frame without its number; null where it was given up. */
  frame: Uint8Array | null;
  /** Told once what became of it. */
  settle: ((outcome: Outcome) => void) | undefined;
  /** Why the gateway could not do what it says, told before its Ack. */
  code: number;
  /** How often it could not even be read. */
  unreadable: number;
}

/** What an Ack says. */
export type AckMeaning = 'progress' | 'hint' | 'nothing' | 'unfitting';

/** The last sequence number of a boot id. */
export const LAST_SEQ = 2 ** 32 - 1;
/** What a waiting frame costs beside its bytes. */
const OVERHEAD_BYTES = 64;
/** The longest that is put around a frame for its number. */
export const ENVELOPE_BYTES = 7;
/** After so many times a frame that the gateway cannot read is given up. */
const MAX_UNREADABLE = 3;
const NULL_FRAME = Uint8Array.of(0xf6);

/** The frames up that are not acknowledged, in the order of their numbers (SPEC.md, sections 5 and 6). */
export class Outbox {
  readonly #maxBytes: number;
  /** The first `#underWay` of them were sent by this link. */
  #queue: Entry[] = [];
  #underWay = 0;
  #underWayBytes = 0;
  #bytes = 0;
  #acknowledged = 0;
  #highestSent = 0;
  /** The number whose repeated Ack was a hint. */
  #hinted = -1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lowest number that may still be sent. */
  get firstSeq(): number {
    return this.#acknowledged + 1;
  }

  /** The highest number that was ever sent by this boot id. */
  get highestSent(): number {
    return this.#highestSent;
  }

  /** How many frames wait, or are under way. */
  get size(): number {
    return this.#queue.length;
  }

  get isWaiting(): boolean {
    return this.#underWay > 0;
  }

  /** Whether the numbers of this boot id are used up, and all of them acknowledged. */
  get isUsedUp(): boolean {
    return this.#acknowledged === LAST_SEQ;
  }

  /** Keeps a frame until it is acknowledged; undefined where there is no room. */
  add(frame: Uint8Array, settle: ((outcome: Outcome) => void) | undefined): Entry | undefined {
    const bytes = frame.length + OVERHEAD_BYTES;
    if (this.#bytes + bytes > this.#maxBytes && this.#queue.length > 0) return undefined;
    const entry: Entry = { frame, settle, code: CODES.ok, unreadable: 0 };
    this.#queue.push(entry);
    this.#bytes += bytes;
    return entry;
  }

  /** Sends what the window and the link allow. */
  pump(window: number, send: (unit: Uint8Array) => boolean): void {
    while (this.#underWay < this.#queue.length) {
      const seq = this.#acknowledged + this.#underWay + 1;
      if (seq > LAST_SEQ) return;
      const unit = envelope(seq, (this.#queue[this.#underWay] as Entry).frame ?? NULL_FRAME);
      if (this.#underWay > 0 && this.#underWayBytes + unit.length > window) return;
      // Counted before: an answer may come before `send` returns.
      this.#underWay++;
      this.#underWayBytes += unit.length;
      const before = this.#highestSent;
      this.#highestSent = Math.max(before, seq);
      if (send(unit)) continue;
      // Where the link was lost meanwhile, they are 0 already.
      this.#underWay = Math.max(0, this.#underWay - 1);
      this.#underWayBytes = Math.max(0, this.#underWayBytes - unit.length);
      this.#highestSent = before;
      return;
    }
  }

  /** Takes an Ack. */
  acknowledge(seq: number): AckMeaning {
    if (seq > this.#highestSent) return 'unfitting';
    if (seq > this.#acknowledged) {
      this.#hinted = -1;
      this.#forget(seq - this.#acknowledged);
      return 'progress';
    }
    if (seq < this.#acknowledged || this.#underWay === 0 || this.#hinted === seq) return 'nothing';
    this.#hinted = seq;
    return 'hint';
  }

  /** Everything that was under way has to be sent again. */
  rewind(): void {
    this.#underWay = 0;
    this.#underWayBytes = 0;
  }

  /** A receipt came. */
  receipt(seq: number, outcome: Outcome): void {
    const entry = this.#queue[seq - this.#acknowledged - 1];
    const settle = entry?.settle;
    if (entry) entry.settle = undefined;
    settle?.(outcome);
  }

  /** The gateway cannot do what this number says. It acknowledges it nevertheless, unless it cannot even read it. */
  refuse(seq: number, code: number): void {
    const entry = this.#queue[seq - this.#acknowledged - 1];
    if (entry === undefined) return;
    entry.code = code;
    if (code !== CODES.malformed && code !== CODES.too_large) return;
    if (++entry.unreadable >= MAX_UNREADABLE) this.#giveUp(entry, code);
  }

  /** Takes a frame back; nobody is told. */
  withdraw(entry: Entry): void {
    entry.settle = undefined;
    if (entry.frame !== null && this.#queue.includes(entry)) this.#giveUp(entry, CODES.ok);
  }

  /** Gives up what is longer than the gateway takes. */
  limit(maxFrame: number): void {
    for (const entry of this.#queue) {
      if (entry.frame && entry.frame.length + ENVELOPE_BYTES > maxFrame) this.#giveUp(entry, CODES.too_large);
    }
  }

  /** Writes each frame once more, to be sent again; one that cannot be written is given up. */
  rewrite(change: (frame: Uint8Array) => Uint8Array | undefined): void {
    this.rewind();
    for (const entry of this.#queue) {
      if (entry.frame === null) continue;
      const frame = change(entry.frame);
      if (frame === undefined) this.#giveUp(entry, CODES.too_large);
      else {
        this.#bytes += frame.length - entry.frame.length;
        entry.frame = frame;
      }
    }
  }

  /** A new boot id: what waits gets new numbers from 1. */
  renumber(): void {
    this.rewind();
    this.#acknowledged = 0;
    this.#highestSent = 0;
    this.#hinted = -1;
  }

  /** Forgets everything; whoever waits is told that it is over. */
  drop(): void {
    const gone = this.#queue;
    this.rewind();
    this.#queue = [];
    this.#bytes = 0;
    for (const { settle } of gone) settle?.({ code: CODES.offline, delivered: undefined });
  }

  #forget(count: number): void {
    const gone = this.#queue.splice(0, count);
    this.#acknowledged += count;
    for (const [index, { frame }] of gone.entries()) {
      const length = (frame ?? NULL_FRAME).length;
      this.#bytes -= length + OVERHEAD_BYTES;
      if (index >= this.#underWay) continue;
      this.#underWayBytes -= envelopeLength(this.#acknowledged - count + 1 + index) + length;
    }
    this.#underWay = Math.max(0, this.#underWay - count);
    for (const { settle, code } of gone) settle?.({ code, delivered: code === CODES.ok ? undefined : 0 });
  }

  /** Puts null into the place of a frame, and tells why. */
  #giveUp(entry: Entry, code: number): void {
    this.rewind();
    this.#bytes += NULL_FRAME.length - (entry.frame ?? NULL_FRAME).length;
    entry.frame = null;
    const { settle } = entry;
    entry.settle = undefined;
    settle?.({ code, delivered: 0 });
  }
}

/** `[9, seq, frame]` around a frame that is encoded already. */
function envelope(seq: number, frame: Uint8Array): Uint8Array {
  const length = envelopeLength(seq);
  const unit = new Uint8Array(length + frame.length);
  unit[0] = 0x83;
  unit[1] = 0x09;
  const view = new DataView(unit.buffer);
  if (length === 3) unit[2] = seq;
  else {
    unit[2] = length === 4 ? 0x18 : length === 5 ? 0x19 : 0x1a;
    if (length === 4) unit[3] = seq;
    else if (length === 5) view.setUint16(3, seq);
    else view.setUint32(3, seq);
  }
  unit.set(frame, length);
  return unit;
}

function envelopeLength(seq: number): number {
  if (seq < 24) return 3;
  if (seq < 2 ** 8) return 4;
  return seq < 2 ** 16 ? 5 : 7;
}
