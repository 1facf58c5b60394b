/** Something that takes any bytes, and what must hold for all of them. */
export interface FuzzTarget {
  /** What inputs are made of, to begin with. */
  readonly seeds: readonly Buffer[];
  /** Bytes that stand for something, and are put into inputs. */
  readonly words: readonly Buffer[];
  /**
   * Looks at one input. Returns what happened, in a few of not too many words: an input in which something happens for the first time is
   * kept, and others are made of it. Throws, or rejects, where something is wrong.
   */
  run(input: Buffer): Iterable<string> | Promise<Iterable<string>>;
}

const MAX_INPUT_BYTES = 400;
const MAX_CHANGES = 4;
/** Lengths, signs and flags change their meaning here. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0x81, 0xff];

/** A failed input, whose bytes are in its message. */
export class FuzzFailure extends Error {
  readonly input: Buffer;

  constructor(input: Buffer, cause: unknown) {
    super(`with ${input.toString('hex')}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.input = input;
  }
}

/** Looks for inputs with which a target fails. The same seed looks in the same way. */
export class Fuzzer {
  readonly #target: FuzzTarget;
  /** The shortest input with which each thing happened, and all of these. */
  readonly #shortest = new Map<string, Buffer>();
  #inputs: readonly Buffer[] | undefined;
  #state: number;

  private constructor(target: FuzzTarget, seed: number) {
    this.#target = target;
    this.#state = seed;
  }

  /** `corpus`: inputs that an earlier run kept. All are run, and so are the target's seeds; rejects with a `FuzzFailure`. */
  static async open(target: FuzzTarget, corpus: Iterable<Buffer>, seed: number): Promise<Fuzzer> {
    const fuzzer = new Fuzzer(target, seed);
    for (const input of [...target.seeds, ...corpus]) await fuzzer.#run(input);
    return fuzzer;
  }

  /** Runs one more input, made of those that were kept. Rejects with a `FuzzFailure`. */
  async step(): Promise<void> {
    this.#inputs ??= this.kept();
    const inputs = this.#inputs;
    let input = this.#any(inputs);
    for (let changes = 1 + this.#below(MAX_CHANGES); changes > 0; changes--) {
      input = this.#change(input, this.#any(inputs));
    }
    await this.#run(input.subarray(0, MAX_INPUT_BYTES));
  }

  /** Of all things that happened, the shortest inputs with which they did, in an order that stays the same. */
  kept(): Buffer[] {
    const byBytes = new Map(Array.from(this.#shortest.values(), (input) => [input.toString('latin1'), input]));
    return [...byBytes.values()].sort(Buffer.compare);
  }

  async #run(input: Buffer): Promise<void> {
    let happened: Iterable<string>;
    try {
      happened = await this.#target.run(input);
    } catch (error) {
      throw new FuzzFailure(input, error);
    }
    for (const what of happened) {
      const shortest = this.#shortest.get(what);
      if (shortest !== undefined && shortest.length <= input.length) continue;
      // A copy, as it may be a part of another.
      this.#shortest.set(what, Buffer.from(input));
      this.#inputs = undefined;
    }
  }

  /** Changes an input a little, or goes on with a part of another one. */
  #change(input: Buffer, other: Buffer): Buffer {
    const at = this.#below(input.length + 1);
    switch (this.#below(8)) {
      case 0:
        return this.#put(input, at, Buffer.from([this.#below(256)]));
      case 1:
        return this.#put(input, at, Buffer.from([this.#any(EDGES)]));
      case 2: {
        const byte = input[at] ?? 0;
        return this.#put(input, at, Buffer.from([byte ^ (1 << this.#below(8))]));
      }
      case 3: {
        const byte = input[at] ?? 0;
        return this.#put(input, at, Buffer.from([byte + this.#below(9) - 4]));
      }
      case 4:
        return this.#insert(input, at, this.#any(this.#target.words));
      case 5:
        return this.#put(input, at, this.#any(this.#target.words));
      case 6:
        return Buffer.concat([input.subarray(0, at), input.subarray(at + 1 + this.#below(8))]);
      default:
        return Buffer.concat([input.subarray(0, at), other.subarray(this.#below(at + 1))]);
    }
  }

  #put(input: Buffer, at: number, part: Buffer): Buffer {
    return Buffer.concat([input.subarray(0, at), part, input.subarray(at + part.length)]);
  }

  #insert(input: Buffer, at: number, part: Buffer): Buffer {
    return Buffer.concat([input.subarray(0, at), part, input.subarray(at)]);
  }

  #any<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  /** A number from 0 to below `end` (mulberry32). */
  #below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }
}

/** The inputs in a file of a corpus: one a line, in hexadecimal digits. */
export function parseCorpus(text: string): Buffer[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [Buffer.from(line, 'hex')]));
}
