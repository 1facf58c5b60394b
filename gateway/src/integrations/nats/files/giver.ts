import type { Readable } from 'node:stream';
import type { Clock } from '../../../common/clock.ts';
import type { Counter } from '../../../common/metrics.ts';
import { ObjectError, type ObjectInfo } from '../../../objects/contract.ts';
import type { ObjectReader, ReadFor } from '../../../objects/elsewhere.ts';
import type { Bus } from '../bus.ts';
import {
  type Answer,
  decodeQuestion,
  encodeAnswer,
  encodeBlock,
  type FaultName,
  NONE,
  type Question,
} from './codec.ts';

/** What this gateway has that others may read. */
export interface OwnFiles {
  readonly store: ObjectReader;
  /** Whether a reader at another gateway may have an object, by the rules of this one. */
  mayGive(info: ObjectInfo, who: ReadFor): boolean;
}

export interface GiverParts {
  bus: Bus;
  clock: Clock;
  subject: string;
  own: OwnFiles;
  /** Bytes. */
  given: Counter;
  misread(what: string): void;
}

/** What is read by another gateway. */
interface Transfer {
  readonly info: ObjectInfo;
  readonly who: ReadFor;
  readonly stream: Readable;
  readonly pieces: AsyncIterator<Uint8Array>;
  /** Bytes of a block; all but the last have as many. */
  readonly block: number;
  /** What is left of a piece. */
  rest: Uint8Array;
  /** How far it was read, in what is to be read, and where that ends. */
  at: number;
  readonly size: number;
  /** Blocks are read one after another, however many are asked for at once. */
  turn: Promise<unknown>;
  usedMs: number;
}

/** How many are read at the same time; each has a file open, and a block or two in memory while it is asked for. */
const MAX_TRANSFERS = 64;
/** One that nobody asks for any more is ended. */
const IDLE_MS = 30_000;
const LOOK_MS = 5000;
/** What the head of an answer may need beside the content. */
export const HEAD_BYTES = 16 * 1024;
/** Descriptions of objects have up to some kilobytes each. */
const MAX_LISTED = 100;
const EMPTY = new Uint8Array();
const LOST = 'The transfer is over.';

/** Gives other gateways the objects that this one has, in blocks as they ask for them: what they do not take is not read. */
export class Giver {
  readonly #parts: GiverParts;
  readonly #transfers = new Map<number, Transfer>();
  readonly #undo: (() => void)[];
  #number = 0;
  #opening = 0;

  constructor(parts: GiverParts) {
    this.#parts = parts;
    const { bus, clock, subject } = parts;
    this.#undo = [bus.serve(subject, (payload) => this.#take(payload)), clock.every(LOOK_MS, () => this.#endIdle())];
  }

  /** How many are being read by others. */
  get count(): number {
    return this.#transfers.size;
  }

  stop(): void {
    for (const undo of this.#undo) undo();
    for (const number of [...this.#transfers.keys()]) this.#end(number);
  }

  async #take(payload: Uint8Array): Promise<Uint8Array> {
    const question = decodeQuestion(payload);
    if (question === undefined) {
      this.#parts.misread('questions about objects');
      return fault('unreadable', 'The question is of a version that is not known here.');
    }
    try {
      return await this.#answer(question);
    } catch (error) {
      const message = error instanceof ObjectError ? error.message : 'The gateway failed on this.';
      return fault('unreadable', message);
    }
  }

  async #answer(question: Question): Promise<Uint8Array> {
    switch (question.do) {
      case 'head':
        return await this.#head(question.key, question.who);
      case 'list':
        return await this.#list(question);
      case 'open':
        return await this.#open(question);
      case 'next':
        return await this.#next(question.transfer, question.at);
      default:
        this.#end(question.transfer);
        return encodeAnswer(NONE);
    }
  }

  async #head(key: string, who: ReadFor): Promise<Uint8Array> {
    const { store, mayGive } = this.#parts.own;
    const info = await store.head(key);
    if (info === undefined) return encodeAnswer(NONE);
    return mayGive(info, who) ? encodeAnswer({ info }) : fault('not_allowed', NOT_ALLOWED);
  }

  async #list({ options, who }: Extract<Question, { do: 'list' }>): Promise<Uint8Array> {
    const { store, mayGive } = this.#parts.own;
    const page = await store.list({ ...options, limit: Math.min(options.limit, MAX_LISTED) });
    const objects = page.objects.filter((info) => mayGive(info, who));
    return encodeAnswer({ page: { ...page, objects } });
  }

  async #open(question: Extract<Question, { do: 'open' }>): Promise<Uint8Array> {
    const { bus, clock, own } = this.#parts;
    const { key, who, range, etag } = question;
    if (this.#transfers.size + this.#opening >= MAX_TRANSFERS) return fault('busy', BUSY);
    this.#opening++;
    try {
      const opened = await own.store.open(key, range);
      if (opened === undefined) return encodeAnswer(NONE);
      const { info, stream } = opened;
      // Whoever waits for its next block is told; nobody else need be.
      stream.on('error', () => {});
      const refusal = own.mayGive(info, who) ? isOther(info, etag) : ('not_allowed' as const);
      if (refusal !== undefined) {
        stream.destroy();
        return fault(refusal, refusal === 'changed' ? 'It was replaced.' : NOT_ALLOWED);
      }
      const block = Math.max(1, Math.min(question.block, bus.maxPayload - HEAD_BYTES));
      const transfer: Transfer = {
        ...{ info, who, stream, block, rest: EMPTY, at: 0, turn: Promise.resolve(), usedMs: clock.monotonicMs() },
        pieces: stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
        size: range === undefined ? info.size : Math.min(range.end + 1, info.size) - Math.min(range.start, info.size),
      };
      return await this.#first(transfer);
    } finally {
      this.#opening--;
    }
  }

  async #first(transfer: Transfer): Promise<Uint8Array> {
    const { info, block, size } = transfer;
    const number = size > block ? this.#number++ : undefined;
    if (number !== undefined) this.#transfers.set(number, transfer);
    try {
      const bytes = await this.#read(transfer, { info, transfer: number });
      if (number === undefined) transfer.stream.destroy();
      return bytes;
    } catch (error) {
      if (number !== undefined) this.#end(number);
      transfer.stream.destroy();
      throw error;
    }
  }

  async #next(number: number, at: number): Promise<Uint8Array> {
    const transfer = this.#transfers.get(number);
    if (transfer === undefined) return fault('lost', LOST);
    const { own, clock } = this.#parts;
    transfer.usedMs = clock.monotonicMs();
    const mine = transfer.turn.then(async () => {
      if (transfer.at !== at || !this.#transfers.has(number)) return fault('lost', LOST);
      if (!own.mayGive(transfer.info, transfer.who)) {
        this.#end(number);
        return fault('not_allowed', NOT_ALLOWED);
      }
      const bytes = await this.#read(transfer, {});
      if (transfer.at === transfer.size) this.#end(number);
      return bytes;
    });
    transfer.turn = mine.catch(() => this.#end(number));
    return await mine;
  }

  /** The next block, behind the head of its answer. */
  async #read(transfer: Transfer, head: Omit<Answer, 'content'>): Promise<Uint8Array> {
    const wanted = Math.min(transfer.block, transfer.size - transfer.at);
    const { buffer, begin } = encodeBlock(head, wanted);
    let filled = 0;
    while (filled < wanted) {
      if (transfer.rest.length === 0) {
        const { value, done } = await transfer.pieces.next();
        if (done === true) throw new ObjectError('corrupt', `The object ${transfer.info.key} is shorter than it was.`);
        transfer.rest = value;
      }
      const piece = transfer.rest.subarray(0, wanted - filled);
      buffer.set(piece, begin + filled);
      filled += piece.length;
      transfer.rest = transfer.rest.subarray(piece.length);
    }
    transfer.at += wanted;
    this.#parts.given.value += wanted;
    return buffer;
  }

  #endIdle(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const [number, { usedMs }] of this.#transfers) if (nowMs - usedMs > IDLE_MS) this.#end(number);
  }

  #end(number: number): void {
    this.#transfers.get(number)?.stream.destroy();
    this.#transfers.delete(number);
  }
}

const NOT_ALLOWED = 'Its rules do not let this reader have it, or it is not shared.';
const BUSY = 'Too many objects are read there; try again.';

function isOther(info: ObjectInfo, etag: string | undefined): 'changed' | undefined {
  return etag === undefined || etag === info.etag ? undefined : 'changed';
}

function fault(name: FaultName, message: string): Uint8Array {
  return encodeAnswer({ fault: { name, message } });
}
