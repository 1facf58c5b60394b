import type {
  ConnectPacket,
  Packet,
  PublishPacket,
  SubscriptionRequest,
  Version,
} from '../../../src/mqtt-engine/codec/packets.ts';

/** What a CONNECT without properties says of those. */
export const PLAIN_CONNECT: Omit<ConnectPacket, 'version' | 'clientId'> = {
  kind: 'connect',
  isBridge: false,
  cleanStart: true,
  keepAliveS: 0,
  username: undefined,
  password: undefined,
  will: undefined,
  sessionExpiryS: undefined,
  receiveMaximum: 65_535,
  maxPacketBytes: undefined,
  topicAliasMaximum: 0,
  wantsResponseInformation: false,
  wantsProblemInformation: true,
  authMethod: undefined,
};

const PLAIN_PUBLISH: PublishPacket = {
  kind: 'publish',
  dup: false,
  qos: 0,
  retain: false,
  topic: 'a/b',
  id: 0,
  payload: Buffer.from('on'),
  alias: 0,
  expiryS: undefined,
  properties: undefined,
};

const PLAIN_REQUEST: SubscriptionRequest = {
  filter: 'a/b',
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
};

export interface Vector {
  /** What it shows. */
  name: string;
  /** The versions that have it. */
  versions: readonly Version[];
  /** As `bytes` reads it. */
  hex: string;
  packet: Packet;
}

/** CONNECT packets: with these a connection begins. */
export const CONNECTS: readonly Vector[] = [
  {
    name: 'CONNECT of MQTT 3.1',
    versions: [3],
    hex: '10 12 "MQIsdp" 03 02 003c "lamp"',
    packet: { ...PLAIN_CONNECT, version: 3, clientId: 'lamp', keepAliveS: 60 },
  },
  {
    name: 'CONNECT of MQTT 3.1 that announces a user name and a password, and has none',
    versions: [3],
    hex: '10 12 "MQIsdp" 03 c2 003c "lamp"',
    packet: { ...PLAIN_CONNECT, version: 3, clientId: 'lamp', keepAliveS: 60 },
  },
  {
    name: 'CONNECT without anything',
    versions: [4],
    hex: '10 0c "MQTT" 04 02 0000 0000',
    packet: { ...PLAIN_CONNECT, version: 4, clientId: '' },
  },
  {
    name: 'CONNECT with everything that MQTT 3.1.1 has, as in its figure 3.6',
    versions: [4],
    hex: '10 2c "MQTT" 04 ee 000a "lamp" "will" "gone" "user" "password"',
    packet: {
      ...PLAIN_CONNECT,
      version: 4,
      keepAliveS: 10,
      clientId: 'lamp',
      username: 'user',
      password: Buffer.from('password'),
      will: {
        topic: 'will',
        payload: Buffer.from('gone'),
        qos: 1,
        retain: true,
        delayS: 0,
        expiryS: undefined,
        properties: undefined,
      },
    },
  },
  {
    name: 'CONNECT of a bridge of mosquitto',
    versions: [4],
    hex: '10 10 "MQTT" 84 00 003c "pipe"',
    packet: { ...PLAIN_CONNECT, version: 4, isBridge: true, cleanStart: false, keepAliveS: 60, clientId: 'pipe' },
  },
  {
    name: 'CONNECT of MQTT 5 without properties, and a password alone',
    versions: [5],
    hex: '10 19 "MQTT" 05 42 0000 00 "lamp" "secret"',
    packet: { ...PLAIN_CONNECT, version: 5, clientId: 'lamp', password: Buffer.from('secret') },
  },
  {
    name: 'CONNECT of MQTT 5 with all its properties, also of its will',
    versions: [5],
    hex: `10 8201 "MQTT" 05 f6 0102
          29 11 00000e10 21 0014 27 00010000 22 000a 19 01 17 00 26 "k" "v" 15 "SCRAM" 16 0003 010203
          "lamp"
          2f 18 00000005 01 01 26 "a" "1" 02 0000003c 03 "text" 08 "re/ply" 09 0002 beef 26 "b" "2"
          "will" "gone" "user" "pass"`,
    packet: {
      ...PLAIN_CONNECT,
      version: 5,
      keepAliveS: 258,
      clientId: 'lamp',
      username: 'user',
      password: Buffer.from('pass'),
      sessionExpiryS: 3600,
      receiveMaximum: 20,
      maxPacketBytes: 65_536,
      topicAliasMaximum: 10,
      wantsResponseInformation: true,
      wantsProblemInformation: false,
      authMethod: 'SCRAM',
      will: {
        topic: 'will',
        payload: Buffer.from('gone'),
        qos: 2,
        retain: true,
        delayS: 5,
        expiryS: 60,
        properties: {
          raw: Buffer.from('0101260001610001310300047465787408000672652f706c79090002beef26000162000132', 'hex'),
          ...{
            isText: true,
            contentType: 'text',
            responseTopic: 're/ply',
            correlationData: Buffer.from('beef', 'hex'),
          },
          userProperties: [
            ['a', '1'],
            ['b', '2'],
          ],
        },
      },
    },
  },
];

/** What may follow a CONNECT. */
export const PACKETS: readonly Vector[] = [
  {
    name: 'PUBLISH of QoS 0',
    versions: [3, 4],
    hex: `30 07 "a/b" 'on'`,
    packet: PLAIN_PUBLISH,
  },
  {
    name: 'PUBLISH of QoS 1 to be retained, as in figure 3.11 of MQTT 3.1.1',
    versions: [3, 4],
    hex: `33 09 "a/b" 000a 'on'`,
    packet: { ...PLAIN_PUBLISH, qos: 1, retain: true, id: 10 },
  },
  {
    name: 'PUBLISH of QoS 2 that comes again, without a payload',
    versions: [3, 4],
    hex: '3c 07 "a/b" ffff',
    packet: { ...PLAIN_PUBLISH, qos: 2, dup: true, id: 65_535, payload: Buffer.alloc(0) },
  },
  {
    name: 'PUBLISH to a topic beyond ASCII',
    versions: [3, 4],
    hex: '30 0c "Küche/€"',
    packet: { ...PLAIN_PUBLISH, topic: 'Küche/€', payload: Buffer.alloc(0) },
  },
  {
    name: 'PUBLISH of MQTT 5 without properties, as in figure 3-9',
    versions: [5],
    hex: `32 0a "a/b" 000a 00 'on'`,
    packet: { ...PLAIN_PUBLISH, qos: 1, id: 10 },
  },
  {
    name: 'PUBLISH of MQTT 5 with an alias alone',
    versions: [5],
    hex: `30 08 0000 03 23 0007 'on'`,
    packet: { ...PLAIN_PUBLISH, topic: '', alias: 7 },
  },
  {
    name: 'PUBLISH of MQTT 5 with properties that are passed on around those that are not',
    versions: [5],
    hex: `30 2a "a/b" 22 03 "j" 02 0000003c 26 "x" "1" 23 0001 09 0001 ff 26 "x" "2" 08 "r" 'on'`,
    packet: {
      ...PLAIN_PUBLISH,
      alias: 1,
      expiryS: 60,
      properties: {
        raw: Buffer.from('0300016a26000178000131090001ff2600017800013208000172', 'hex'),
        isText: false,
        contentType: 'j',
        responseTopic: 'r',
        correlationData: Buffer.from([0xff]),
        userProperties: [
          ['x', '1'],
          ['x', '2'],
        ],
      },
    },
  },
  {
    name: 'PUBACK',
    versions: [3, 4, 5],
    hex: '40 02 0001',
    packet: { kind: 'puback', id: 1, reason: 0 },
  },
  {
    name: 'PUBREC',
    versions: [3, 4, 5],
    hex: '50 02 0102',
    packet: { kind: 'pubrec', id: 258, reason: 0 },
  },
  {
    name: 'PUBREL',
    versions: [3, 4, 5],
    hex: '62 02 0001',
    packet: { kind: 'pubrel', id: 1, reason: 0 },
  },
  {
    name: 'PUBREL that comes again',
    versions: [3],
    hex: '6a 02 0001',
    packet: { kind: 'pubrel', id: 1, reason: 0 },
  },
  {
    name: 'PUBCOMP',
    versions: [3, 4, 5],
    hex: '70 02 0001',
    packet: { kind: 'pubcomp', id: 1, reason: 0 },
  },
  {
    name: 'PUBACK with a reason code',
    versions: [5],
    hex: '40 03 0001 10',
    packet: { kind: 'puback', id: 1, reason: 0x10 },
  },
  {
    name: 'PUBREC with a reason in words, and user properties',
    versions: [5],
    hex: '50 17 0001 97 13 1f "full" 26 "k" "v" 26 0000 0000',
    packet: { kind: 'pubrec', id: 1, reason: 0x97 },
  },
  {
    name: 'PUBCOMP with a reason code and no properties',
    versions: [5],
    hex: '70 04 0001 92 00',
    packet: { kind: 'pubcomp', id: 1, reason: 0x92 },
  },
  {
    name: 'SUBSCRIBE, as in figure 3.23 of MQTT 3.1.1',
    versions: [3, 4],
    hex: '82 0e 000a "a/b" 01 "c/d" 02',
    packet: {
      kind: 'subscribe',
      id: 10,
      identifier: 0,
      requests: [
        { ...PLAIN_REQUEST, qos: 1 },
        { ...PLAIN_REQUEST, filter: 'c/d', qos: 2 },
      ],
    },
  },
  {
    name: 'SUBSCRIBE that comes again',
    versions: [3],
    hex: '8a 08 000a "a/b" 00',
    packet: { kind: 'subscribe', id: 10, identifier: 0, requests: [PLAIN_REQUEST] },
  },
  {
    name: 'SUBSCRIBE to all kinds of filters',
    versions: [4],
    hex: '82 2f 0001 "#" 00 "+/+" 00 "/+/#" 01 "$share/g/+/#" 02 "/" 00 "$SYS/#" 00',
    packet: {
      kind: 'subscribe',
      id: 1,
      identifier: 0,
      requests: [
        { ...PLAIN_REQUEST, filter: '#' },
        { ...PLAIN_REQUEST, filter: '+/+' },
        { ...PLAIN_REQUEST, filter: '/+/#', qos: 1 },
        { ...PLAIN_REQUEST, filter: '$share/g/+/#', qos: 2 },
        { ...PLAIN_REQUEST, filter: '/' },
        { ...PLAIN_REQUEST, filter: '$SYS/#' },
      ],
    },
  },
  {
    name: 'SUBSCRIBE of MQTT 5 with an identifier and all options',
    versions: [5],
    hex: '82 1b 000a 0c 0b ffffff7f 26 "k" "v" "a/b" 2e "c/d" 11',
    packet: {
      kind: 'subscribe',
      id: 10,
      identifier: 268_435_455,
      requests: [
        { filter: 'a/b', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { filter: 'c/d', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 1 },
      ],
    },
  },
  {
    name: 'UNSUBSCRIBE, as in figure 3.30 of MQTT 3.1.1',
    versions: [3, 4],
    hex: 'a2 0c 000a "a/b" "c/d"',
    packet: { kind: 'unsubscribe', id: 10, filters: ['a/b', 'c/d'] },
  },
  {
    name: 'UNSUBSCRIBE of MQTT 5',
    versions: [5],
    hex: 'a2 0d 000a 00 "a/b" "c/d"',
    packet: { kind: 'unsubscribe', id: 10, filters: ['a/b', 'c/d'] },
  },
  {
    name: 'PINGREQ',
    versions: [3, 4, 5],
    hex: 'c0 00',
    packet: { kind: 'pingreq' },
  },
  {
    name: 'DISCONNECT',
    versions: [3, 4, 5],
    hex: 'e0 00',
    packet: { kind: 'disconnect', reason: 0, sessionExpiryS: undefined },
  },
  {
    name: 'DISCONNECT with the will',
    versions: [5],
    hex: 'e0 01 04',
    packet: { kind: 'disconnect', reason: 4, sessionExpiryS: undefined },
  },
  {
    name: 'DISCONNECT with another session expiry',
    versions: [5],
    hex: 'e0 0c 00 0a 11 00000e10 1f "so"',
    packet: { kind: 'disconnect', reason: 0, sessionExpiryS: 3600 },
  },
  {
    name: 'AUTH',
    versions: [5],
    hex: 'f0 10 18 0e 15 "SCRAM" 16 0003 010203',
    packet: { kind: 'auth', reason: 0x18, method: 'SCRAM' },
  },
];
