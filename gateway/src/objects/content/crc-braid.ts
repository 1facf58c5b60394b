/** The bytes of one step: a word of 8 bytes for each of the strands, which a processor computes side by side. */
export const BLOCK_BYTES = 32;
/** The most bytes that are taken in at once. */
export const INPUT_BYTES = 48 * 1024;

/** Node has WebAssembly; its types are known only for browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer }; take(end: number): void } };
};

const STRANDS = BLOCK_BYTES / 8;
/** A table for each byte of a word: 256 remainders of 8 bytes. */
const TABLE_BYTES = 256 * 8;
/** Behind the tables; everything together fits into one page of 64 KiB. */
const INPUT = 8 * TABLE_BYTES;

export interface CrcBraid {
  /** Where the input goes, INPUT_BYTES of it. */
  readonly input: Uint8Array;
  /**
   * Takes in the first `end` bytes, a multiple of BLOCK_BYTES that is not 0. The result is put into the following block by exclusive or:
   * the CRC of that block and of all that follows is then the CRC of everything.
   */
  take(end: number): void;
}

/**
 * The inner loop of a CRC of up to 64 bits in WebAssembly, which has 64-bit numbers: it takes a third of the time that JavaScript needs with two
 * halves. Four remainders, each of every fourth word, do not wait for each other; zlib's crc32.c calls this a braid.
 * @param tables the remainder for each value of each byte of a word, at the end of a block that begins with the word: 8 times 256 numbers,
 * each as its lower and its upper half
 */
export function buildBraid(tables: Int32Array): CrcBraid {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(encodeModule())));
  const { memory, take } = exports;
  const view = new DataView(memory.buffer);
  for (let index = 0; index < tables.length; index++) view.setInt32(index * 4, tables[index] as number, true);
  return { input: new Uint8Array(memory.buffer, INPUT, INPUT_BYTES), take };
}

// The module in binary format, by the WebAssembly Core Specification, 5.4 (instructions) and 5.5 (modules).

const I32 = 0x7f;
const I64 = 0x7e;
const END = 0x0b;
const ADD_32 = 0x6a;
const AND_32 = 0x71;
const SHIFT_LEFT_32 = 0x74;
const LESS_32 = 0x49;
const WRAP_64 = 0xa7;
const XOR_64 = 0x85;
const SHIFT_RIGHT_64 = 0x88;
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const const32 = (value: number): number[] => [0x41, ...signed(value)];
const const64 = (value: number): number[] => [0x42, ...signed(value)];
/** For 8 bytes at any address. */
const load64 = (offset: number): number[] => [0x29, 0, ...unsigned(offset)];
const store64 = (offset: number): number[] => [0x37, 0, ...unsigned(offset)];
const loopWhile = (body: number[], condition: number[]): number[] => [0x03, 0x40, ...body, ...condition, 0x0d, 0, END];

/** The locals: the parameter, the position, and for each strand its remainder and its next word. */
const LAST = 0;
const AT = 1;
const remainder = (strand: number): number => 2 + strand;
const word = (strand: number): number => 2 + STRANDS + strand;

function encodeModule(): number[] {
  const name = (text: string): number[] => vector([...Buffer.from(text)].map((byte) => [byte]));
  const code = [
    ...vector([
      [1, I32],
      [...unsigned(2 * STRANDS), I64],
    ]),
    ...encodeTake(),
    END,
  ];
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...vector([[I32]]), ...vector([])]]),
    ...section(3, [[0]]),
    ...section(5, [[0, 1]]),
    ...section(7, [
      [...name('memory'), 2, 0],
      [...name('take'), 0, 0],
    ]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ];
}

function encodeTake(): number[] {
  const strands = Array.from({ length: STRANDS }, (_, strand) => strand);
  const nextWord = (strand: number): number[] => [
    ...get(AT),
    ...load64(INPUT + 8 * strand),
    ...get(remainder(strand)),
    XOR_64,
  ];
  const step = [
    ...strands.flatMap((strand) => [...nextWord(strand), ...set(word(strand))]),
    ...strands.flatMap((strand) => [...encodeLookUps(word(strand)), ...set(remainder(strand))]),
  ];
  const isMore = [...get(AT), ...const32(BLOCK_BYTES), ADD_32, ...tee(AT), ...get(LAST), LESS_32];
  const handOver = strands.flatMap((strand) => [...get(AT), ...nextWord(strand), ...store64(INPUT + 8 * strand)]);
  return [...loopWhile(step, isMore), ...handOver];
}

/** Leaves the sum of the table entries for the eight bytes of a word. */
function encodeLookUps(local: number): number[] {
  return Array.from({ length: 8 }, (_, byte) => [
    ...get(local),
    // The byte's value times 8, the size of an entry.
    ...(byte === 0
      ? [WRAP_64, ...const32(255), AND_32, ...const32(3), SHIFT_LEFT_32]
      : [...const64(8 * byte - 3), SHIFT_RIGHT_64, WRAP_64, ...const32(255 << 3), AND_32]),
    ...load64(byte * TABLE_BYTES),
    ...(byte === 0 ? [] : [XOR_64]),
  ]).flat();
}

function section(id: number, items: number[][]): number[] {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: number[][]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** LEB128, seven bits per byte. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** The same for signed numbers; ours are never negative, so the sign bit is left clear. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
