import { describe, expect, it } from 'vitest';
import { freeing } from '../../src/objects/content/freeing.ts';

async function* body(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

describe('the memory of a body that comes in', () => {
  it('is free as soon as the next piece is asked for, and not before', async () => {
    const pieces = [new Uint8Array(65_536).fill(1), new Uint8Array(65_536).fill(2)];
    const seen: { sum: number; sizes: number[] }[] = [];
    for await (const piece of freeing(body(...pieces))) {
      const sum = piece.reduce((total, byte) => total + byte, 0);
      seen.push({ sum, sizes: pieces.map(({ length }) => length) });
    }
    expect(seen).toEqual([
      { sum: 65_536, sizes: [65_536, 65_536] },
      { sum: 2 * 65_536, sizes: [0, 65_536] },
    ]);
    expect(pieces.map(({ length }) => length)).toEqual([0, 0]);
  });

  it('stays where another piece may be in it, and where it is shared', async () => {
    const whole = new Uint8Array(100_000);
    const shared = new Uint8Array(new SharedArrayBuffer(65_536));
    for await (const _ of freeing(body(whole.subarray(0, 65_536), shared)));
    expect([whole.length, shared.length]).toEqual([100_000, 65_536]);
  });

  it('stays with the piece that could not be used', async () => {
    const piece = new Uint8Array(65_536);
    const use = async (): Promise<void> => {
      for await (const _ of freeing(body(piece))) throw new Error('the disk is full');
    };
    await expect(use()).rejects.toThrow('the disk is full');
    expect(piece.length).toBe(65_536);
  });
});
