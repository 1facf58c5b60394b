import { Readable } from 'node:stream';
import type { Clock } from '../../../common/clock.ts';
import { ObjectError } from '../../../objects/contract.ts';
import type { Answer, Question } from './codec.ts';

/** How many blocks may wait in memory for their readers, beside one for each reader. */
export class BlockBudget {
  #left: number;

  constructor(blocks: number) {
    this.#left = blocks;
  }

  take(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  give(): void {
    this.#left++;
  }
}

export interface DownloadParts {
  key: string;
  gateway: string;
  /** What the gateway answered when it was opened. */
  first: Answer;
  /** How many bytes are to come. */
  size: number;
  clock: Clock;
  budget: BlockBudget;
  /** Asks the gateway; undefined: no answer. */
  ask(question: Question): Promise<Answer | undefined>;
  /** Opens it again from an offset on, of the same version. */
  reopen(at: number): Promise<Answer | undefined>;
  /** So many bytes came. */
  took(bytes: number): void;
  ended(): void;
}

/** How many blocks are asked for before they are needed: more of a reader that takes them fast. */
const MAX_AHEAD = 4;
/** How long a gateway may be out of reach in the middle of an object. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;

/** What is read of an object at another gateway. What its reader does not take yet is not asked for, but for some blocks ahead. */
export function download(parts: DownloadParts): Readable {
  let transfer = parts.first.transfer;
  const pieces = piecesOf(parts, (now) => {
    transfer = now;
  });
  const stream = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
  stream.once('close', () => {
    if (transfer !== undefined) void parts.ask({ do: 'close', transfer });
    parts.ended();
  });
  return stream;
}

async function* piecesOf(parts: DownloadParts, opened: (transfer: number | undefined) => void): AsyncGenerator<Buffer> {
  const { size, key, gateway } = parts;
  let answer = parts.first;
  let at = 0;
  while (at < size) {
    at += yield* blocksOf(parts, answer, at);
    if (at >= size) break;
    opened(undefined);
    const again = await reopened(parts, at);
    if (again === undefined) throw unreachable(key, gateway);
    answer = again;
    opened(answer.transfer);
  }
  opened(undefined);
}

/** The blocks from an offset on, as long as they come; returns how many bytes did. */
async function* blocksOf(parts: DownloadParts, first: Answer, from: number): AsyncGenerator<Buffer, number> {
  const { size, budget, ask, took } = parts;
  const { transfer, content } = first;
  const block = content.length;
  const waiting: { answer: Promise<Answer | undefined>; isExtra: boolean }[] = [];
  let [at, asked, ahead] = [0, block, 1];
  const askNext = (isExtra: boolean): void => {
    if (transfer === undefined) return;
    waiting.push({ answer: ask({ do: 'next', transfer, at: asked }), isExtra });
    asked += Math.min(block, size - from - asked);
  };
  try {
    if (block === 0) return 0;
    let bytes = content;
    for (;;) {
      took(bytes.length);
      at += bytes.length;
      // The next ones come while its reader is busy with this one.
      if (waiting.length === 0 && from + asked < size) askNext(false);
      while (waiting.length < ahead && from + asked < size && budget.take()) askNext(true);
      ahead = Math.min(MAX_AHEAD, ahead + 1);
      yield bufferOf(bytes);
      const next = waiting.shift();
      if (next === undefined) return at;
      const answer = await next.answer;
      if (next.isExtra) budget.give();
      if (answer === undefined || answer.fault?.name === 'lost') return at;
      if (answer.fault !== undefined) throw faultOf(answer.fault, parts);
      bytes = answer.content;
      if (bytes.length === 0) return at;
    }
  } finally {
    for (const { isExtra } of waiting) if (isExtra) budget.give();
  }
}

async function reopened({ clock, reopen, key, gateway }: DownloadParts, at: number): Promise<Answer | undefined> {
  const untilMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const answer = await reopen(at);
    const { name } = answer?.fault ?? {};
    if (answer?.fault !== undefined && name !== 'busy') throw faultOf(answer.fault, { key, gateway });
    if (answer?.info !== undefined && answer.content.length > 0) return answer;
    if (answer !== undefined && name === undefined) throw faultOf({ name: 'changed', message: '' }, { key, gateway });
    if (clock.monotonicMs() >= untilMs) return undefined;
    await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
  }
}

/** What a gateway's fault means to whoever reads. */
export function faultOf(
  { name, message }: NonNullable<Answer['fault']>,
  { key, gateway }: Pick<DownloadParts, 'key' | 'gateway'>,
): ObjectError {
  if (name === 'not_allowed') {
    return new ObjectError('not_allowed', `The gateway ${gateway}, which has ${key}, does not let you read it.`);
  }
  if (name === 'changed') {
    return new ObjectError(
      'unavailable',
      `The object ${key} at the gateway ${gateway} was replaced or removed; ask again.`,
    );
  }
  if (name === 'busy') {
    return new ObjectError('unavailable', `The gateway ${gateway}, which has ${key}, is busy; ask again in a while.`);
  }
  return new ObjectError('unavailable', `The gateway ${gateway} cannot read ${key}: ${message}`);
}

export function unreachable(key: string, gateway: string): ObjectError {
  return new ObjectError(
    'unavailable',
    `The object ${key} is at the gateway ${gateway}, which is away; ask again later.`,
  );
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
