import fc from 'fast-check';
import { generate, type IPublishPacket, parser, type Packet as TheirPacket } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { messageProperties } from '../../../src/mqtt-engine/codec/message-properties.ts';
import type { AcknowledgementKind, QoS, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import {
  acknowledgement,
  connack,
  disconnect,
  encodePublish,
  suback,
  unsuback,
} from '../../../src/mqtt-engine/codec/write.ts';
import { readAll } from './support.ts';

// mqtt-packet, by others and in wide use, says the same where it is right; what it lets pass is in the tests of faults.

const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((value) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(value));
const topic = text.map((value) => `t/${value.replace(/[+#]/gu, '-')}`);
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const version = fc.constantFrom<Version>(3, 4, 5);
const qos = fc.constantFrom<QoS>(0, 1, 2);
const id = fc.integer({ min: 1, max: 65_535 });
const seconds = fc.integer({ min: 0, max: 0xffffffff });

/** What mqtt-packet reads of bytes of ours. */
function theirs(bytes: Buffer, protocolVersion: Version): TheirPacket {
  const read: TheirPacket[] = [];
  const reader = parser({ protocolVersion } as Parameters<typeof parser>[0]);
  reader.on('packet', (packet) => read.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(bytes);
  expect(read).toHaveLength(1);
  return read[0] as TheirPacket;
}

const message = fc.record({ topic, payload, qos, id, retain: fc.boolean(), again: fc.boolean() });
const properties = fc.record(
  {
    payloadFormatIndicator: fc.constant(true),
    contentType: text,
    responseTopic: topic,
    correlationData: payload,
    messageExpiryInterval: seconds,
    topicAlias: id,
    // Of none at all mqtt-packet writes a wrong length.
    userProperties: fc.dictionary(text, text, { minKeys: 1, maxKeys: 3 }),
  },
  { requiredKeys: [] },
);

describe('mqtt-packet', () => {
  it('writes PUBLISH packets that we read as they were meant', () => {
    fc.assert(
      fc.property(message, version, properties, ({ topic, payload, qos, id, retain, again }, version, properties) => {
        const dup = again && qos > 0;
        const packet: IPublishPacket = { cmd: 'publish', topic, payload, qos, retain, dup, messageId: id };
        if (version === 5) packet.properties = properties;
        const written = generate(packet, { protocolVersion: version });
        const { messageExpiryInterval, topicAlias = 0, payloadFormatIndicator = false, ...others } = properties;
        const pairs = Object.entries(others.userProperties ?? {});
        const plain = version !== 5;
        const isBare =
          !payloadFormatIndicator &&
          pairs.length === 0 &&
          others.contentType === undefined &&
          others.responseTopic === undefined &&
          others.correlationData === undefined;
        expect(readAll(written, version)).toMatchObject([
          {
            ...{ kind: 'publish', topic, payload, qos, retain, dup, id: qos === 0 ? 0 : id },
            ...{ alias: plain ? 0 : topicAlias, expiryS: plain ? undefined : messageExpiryInterval },
            properties:
              plain || isBare
                ? undefined
                : {
                    isText: payloadFormatIndicator,
                    contentType: others.contentType,
                    responseTopic: others.responseTopic,
                    correlationData: others.correlationData,
                    userProperties: pairs,
                  },
          },
        ]);
      }),
    );
  });

  it('reads PUBLISH packets of ours as they were meant', () => {
    const identifiers = fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(message, version, properties, identifiers, (message, version, given, identifiers) => {
        const { topic, payload, qos, id, retain } = message;
        const dup = message.again && qos > 0;
        const { messageExpiryInterval: expiryS, topicAlias: alias, payloadFormatIndicator: isText = false } = given;
        const { contentType, responseTopic, correlationData, userProperties = {} } = given;
        const { raw } = messageProperties({
          ...{ isText, contentType, responseTopic, correlationData, userProperties: Object.entries(userProperties) },
        });
        const parts = { version, topic, payload, qos, retain, dup, id };
        const read = theirs(encodePublish({ ...parts, properties: raw, expiryS, identifiers, alias }), version);
        expect(read).toMatchObject({
          cmd: 'publish',
          topic,
          payload,
          qos,
          retain,
          dup,
          ...(qos > 0 ? { messageId: id } : {}),
        });
        if (version !== 5) return;
        const [only, ...more] = identifiers;
        const expected = { ...given, subscriptionIdentifier: more.length === 0 ? only : identifiers };
        expect((read as IPublishPacket).properties).toEqual(expected);
      }),
    );
  });

  it('writes CONNECT, SUBSCRIBE and UNSUBSCRIBE packets that we read as they were meant', () => {
    const will = fc.record({ topic, payload, qos, retain: fc.boolean() });
    const connect = fc.record({
      ...{ clientId: text, clean: fc.boolean(), keepalive: fc.integer({ min: 0, max: 65_535 }), will: fc.option(will) },
      ...{ username: text.filter((name) => name !== ''), password: payload.filter(({ length }) => length > 0) },
    });
    fc.assert(
      fc.property(connect, version, ({ will, ...given }, version) => {
        const protocolId = version === 3 ? 'MQIsdp' : 'MQTT';
        fc.pre(given.clientId !== '' || (version !== 3 && given.clean));
        const hello = { cmd: 'connect', protocolVersion: version, protocolId, ...given } as const;
        const [read] = readAll(generate(will === null ? hello : { ...hello, will }));
        const { clean: cleanStart, keepalive: keepAliveS, ...same } = given;
        expect(read).toMatchObject({
          kind: 'connect',
          version,
          cleanStart,
          keepAliveS,
          ...same,
          will: will ?? undefined,
        });
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(topic, qos), { minLength: 1, maxLength: 4 }), id, version, (asked, id, version) => {
        const subscriptions = asked.map(([topic, qos]) => ({ topic, qos, nl: false, rap: true, rh: 1 }));
        const subscribe = generate({ cmd: 'subscribe', messageId: id, subscriptions }, { protocolVersion: version });
        const requests = asked.map(([filter, qos]) => ({ filter, qos, retainAsPublished: version === 5 }));
        expect(readAll(subscribe, version)).toMatchObject([{ kind: 'subscribe', id, requests }]);
        const filters = asked.map(([filter]) => filter);
        const unsubscribe = generate(
          { cmd: 'unsubscribe', messageId: id, unsubscriptions: filters },
          { protocolVersion: version },
        );
        expect(readAll(unsubscribe, version)).toEqual([{ kind: 'unsubscribe', id, filters }]);
      }),
    );
  });

  it('reads and writes acknowledgements as we do', () => {
    const kind = fc.constantFrom<AcknowledgementKind>('puback', 'pubrec', 'pubrel', 'pubcomp');
    fc.assert(
      fc.property(kind, id, version, (kind, id, version) => {
        const written = acknowledgement(kind, id, version);
        expect(theirs(written, version)).toMatchObject({ cmd: kind, messageId: id });
        expect(readAll(generate({ cmd: kind, messageId: id }, { protocolVersion: version }), version)).toEqual([
          { kind, id, reason: 0 },
        ]);
        const reason = kind === 'puback' || kind === 'pubrec' ? 0x87 : 0x92;
        expect(theirs(acknowledgement(kind, id, 5, reason), 5)).toMatchObject({ cmd: kind, reasonCode: reason });
      }),
    );
  });

  it('reads our other packets as they were meant', () => {
    expect(theirs(suback(7, [0, 1, 2], 4), 4)).toMatchObject({ cmd: 'suback', messageId: 7, granted: [0, 1, 2] });
    expect(theirs(suback(7, [1, 0x87], 5), 5)).toMatchObject({ cmd: 'suback', messageId: 7, granted: [1, 0x87] });
    expect(theirs(unsuback(7, [0], 4), 4)).toMatchObject({ cmd: 'unsuback', messageId: 7 });
    expect(theirs(unsuback(7, [0, 0x11], 5), 5)).toMatchObject({ cmd: 'unsuback', granted: [0, 0x11] });
    expect(theirs(disconnect(0x8e, 'another came'), 5)).toMatchObject({
      ...{ cmd: 'disconnect', reasonCode: 0x8e, properties: { reasonString: 'another came' } },
    });
    expect(theirs(connack(4, { sessionPresent: true, code: 0 }), 4)).toMatchObject({
      ...{ cmd: 'connack', sessionPresent: true, returnCode: 0 },
    });
    const said = { receiveMaximum: 9, assignedClientId: 'a', serverKeepAliveS: 60, isSharedAvailable: true };
    expect(theirs(connack(5, { sessionPresent: false, code: 0 }, said), 5)).toMatchObject({
      ...{ cmd: 'connack', sessionPresent: false, reasonCode: 0 },
      properties: {
        ...{ receiveMaximum: 9, assignedClientIdentifier: 'a', serverKeepAlive: 60, sharedSubscriptionAvailable: true },
      },
    });
  });
});
