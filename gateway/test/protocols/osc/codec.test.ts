import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OscArgument } from '../../../src/protocols/osc/argument.ts';
import { decodePacket, OscError } from '../../../src/protocols/osc/read-codec.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';
import { bundleOf, hex } from './packets.ts';

/** The two messages that the specification of OSC 1.0 writes out ("Examples", opensoundcontrol.org). */
const FROM_THE_SPECIFICATION = [
  {
    packet: '2f6f7363 696c6c61 746f722f 342f6672 65717565 6e637900 2c660000 43dc0000',
    address: '/oscillator/4/frequency',
    args: [{ type: 'f', value: 440 }],
  },
  {
    packet: '2f666f6f 00000000 2c696973 66660000 000003e8 ffffffff 68656c6c 6f000000 3f9df3b6 40b5b22d',
    address: '/foo',
    args: [
      { type: 'i', value: 1000 },
      { type: 'i', value: -1 },
      { type: 's', value: 'hello' },
      { type: 'f', value: Math.fround(1.234) },
      { type: 'f', value: Math.fround(5.678) },
    ],
  },
] as const;

/** One of each type. */
const ALL_TYPES: OscArgument[] = [
  { type: 'i', value: -2 },
  { type: 'f', value: 0.5 },
  { type: 's', value: 'grüße' },
  { type: 'S', value: 'sym' },
  { type: 'b', value: Uint8Array.of(1, 2, 3) },
  { type: 'h', value: 9007199254740993n },
  { type: 'd', value: 0.1 },
  { type: 't', value: 0xdeadbeef_80000000n },
  { type: 'c', value: 'x' },
  { type: 'r', value: 0xff8000ff },
  { type: 'm', value: Uint8Array.of(0, 0x90, 60, 127) },
  { type: 'T' },
  { type: 'F' },
  { type: 'N' },
  { type: 'I' },
  {
    type: '[',
    values: [
      { type: 'i', value: 1 },
      { type: '[', values: [{ type: 's', value: '' }] },
    ],
  },
];

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replaceAll('\0', ''));
const scalar: fc.Arbitrary<OscArgument> = fc.oneof(
  fc.record({ type: fc.constant('i' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('f' as const), value: fc.float() }),
  fc.record({ type: fc.constant('d' as const), value: fc.double() }),
  fc.record({ type: fc.constant('r' as const), value: fc.nat(0xffffffff) }),
  fc.record({ type: fc.constant('h' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ type: fc.constant('t' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constantFrom('s' as const, 'S' as const), value: text }),
  fc.record({
    type: fc.constant('c' as const),
    value: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map(firstCharacter),
  }),
  fc.record({ type: fc.constant('b' as const), value: bytes(20) }),
  fc.record({ type: fc.constant('m' as const), value: fc.uint8Array({ minLength: 4, maxLength: 4 }) }),
  fc.record({ type: fc.constantFrom('T' as const, 'F' as const, 'N' as const, 'I' as const) }),
);
const { argument } = fc.letrec<{ argument: OscArgument }>((tie) => ({
  argument: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.record({ type: fc.constant('[' as const), values: fc.array(tie('argument'), { maxLength: 4 }) }),
  ),
}));

function firstCharacter(characters: string): string {
  return [...characters][0] ?? 'x';
}

/** Buffers and arrays of bytes as plain lists, to be compared. */
function plain(args: readonly OscArgument[]): unknown[] {
  return args.map((arg) => {
    if (arg.type === '[') return [arg.type, plain(arg.values)];
    if (!('value' in arg)) return arg.type;
    return [arg.type, typeof arg.value === 'object' ? [...arg.value] : arg.value];
  });
}

const decodeOne = (packet: Uint8Array) => {
  const messages = decodePacket(packet);
  expect(messages).toHaveLength(1);
  return messages[0] ?? expect.unreachable();
};

describe('a message', () => {
  test('of the specification is read and written as it stands there', () => {
    for (const { packet, address, args } of FROM_THE_SPECIFICATION) {
      expect(decodeOne(hex(packet))).toMatchObject({ address, args, timeTag: 1n });
      expect(encodeMessage(address, args)).toEqual(hex(packet));
    }
  });

  test('has arguments of every type', () => {
    expect(plain(decodeOne(encodeMessage('/all', ALL_TYPES)).args)).toEqual(plain(ALL_TYPES));
  });

  test('decodes to what was encoded', () => {
    fc.assert(
      fc.property(text, fc.array(argument, { maxLength: 6 }), (name, args) => {
        const message = decodeOne(encodeMessage(`/${name}`, args));
        expect(message.address).toBe(`/${name}`);
        expect(plain(message.args)).toEqual(plain(args));
      }),
    );
  });

  test('without type tags has no arguments', () => {
    expect(decodeOne(hex('2f666f6f 00000000'))).toMatchObject({ address: '/foo', args: [] });
  });

  test('carries no NUL within a string', () => {
    expect(decodeOne(encodeMessage('/a', [{ type: 's', value: 'a\0b' }])).args).toEqual([
      { type: 's', value: 'a\ufffdb' },
    ]);
  });

  test('may have bytes that are no UTF-8 in a string, but not in its address', () => {
    expect(decodeOne(hex('2f610000 2c730000 ff000000')).args).toEqual([{ type: 's', value: '\ufffd' }]);
    expect(() => decodePacket(hex('2fff0000 2c000000'))).toThrow('its address is not UTF-8');
    expect(decodeOne(encodeMessage('/\ufffd', [])).address).toBe('/\ufffd');
  });
});

describe('a bundle', () => {
  const at = (seconds: number) => BigInt(seconds) << 32n;
  const message = (name: string) => encodeMessage(`/${name}`, []);

  test('has its messages in order, each with the later of the time tags around it', () => {
    const inner = bundleOf(at(20), message('b'));
    const earlier = bundleOf(1n, message('c'));
    const packet = bundleOf(at(10), message('a'), inner, earlier, message('d'));
    expect(decodePacket(packet).map(({ address, timeTag }) => [address, timeTag])).toEqual([
      ['/a', at(10)],
      ['/b', at(20)],
      ['/c', at(10)],
      ['/d', at(10)],
    ]);
  });

  test('may be empty', () => {
    expect(decodePacket(bundleOf(1n))).toEqual([]);
  });

  test('gives each message with its own bytes', () => {
    const [, second] = decodePacket(bundleOf(1n, message('a'), message('b')));
    expect(Buffer.from(second?.bytes ?? [])).toEqual(message('b'));
  });

  test('is refused as a whole where one element is broken, or one is nested too deep', () => {
    expect(() => decodePacket(bundleOf(1n, message('a'), hex('2f610000 2c690000')))).toThrow(
      'it ends within its arguments',
    );
    let nested = message('a');
    for (let level = 0; level < 17; level++) nested = bundleOf(1n, nested);
    expect(() => decodePacket(nested)).toThrow('nested deeper than 16 levels');
    expect(decodePacket(nested.subarray(20))).toHaveLength(1);
  });

  test('has no more messages than can be carried out at once', () => {
    const tiny = hex('2f000000');
    expect(() => decodePacket(bundleOf(1n, ...Array.from({ length: 10_001 }, () => tiny)))).toThrow('more than 10000');
  });
});

describe('bytes that are no packet', () => {
  test.each([
    ['nothing', '', 'it is empty'],
    ['text', '68656c6c 6f0a0000', 'neither with the / of an address nor with #bundle'],
    ['a length that is no multiple of four', '2f6100', 'no multiple of four'],
    ['an address without an end', '2f616263', 'a string of it has no end'],
    ['arguments without type tags', '2f610000 00000001', 'it has no type tags'],
    ['an unknown type', '2f610000 2c780000', 'an argument of type "x"'],
    ['an array without an end', '2f610000 2c5b6900 00000001', 'has no end'],
    ['an end of an array without its beginning', '2f610000 2c5d0000', 'an argument of type "]"'],
    ['a blob that is longer than the packet', '2f610000 2c620000 ffffffff 00000000', 'it ends within its arguments'],
    ['more than the type tags tell of', '2f610000 2c690000 00000001 00000002', 'more bytes than its type tags'],
    ['half of a bundle’s head', '2362756e 646c6500', 'neither with the / of an address nor with #bundle'],
    [
      'an element that is longer than its bundle',
      '2362756e646c6500 0000000000000001 00000008 2f610000',
      'longer than what is left',
    ],
    [
      'an array in an array, again and again',
      `2f610000 ${Buffer.from(`,${'['.repeat(30)}\0`).toString('hex')}`,
      'nested deeper than 16',
    ],
  ])('are refused with the reason: %s', (_what, packet, reason) => {
    expect(() => decodePacket(hex(packet))).toThrow(reason);
    expect(() => decodePacket(hex(packet))).toThrow(OscError);
  });

  test('such as each beginning of a packet are refused, but where they are a packet themselves', () => {
    const packets = [
      ...FROM_THE_SPECIFICATION.map(({ packet }) => hex(packet)),
      encodeMessage('/all', ALL_TYPES),
      bundleOf(1n, encodeMessage('/a', ALL_TYPES), bundleOf(5n, encodeMessage('/b', []))),
    ];
    for (const packet of packets) {
      for (let length = 0; length < packet.length; length++) {
        const part = packet.subarray(0, length);
        const messages = tryDecode(part);
        // A message may end behind its address, and a bundle behind any of its elements.
        if (messages !== undefined)
          expect(messages.every(({ args }) => args.length === 0 || part[0] === 0x23)).toBe(true);
      }
    }
  });

  test('never make it throw anything but its own error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytes(80),
          bytes(60).map((tail) => Buffer.concat([hex('2f610000 2c'), tail])),
        ),
        (packet) => {
          tryDecode(packet);
        },
      ),
    );
  });
});

function tryDecode(packet: Uint8Array) {
  try {
    return decodePacket(packet);
  } catch (error) {
    if (!(error instanceof OscError)) throw error;
    return undefined;
  }
}
