import type { Undo } from '../../../common/group-commit.ts';

/** What all keys of the outbox begin with. Behind it: the generation, the run and the number, `000001:k3j2x9ab:0000000000042`. */
export const OUT = 'cluster:out:';

const GENERATION_DIGITS = 8;
const NUMBER_DIGITS = 13;
const KEY = /^cluster:out:(\d{8}):([0-9a-z]{1,16}):(\d{13})$/;

/** The messages that one run of the gateway took. */
export interface Chain {
  /** Later runs have higher ones. */
  readonly generation: number;
  readonly run: string;
}

interface EntryParts {
  key: string;
  chain: Chain;
  /** Its place in its chain, from 0. */
  number: number;
  subject: string;
  payload: Buffer;
  /** When it was taken, by `Clock.now`. */
  takenMs: number;
  /** Of its value on disk. */
  size: number;
  /** The write that it is part of; see `GroupCommit.nextWrite`. */
  write: number;
}

/** A message that waits. */
export class Entry implements Undo {
  readonly key: string;
  readonly chain: Chain;
  readonly number: number;
  readonly subject: string;
  readonly payload: Buffer;
  readonly takenMs: number;
  readonly size: number;
  readonly write: number;
  failed: () => void = () => {};

  constructor({ key, chain, number, subject, payload, takenMs, size, write }: EntryParts) {
    this.key = key;
    this.chain = chain;
    this.number = number;
    this.subject = subject;
    this.payload = payload;
    this.takenMs = takenMs;
    this.size = size;
    this.write = write;
  }

  undo(): void {
    this.failed();
  }
}

export function keyOf({ generation, run }: Chain, number: number): string {
  return `${OUT}${String(generation).padStart(GENERATION_DIGITS, '0')}:${run}:${String(number).padStart(NUMBER_DIGITS, '0')}`;
}

/** undefined for what is no key of an entry. */
export function readKey(key: string): { generation: number; run: string; number: number } | undefined {
  const [, generation, run, number] = KEY.exec(key) ?? [];
  return run === undefined ? undefined : { generation: Number(generation), run, number: Number(number) };
}

/** What a value says, without its seal: when it was taken (8 bytes), how long its subject is (2), the subject, and the payload. */
export function readValue(value: Buffer): { takenMs: number; subject: string; payload: Buffer } {
  const begin = 10 + value.readUInt16BE(8);
  return {
    takenMs: value.readDoubleBE(0),
    subject: value.toString('latin1', 10, begin),
    payload: value.subarray(begin),
  };
}
