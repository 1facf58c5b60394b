import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLengthPrefixed } from '../../../src/protocols/osc/framing.ts';
import { PacketStream } from '../../../src/protocols/osc/packet-stream.ts';
import { encodeSlip } from '../../../src/protocols/osc/slip.ts';
import { hex } from './packets.ts';

const MAX_BYTES = 64;

/** What a stream says of these chunks, one after the other. */
function read(...chunks: readonly Uint8Array[]) {
  const said: string[] = [];
  const stream = new PacketStream(MAX_BYTES, {
    packet: (bytes) => said.push(Buffer.from(bytes).toString('hex')),
    tooLarge: () => said.push('too large'),
    badEscape: () => said.push('bad escape'),
    lost: (why) => said.push(`lost: ${why}`),
  });
  for (const chunk of chunks) stream.push(chunk);
  return { said, stream };
}

const framings = { length: encodeLengthPrefixed, slip: encodeSlip } as const;
const packet = fc.uint8Array({ minLength: 1, maxLength: MAX_BYTES });

describe.each(Object.entries(framings))('a stream with framing %s', (framing, encode) => {
  test('is told by its first byte', () => {
    expect(read().stream.framing).toBeUndefined();
    expect(read(encode(hex('2f610000'))).stream.framing).toBe(framing);
  });

  test('has the same packets however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 5 }), fc.array(fc.nat(20), { maxLength: 40 }), (packets, cuts) => {
        let rest = Buffer.concat(packets.map((each) => encode(each)));
        const chunks = cuts.map((length) => {
          const chunk = rest.subarray(0, length);
          rest = rest.subarray(length);
          return chunk;
        });
        expect(read(...chunks, rest).said).toEqual(packets.map((each) => Buffer.from(each).toString('hex')));
      }),
    );
  });

  test('goes on behind a packet that is too large', () => {
    const bytes = Buffer.concat([
      encode(Buffer.alloc(MAX_BYTES + 1, 7)),
      encode(Buffer.alloc(500, 7)),
      encode(hex('2f610000')),
    ]);
    const expected = ['too large', 'too large', '2f610000'];
    expect(read(bytes).said).toEqual(expected);
    expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte))).said).toEqual(expected);
  });

  test('hands out copies', () => {
    const chunk = encode(hex('2f610000'));
    const packets: Uint8Array[] = [];
    const stream = new PacketStream(MAX_BYTES, {
      packet: (bytes) => packets.push(bytes),
      tooLarge: () => {},
      badEscape: () => {},
      lost: () => {},
    });
    stream.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    chunk.fill(0);
    expect(packets).toEqual([hex('2f610000')]);
  });
});

test('a stream that begins with anything else is given up, with words that help', () => {
  const { said } = read(hex('2f610000 00000000'), encodeSlip(hex('2f610000')));
  expect(said).toEqual(['lost: a packet by TCP has its length before it (OSC 1.0) or SLIP around it (OSC 1.1)']);
});

test('a stream whose length cannot be one is given up', () => {
  const { said } = read(Buffer.concat([encodeLengthPrefixed(hex('2f610000')), hex('2f610000 2c000000')]));
  expect(said).toEqual(['2f610000', 'lost: what should be the length of a packet is none']);
});

test('an empty packet with a length is handed on, to be refused', () => {
  expect(read(hex('00000000')).said).toEqual(['']);
  expect(read(hex('0000'), hex('0000')).said).toEqual(['']);
});

test('SLIP escapes both of its bytes, as RFC 1055 says', () => {
  expect(Buffer.from(encodeSlip(hex('01c002db03'))).toString('hex')).toBe('c001dbdc02dbdd03c0');
});

test('a wrong escape costs that packet alone', () => {
  expect(read(hex('c0 db01 c0 c0 2f610000 c0')).said).toEqual(['bad escape', '2f610000']);
  expect(read(hex('c0 01db c0 c0 2f610000 c0')).said).toEqual(['bad escape', '2f610000']);
});
