import { describe, expect, it } from 'vitest';
import { decodeFrame, decodeValue, encodeFrame, FrameError, type FrameInit } from '../src/index.ts';
import { frameFromNotation, frameVectors, fromHex, fromNotation, invalidVectors, toHex } from './support/vectors.ts';

describe('a frame', () => {
  it.each(frameVectors)('is decoded: $name', ({ hex, items, frame }) => {
    expect(decodeValue(fromHex(hex))).toEqual(fromNotation(items));
    expect(decodeFrame(fromHex(hex))).toEqual(frameFromNotation(frame));
  });

  it.each(frameVectors.filter(({ decodeOnly }) => !decodeOnly))('is encoded: $name', ({ hex, frame }) => {
    expect(toHex(encodeFrame(frameFromNotation(frame)))).toBe(hex);
  });

  it.each(frameVectors)('that is cut off anywhere is truncated, and nothing else: $name', ({ hex }) => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodeFrame(bytes.subarray(0, length)))).toBe('truncated');
    }
  });

  it.each(frameVectors)('with any one byte changed is decoded or refused with a FrameError: $name', ({ hex }) => {
    const bytes = fromHex(hex);
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      for (let change = 1; change < 256; change++) {
        const changed = bytes.slice();
        changed[at] = (changed[at] as number) ^ change;
        outcomes.add(codeOf(() => decodeFrame(changed)));
      }
    }
    expect(outcomes).toContain('truncated');
  });

  it('may leave out fields that have their default when it is encoded', () => {
    expect(toHex(encodeFrame({ type: 'hello', version: 1, deviceId: 'uno-1', bootId: 7, maxFrame: 64 }))).toBe(
      '85000165756e6f2d31071840',
    );
    expect(toHex(encodeFrame({ type: 'message', to: 1, value: { on: true } }))).toBe('830801a1626f6ef5');
  });

  it('has a window of maxFrame at least', () => {
    const hello = encodeFrame({ type: 'hello', version: 1, deviceId: 'a', bootId: 1, maxFrame: 64, window: 10 });
    expect(decodeFrame(hello)).toMatchObject({ maxFrame: 64, window: 64 });
  });

  it('has a device id of at most 255 bytes', () => {
    const hello = (deviceId: string) => encodeFrame({ type: 'hello', version: 1, deviceId, bootId: 1, maxFrame: 64 });
    expect(decodeFrame(hello('x'.repeat(255)))).toMatchObject({ type: 'hello' });
    expect(codeOf(() => decodeFrame(hello('x'.repeat(256))))).toBe('bad_field');
    expect(codeOf(() => decodeFrame(hello('é'.repeat(128))))).toBe('bad_field');
    expect(() => decodeFrame(hello('x'.repeat(256)))).toThrow(expect.objectContaining({ field: 'deviceId' }));
  });

  it('is not encoded where it is longer or deeper than the device takes', () => {
    const frame: FrameInit = {
      type: 'sequenced',
      seq: 1,
      frame: { type: 'message', to: 0, value: [[['x'.repeat(60)]]] },
    };
    expect(codeOf(() => encodeFrame(frame, { maxBytes: 70 }))).toBe('too_large');
    expect(codeOf(() => encodeFrame(frame, { maxDepth: 4 }))).toBe('too_deep');
    expect(encodeFrame(frame, { maxBytes: 71, maxDepth: 5 })).toHaveLength(71);
  });

  it('can be decoded from a part of a larger buffer', () => {
    const buffer = Buffer.from('ffff820401ffff', 'hex');
    expect(decodeFrame(buffer.subarray(2, 5))).toEqual({ type: 'ping', n: 1 });
  });
});

describe('bytes that are no frame', () => {
  it.each(invalidVectors)('are refused: $name', ({ hex, error, limits }) => {
    expect(codeOf(() => decodeFrame(fromHex(hex), limits))).toBe(error);
  });

  it('are refused without a stack that grows with them', () => {
    const bytes = new Uint8Array(1_000_000).fill(0x81);
    expect(codeOf(() => decodeFrame(bytes, { maxBytes: 1_000_000, maxItems: 1_000_000 }))).toBe('too_deep');
  });
});

/** `decoded`, or the code of the FrameError; any other error is thrown on. */
function codeOf(run: () => unknown): string {
  try {
    run();
    return 'decoded';
  } catch (error) {
    if (error instanceof FrameError) return error.code;
    throw error;
  }
}
