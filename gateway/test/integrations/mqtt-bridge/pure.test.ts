import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketSplitter } from '../../../src/integrations/mqtt-bridge/packet-splitter.ts';
import { Rewrite } from '../../../src/integrations/mqtt-bridge/rewrite.ts';
import { TopicMap } from '../../../src/integrations/mqtt-bridge/topic-map.ts';
import { loopsIn } from '../../../src/integrations/mqtt-bridge/topic-rules.ts';
import { messageProperties } from '../../../src/mqtt-engine/codec/message-properties.ts';
import { PropertyWriter } from '../../../src/mqtt-engine/codec/property-writer.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';
import { encodePublish } from '../../../src/mqtt-engine/codec/write.ts';

const SAME = new TopicMap([{ filter: '#', fromPrefix: '', toPrefix: '' }]);
const MAPPED = new TopicMap([
  { filter: 'a/+', fromPrefix: 'here/', toPrefix: 'there/of/it/' },
  { filter: '#', fromPrefix: 'here/', toPrefix: '' },
]);
const mark = new PropertyWriter();
mark.pair(38, ['crosscomm-bridge', 'k3']);
const MARK = mark.toBuffer();

function split(chunks: readonly Buffer[]): Buffer[] {
  const packets: Buffer[] = [];
  const splitter = new PacketSplitter((_first, packet) => packets.push(Buffer.from(packet)));
  for (const chunk of chunks) splitter.push(chunk);
  return packets;
}

const bodyOf = (packet: Buffer): number => packet.findIndex((byte, at) => at > 0 && byte < 0x80) + 1;

function readBack(version: 4 | 5, packet: Buffer) {
  const reader = new PacketReader({ maxPacketBytes: 1_000_000 });
  reader.version = version;
  reader.push(Buffer.from(packet));
  return reader.next();
}

const message = fc.record({
  topic: fc.constantFrom('here/a/b', 'here/c', 'here/ä/ö'),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  retain: fc.boolean(),
  id: fc.integer({ min: 1, max: 65_535 }),
});

describe('packets that come in pieces', () => {
  it('are the same, wherever they are cut', () => {
    const stream = Buffer.concat([
      encodePublish({ version: 5, topic: 'a', payload: Buffer.alloc(200), qos: 1, retain: false, dup: false, id: 7 }),
      Buffer.from([0xd0, 0]),
      encodePublish({ version: 5, topic: 'b', payload: Buffer.from('x'), qos: 0, retain: false, dup: false, id: 0 }),
    ]);
    const whole = split([stream]);
    expect(whole).toHaveLength(3);
    for (let at = 1; at < stream.length; at++) {
      expect(split([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
    }
    expect(split([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('are refused where their length is none', () => {
    expect(() => split([Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1])])).toThrow(RangeError);
    expect(() => split([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])])).toThrow(RangeError);
  });
});

describe('a message on its way to a broker of another version, with other topics', () => {
  it.each([
    [5, 5],
    [5, 4],
    [4, 5],
  ] as const)('keeps its payload, QoS and packet id (MQTT %s to %s)', (from, to) => {
    const options = { from, to, topics: MAPPED, keepsRetain: true, mark: MARK };
    fc.assert(
      fc.property(message, (given) => {
        const properties = from === 5 ? messageProperties({ isText: true, contentType: 'text/plain' }).raw : undefined;
        const packet = encodePublish({ version: from, dup: false, ...given, properties });
        const made = new Rewrite(options).apply(packet, bodyOf(packet)) as Buffer;
        expect(made.length).toBeLessThanOrEqual(packet.length + new Rewrite(options).growth);
        const topic = given.topic === 'here/a/b' ? 'there/of/it/a/b' : given.topic.slice('here/'.length);
        const { qos, retain, payload } = given;
        const id = qos === 0 ? 0 : given.id;
        const read = readBack(to, made);
        expect(read).toMatchObject({ kind: 'publish', topic, qos, retain, id });
        expect(Buffer.from((read as { payload: Buffer }).payload)).toEqual(payload);
      }),
    );
  });

  it('is stopped where it has been here before, and where no topic is about it', () => {
    const give = { version: 5 as const, payload: Buffer.from('1'), qos: 0 as const, retain: false, dup: false, id: 0 };
    const packet = encodePublish({ ...give, topic: 'a' });
    const out = new Rewrite({ from: 5, to: 5, topics: SAME, keepsRetain: true, mark: MARK });
    const back = new Rewrite({ from: 5, to: 5, topics: SAME, keepsRetain: true, stops: MARK });
    const sent = out.apply(packet, bodyOf(packet)) as Buffer;
    expect(back.apply(sent, bodyOf(sent))).toBe('returned');
    expect(back.apply(packet, bodyOf(packet))).toEqual(packet);
    // What only says the same in its payload has not been here.
    const like = encodePublish({ ...give, topic: 'a', payload: MARK });
    expect(back.apply(like, bodyOf(like))).toEqual(like);
    const other = encodePublish({ ...give, topic: 'elsewhere' });
    expect(new Rewrite({ from: 5, to: 5, topics: MAPPED, keepsRetain: true }).apply(other, bodyOf(other))).toBe(
      'unmapped',
    );
  });

  it('is refused where it ends too early, however much of it is there', () => {
    const packet = encodePublish({
      ...{ version: 5, topic: 'here/a/b', payload: Buffer.alloc(0), qos: 1, retain: false, dup: false, id: 9 },
      properties: messageProperties({ contentType: 'text/plain' }).raw,
    });
    const rewrite = new Rewrite({ from: 5, to: 4, topics: MAPPED, keepsRetain: true });
    for (let end = 2; end < packet.length; end++) {
      expect(() => rewrite.apply(packet.subarray(0, end), 2)).toThrow(RangeError);
    }
  });
});

describe('topics that pass in both directions', () => {
  const topic = (said: object) => ({ qos: 1 as const, localPrefix: '', remotePrefix: '', ...said });
  it.each([
    [[{ filter: '#', direction: 'both' }], true],
    [
      [
        { filter: 'a/+', direction: 'out' },
        { filter: '+/b', direction: 'in' },
      ],
      true,
    ],
    [
      [
        { filter: 'a/#', direction: 'out' },
        { filter: 'a', direction: 'in' },
      ],
      true,
    ],
    [
      [
        { filter: 'a', direction: 'out' },
        { filter: 'b/#', direction: 'in' },
      ],
      false,
    ],
    [
      [
        { filter: '#', direction: 'out', remotePrefix: 'up/' },
        { filter: '#', direction: 'in', remotePrefix: 'down/' },
      ],
      false,
    ],
  ])('%j would come back: %s', (topics, loops) => {
    expect(loopsIn({ topics: topics.map(topic) as never })).toBe(loops);
  });
});
