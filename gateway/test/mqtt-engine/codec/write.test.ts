import { describe, expect, it } from 'vitest';
import { messageProperties, readMessageProperties } from '../../../src/mqtt-engine/codec/message-properties.ts';
import type { AcknowledgementKind, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import {
  acknowledgement,
  connack,
  disconnect,
  encodePublish,
  PINGRESP,
  type PublishParts,
  suback,
  unsuback,
} from '../../../src/mqtt-engine/codec/write.ts';
import { bytes } from './support.ts';

const OLD: readonly Version[] = [3, 4];

function expectBytes(written: Buffer, expected: string): void {
  expect(written.toString('hex')).toBe(bytes(expected).toString('hex'));
}

describe('CONNACK', () => {
  it.each(OLD)('has a flag and a code (level %d)', (version) => {
    expectBytes(connack(version, { sessionPresent: false, code: 5 }), '20 02 00 05');
    expectBytes(connack(version, { sessionPresent: true, code: 0 }, { receiveMaximum: 5 }), '20 02 01 00');
  });

  it('of MQTT 5 has properties', () => {
    expectBytes(connack(5, { sessionPresent: false, code: 0x84 }), '20 03 00 84 00');
    expectBytes(connack(5, { sessionPresent: true, code: 0 }, { topicAliasMaximum: 10 }), '20 06 01 00 03 22 000a');
    const all = {
      sessionExpiryS: 3600,
      receiveMaximum: 20,
      maximumQos: 1,
      maxPacketBytes: 0xffffffff,
      ...{
        assignedClientId: 'c',
        topicAliasMaximum: 10,
        reasonString: 'é',
        responseInformation: 'i',
        serverKeepAliveS: 60,
      },
      ...{
        isRetainAvailable: true,
        areWildcardsAvailable: true,
        areIdentifiersAvailable: false,
        isSharedAvailable: true,
      },
    } as const;
    expectBytes(
      connack(5, { sessionPresent: false, code: 0 }, all),
      `20 2d 00 00 2a 11 00000e10 21 0014 24 01 25 01 27 ffffffff 12 "c" 22 000a 1f "é" 28 01 29 00 2a 01 13 003c 1a "i"`,
    );
  });
});

describe('acknowledgements', () => {
  const kinds: [AcknowledgementKind, string][] = [
    ['puback', '40'],
    ['pubrec', '50'],
    ['pubrel', '62'],
    ['pubcomp', '70'],
  ];
  it.each(kinds)('such as %s have a reason code only in MQTT 5, and only where it says something', (kind, first) => {
    for (const version of OLD) expectBytes(acknowledgement(kind, 258, version, 0x92), `${first} 02 0102`);
    expectBytes(acknowledgement(kind, 65_535, 5), `${first} 02 ffff`);
    expectBytes(acknowledgement(kind, 258, 5, 0x92), `${first} 03 0102 92`);
  });

  it('of a SUBSCRIBE have a code for each filter', () => {
    expectBytes(suback(10, [0, 2, 0x87], 4), '90 05 000a 00 02 80');
    expectBytes(suback(10, [0, 2, 0x87], 5), '90 06 000a 00 00 02 87');
  });

  it('of an UNSUBSCRIBE have codes in MQTT 5', () => {
    expectBytes(unsuback(10, [0, 0x11], 3), 'b0 02 000a');
    expectBytes(unsuback(10, [0, 0x11], 5), 'b0 05 000a 00 00 11');
  });

  it('of a PINGREQ have nothing', () => {
    expectBytes(PINGRESP, 'd0 00');
  });
});

describe('DISCONNECT', () => {
  it('says why, in words only where asked to', () => {
    expectBytes(disconnect(0x8e), 'e0 01 8e');
    expectBytes(disconnect(0x81, 'no'), 'e0 07 81 05 1f "no"');
  });
});

describe('PUBLISH', () => {
  const parts: PublishParts = {
    version: 4,
    topic: 'a/b',
    payload: Buffer.from('on'),
    qos: 0,
    retain: false,
    dup: false,
    id: 0,
  };

  it.each(OLD)('has a topic, an id and a payload (level %d)', (version) => {
    expectBytes(encodePublish({ ...parts, version }), `30 07 "a/b" 'on'`);
    expectBytes(encodePublish({ ...parts, version, qos: 1, id: 10, retain: true }), `33 09 "a/b" 000a 'on'`);
    expectBytes(encodePublish({ ...parts, version, qos: 2, id: 65_535, dup: true }), `3c 09 "a/b" ffff 'on'`);
    const properties = Buffer.from([1, 1]);
    expectBytes(
      encodePublish({ ...parts, version, properties, expiryS: 1, identifiers: [1], alias: 1 }),
      `30 07 "a/b" 'on'`,
    );
  });

  it('of MQTT 5 has properties, those of the message last', () => {
    expectBytes(encodePublish({ ...parts, version: 5 }), `30 08 "a/b" 00 'on'`);
    const properties = bytes('03 "j" 26 "k" "v"');
    expectBytes(
      encodePublish({ ...parts, version: 5, properties, expiryS: 60, identifiers: [1, 200, 268_435_455], alias: 258 }),
      `30 25 "a/b" 1d 02 0000003c 23 0102 0b 01 0b c801 0b ffffff7f 03 "j" 26 "k" "v" 'on'`,
    );
    expectBytes(encodePublish({ ...parts, version: 5, topic: '', alias: 7 }), `30 08 0000 03 23 0007 'on'`);
  });

  it('has a length in as many bytes as it needs', () => {
    const heads: [number, string][] = [
      [122, '30 7f'],
      [123, '30 8001'],
      [16_378, '30 ff7f'],
      [16_379, '30 808001'],
      [2_097_146, '30 ffff7f'],
      [2_097_147, '30 80808001'],
    ];
    for (const [length, head] of heads) {
      const payload = Buffer.alloc(length, 'x');
      expectBytes(encodePublish({ ...parts, payload }).subarray(0, bytes(head).length + 5), `${head} "a/b"`);
    }
  });

  it('has topics of every length and script', () => {
    for (const topic of ['ä', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33), '€'.repeat(40), '🦀'.repeat(3)]) {
      const payload = Buffer.alloc(100, 'p');
      const written = encodePublish({ ...parts, topic, payload });
      const length = Buffer.byteLength(topic);
      const at = written.length - 100 - length;
      expect(written.readUInt16BE(at - 2)).toBe(length);
      expect(written.toString('utf8', at, at + length)).toBe(topic);
      expect(written.subarray(-100)).toEqual(payload);
    }
  });
});

describe('properties of a message that the gateway makes', () => {
  it('are read as they were made', () => {
    const given = {
      isText: true,
      contentType: 'application/json',
      responseTopic: 'r',
      correlationData: Buffer.from([1, 2]),
      userProperties: [
        ['b', 'ü'],
        ['a', ''],
        ['b', 'x'.repeat(300)],
      ],
    } as const;
    const { raw } = messageProperties(given);
    expect(raw.subarray(0, 21).toString('hex')).toBe(bytes(`01 01 03 "application/json"`).toString('hex'));
    expect(readMessageProperties(raw)).toMatchObject({ ...given, raw });
  });

  it('may be none', () => {
    expect(messageProperties({}).raw).toHaveLength(0);
    expect(readMessageProperties(Buffer.alloc(0))).toBeUndefined();
  });
});
