import { describe, expect, it } from 'vitest';
import { crc16x25, encodeSlip, SlipDecoder } from '../src/index.ts';
import { crcVectors, frameVectors, fromHex, type SerialEvent, serialVectors, toHex } from './support/vectors.ts';

/** What a decoder makes of the chunks; texts that follow each other are one. */
function receive(chunks: Uint8Array[], maxFrame = 64): SerialEvent[] {
  const events: SerialEvent[] = [];
  const decoder = new SlipDecoder(maxFrame, {
    frame: (bytes) => events.push({ frame: toHex(bytes) }),
    text: (bytes) => events.push({ text: toHex(bytes) }),
    fault: (fault) => events.push({ fault }),
  });
  for (const chunk of chunks) decoder.push(chunk);
  return joined(events);
}

function joined(events: SerialEvent[]): SerialEvent[] {
  const result: SerialEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if ('text' in event && last !== undefined && 'text' in last) last.text += event.text;
    else result.push({ ...event });
  }
  return result;
}

describe('the checksum', () => {
  it.each(crcVectors)('of $name', ({ hex, crc, onTheWire }) => {
    const value = crc16x25(fromHex(hex));
    expect(value.toString(16).padStart(4, '0')).toBe(crc);
    expect(toHex(new Uint8Array([value & 255, value >> 8]))).toBe(onTheWire);
  });
});

describe('a serial line', () => {
  it.each(serialVectors)('gives the frames, texts and faults: $name', ({ hex, events, maxFrame }) => {
    expect(receive([fromHex(hex)], maxFrame)).toEqual(joined(events));
  });

  it.each(serialVectors)('gives the same split at every byte: $name', ({ hex, events, maxFrame }) => {
    const bytes = fromHex(hex);
    const expected = joined(events);
    for (let at = 0; at <= bytes.length; at++) {
      expect(receive([bytes.subarray(0, at), bytes.subarray(at)], maxFrame)).toEqual(expected);
    }
    const single = [...bytes].map((byte) => new Uint8Array([byte]));
    expect(receive(single, maxFrame)).toEqual(expected);
  });

  it.each(frameVectors)('carries the frame: $name', ({ hex }) => {
    const bytes = fromHex(hex);
    const packet = encodeSlip(bytes);
    expect(packet.subarray(1, -1)).not.toContain(0xc0);
    expect(receive([packet], 256)).toEqual([{ frame: hex }]);
  });

  it('has the packets of the vectors', () => {
    const packets = serialVectors.filter(
      ({ events, name }) => events.length === 1 && name.includes('frame with every'),
    );
    expect(packets).toHaveLength(1);
    for (const { hex, events } of packets) {
      expect(toHex(encodeSlip(fromHex((events[0] as { frame: string }).frame)))).toBe(hex);
    }
  });

  it('hands out frames that stay as they are', () => {
    const frames: Uint8Array[] = [];
    const decoder = new SlipDecoder(64, { frame: (bytes) => frames.push(bytes), text: () => {}, fault: () => {} });
    decoder.push(encodeSlip(fromHex('820401')));
    decoder.push(encodeSlip(fromHex('820402')));
    expect(frames.map(toHex)).toEqual(['820401', '820402']);
  });

  it('takes frames of any size up to its largest', () => {
    for (const size of [253, 254, 255, 256, 512, 4_096]) {
      const frame = new Uint8Array(size).fill(0xc0);
      frame[0] = 0x81;
      expect(receive([encodeSlip(frame)], 4_096)).toEqual([{ frame: toHex(frame) }]);
    }
  });

  it('gives up a packet that was begun when nothing follows, and reads text again', () => {
    const events: string[] = [];
    const decoder = new SlipDecoder(64, {
      frame: () => events.push('frame'),
      text: (bytes) => events.push(Buffer.from(bytes).toString()),
      fault: (fault) => events.push(fault),
    });
    decoder.push(fromHex('c08204'));
    expect(decoder.pending).toBe(true);
    decoder.idle();
    expect(decoder.pending).toBe(false);
    decoder.push(Buffer.from('hello\n'));
    decoder.idle();
    decoder.push(encodeSlip(fromHex('820401')));
    expect(events).toEqual(['idle', 'hello\n', 'frame']);
  });

  it('loses at most the two frames beside a byte that noise changed', () => {
    const good = encodeSlip(fromHex('820401'));
    const line = Buffer.concat([good, good, good]);
    for (let at = 0; at < line.length; at++) {
      for (let change = 1; change < 256; change++) {
        const noisy = new Uint8Array(line);
        noisy[at] = (noisy[at] as number) ^ change;
        const frames = receive([noisy]).filter((event) => 'frame' in event);
        expect(frames.length).toBeGreaterThanOrEqual(
          at % good.length === 0 || at % good.length === good.length - 1 ? 1 : 2,
        );
        expect(frames.every((event) => 'frame' in event && event.frame === '820401')).toBe(true);
      }
    }
  });
});
