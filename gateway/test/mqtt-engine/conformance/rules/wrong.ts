import { concat, packet, str, u8, u16 } from '../bytes.ts';
import {
  acknowledge,
  BYE,
  type ConnectInit,
  connect,
  publish,
  subscribe,
  unsubscribe,
  type Version,
} from '../packets.ts';
import type { Property } from '../properties.ts';
import type { Rule } from '../trial.ts';

/** What a client may not send: the broker ends the connection, in MQTT 5 with a reason. */

const MALFORMED = [0x81];
const PROTOCOL_ERROR = [0x82];
/** Where the specification does not say which. */
const EITHER = [0x81, 0x82];
const BAD_TOPIC = [...EITHER, 0x90];
const BAD_ALIAS = [...EITHER, 0x94];

/** No UTF-8; the second is a surrogate, which some decoders let through. */
const ILL = Buffer.from([0xff, 0xfe]);
const SURROGATE = Buffer.from([0xed, 0xa0, 0x80]);
const NOTHING = Buffer.alloc(0);

type Numbers = Pick<Rule, 4 | 5>;

/** A rule that a client breaks by these bytes once it is connected. */
function wrong(numbers: Numbers, is: string, bytes: (version: Version) => Buffer, reasons = MALFORMED): Rule {
  return {
    ...numbers,
    is: `${is} ends the connection`,
    async run(t) {
      const client = await t.client();
      client.send(bytes(t.version));
      await t.refused(client, ...reasons);
    },
  };
}

/** A rule that a client breaks by its CONNECT. */
function wrongConnect(numbers: Numbers, is: string, init: ConnectInit, reasons = MALFORMED): Rule {
  return {
    ...numbers,
    is: `a CONNECT with ${is} ends the connection`,
    async run(t) {
      const client = await t.dial();
      client.send(connect(t.version, { id: t.id(), ...init }));
      await t.refused(client, ...reasons);
    },
  };
}

/** A PUBLISH of MQTT 5 with properties. */
const publishing =
  (...list: Property[]) =>
  (version: Version): Buffer =>
    publish(version, 'a', 'x', { properties: list });

/** The same as bytes, for what a list cannot say. */
const publishingBytes =
  (...bytes: number[]) =>
  (version: Version): Buffer =>
    publish(version, 'a', 'x', { properties: Buffer.from([bytes.length, ...bytes]) });

const WILL = { topic: 'will' };

export const wrongConnects: Rule[] = [
  wrongConnect({ 4: '3.1.2-3', 5: '3.1.2-3' }, 'the reserved flag', { flip: 1 }),
  wrongConnect({ 4: '3.1.2-9', 5: '3.1.2-9' }, 'the will flag and no will', { flip: 4 }),
  wrongConnect({ 4: '3.1.2-11 3.1.2-13', 5: '3.1.2-11' }, 'a will QoS and no will', { flip: 8 }),
  wrongConnect({ 4: '3.1.2-14', 5: '3.1.2-12' }, 'a will of QoS 3', { will: { ...WILL, qos: 3 } }),
  wrongConnect({ 4: '3.1.2-15', 5: '3.1.2-13' }, 'will retain and no will', { flip: 0x20 }),
  wrongConnect({ 4: '3.1.2-18', 5: '3.1.2-16' }, 'a user name that no flag announces', {
    username: 'x',
    flip: 0x80,
  }),
  wrongConnect({ 4: '3.1.2-19', 5: '3.1.2-17' }, 'the user name flag and no user name', { flip: 0x80 }),
  wrongConnect({ 4: '3.1.2-20', 5: '3.1.2-18' }, 'a password that no flag announces', {
    username: 'x',
    password: 'y',
    flip: 0x40,
  }),
  wrongConnect({ 4: '3.1.2-21', 5: '3.1.2-19' }, 'the password flag and no password', { username: 'x', flip: 0x40 }),
  wrongConnect({ 4: '3.1.2-22' }, 'a password and no user name', { password: 'y' }),
  wrongConnect({ 4: '3.1.3-3', 5: '3.1.3-3' }, 'no client id', { payload: NOTHING }),
  wrongConnect({ 4: '3.1.3-4', 5: '3.1.3-4' }, 'a client id that is no UTF-8', { id: ILL }),
  wrongConnect({ 4: '3.1.3-10', 5: '3.1.3-11' }, 'a will topic that is no UTF-8', { will: { topic: ILL } }),
  wrongConnect({ 4: '3.1.3-11', 5: '3.1.3-12' }, 'a user name that is no UTF-8', { username: SURROGATE }),
  wrongConnect({ 4: '3.1.4-1', 5: '3.1.4-1' }, 'bytes that belong to nothing', {
    payload: concat(str('x'), u16(0), u16(0)),
  }),
  wrongConnect(
    { 5: '3.1.4-1 4.13.1-1' },
    'a receive maximum of 0',
    { properties: [['receiveMaximum', 0]] },
    PROTOCOL_ERROR,
  ),
  wrongConnect(
    { 5: '3.1.4-1 4.13.1-1' },
    'a maximum packet size of 0',
    { properties: [['maximumPacketSize', 0]] },
    PROTOCOL_ERROR,
  ),
  wrongConnect(
    { 5: '4.13.1-1' },
    'a session expiry that comes twice',
    {
      properties: [
        ['sessionExpiry', 1],
        ['sessionExpiry', 1],
      ],
    },
    PROTOCOL_ERROR,
  ),
  wrongConnect({ 5: '3.3.2-13' }, 'a will’s response topic that is no UTF-8', {
    will: { ...WILL, properties: [['responseTopic', ILL]] },
  }),
];

export const wrongStrings: Rule[] = [
  wrong({ 4: '1.5.3-1 3.3.2-1', 5: '1.5.4-1 3.3.2-1' }, 'a topic that is no UTF-8', (v) => publish(v, ILL, 'x')),
  wrong({ 4: '1.5.3-1', 5: '1.5.4-1' }, 'a topic with a surrogate', (v) => publish(v, SURROGATE, 'x')),
  wrong({ 4: '1.5.3-2 4.7.3-2', 5: '1.5.4-2 4.7.3-2' }, 'a topic with NUL', (v) => publish(v, 'a\0b', 'x')),
  wrong({ 4: '1.5.3-2 4.7.3-2', 5: '1.5.4-2 4.7.3-2' }, 'a filter with NUL', (v) => subscribe(v, 1, [['a\0b', 0]])),
  wrong({ 5: '1.5.7-1' }, 'a user property whose name is no UTF-8', publishing(['user', concat(str(ILL), str('x'))])),
  wrong({ 5: '1.5.7-1' }, 'a user property whose value has NUL', publishing(['user', 'a=\0'])),
  wrong({ 4: '3.3.2-1', 5: '3.3.2-1' }, 'a PUBLISH without a topic', () => packet(0x30)),
  wrong({ 4: '3.3.2-2 4.7.1-1', 5: '3.3.2-2 4.7.0-1' }, 'the topic a/#', (v) => publish(v, 'a/#', 'x'), BAD_TOPIC),
  wrong({ 4: '3.3.2-2 4.7.1-1', 5: '3.3.2-2 4.7.0-1' }, 'the topic a/+', (v) => publish(v, 'a/+', 'x'), BAD_TOPIC),
  wrong({ 4: '4.7.3-1' }, 'an empty topic', (v) => publish(v, '', 'x')),
  wrong({ 5: '4.7.3-1' }, 'an empty topic without an alias', (v) => publish(v, '', 'x'), PROTOCOL_ERROR),
  wrong({ 5: '3.3.2-13' }, 'a response topic that is no UTF-8', publishing(['responseTopic', ILL])),
  wrong({ 5: '3.3.2-14' }, 'a response topic with a wildcard', publishing(['responseTopic', 'a/#']), BAD_TOPIC),
  wrong({ 5: '3.3.2-19' }, 'a content type that is no UTF-8', publishing(['contentType', ILL])),
  wrong({ 4: '3.8.3-1', 5: '3.8.3-1' }, 'a filter that is no UTF-8', (v) => subscribe(v, 1, [[ILL, 0]])),
  wrong({ 4: '3.10.3-1', 5: '3.10.3-1' }, 'an UNSUBSCRIBE of what is no UTF-8', (v) => unsubscribe(v, 1, [ILL])),
];

/** Filters that break the rules of wildcards: the whole packet, or in MQTT 5 this filter alone, is refused. */
function wrongFilter(numbers: Numbers, filter: string): Rule {
  return {
    ...numbers,
    is: `the filter ${JSON.stringify(filter)} is refused`,
    async run(t) {
      const client = await t.client();
      client.send(subscribe(t.version, 1, [[filter, 0]]));
      const got = await client.next().catch(() => undefined);
      const isRefused = got?.kind !== 'suback' || (got.codes[0] ?? 0) >= 0x80;
      if (!isRefused) throw new Error(`it was granted with ${got.codes}`);
    },
  };
}

export const wrongFilters: Rule[] = [
  ...['a#', 'a/b#', '#/a', 'a/#/b'].map((filter) => wrongFilter({ 4: '4.7.1-2', 5: '4.7.1-1' }, filter)),
  ...['a+', '+a', 'a/b+/c', '++'].map((filter) => wrongFilter({ 4: '4.7.1-3', 5: '4.7.1-2' }, filter)),
  wrongFilter({ 4: '4.7.3-1', 5: '4.7.3-1' }, ''),
  ...['$share', '$share/', '$share//a'].map((filter) => wrongFilter({ 5: '4.8.2-1' }, filter)),
  ...['$share/g', '$share/g/', '$share/g+/a', '$share/g#/a'].map((filter) => wrongFilter({ 5: '4.8.2-2' }, filter)),
];

export const wrongFlags: Rule[] = [
  wrong({ 4: '2.2.2-1 2.2.2-2 4.8.0-1', 5: '2.1.3-1 4.13.1-1' }, 'a PINGREQ with flags', () => packet(0xc1)),
  wrong({ 4: '2.2.2-1 2.2.2-2', 5: '2.1.3-1' }, 'a PUBACK with flags', () => packet(0x42, u16(1))),
  wrong({ 4: '2.2.2-2', 5: '2.1.3-1' }, 'a PUBREC with flags', () => packet(0x51, u16(1))),
  wrong({ 4: '2.2.2-2', 5: '2.1.3-1' }, 'a PUBCOMP with flags', () => packet(0x78, u16(1))),
  wrong({ 4: '3.6.1-1', 5: '3.6.1-1' }, 'a PUBREL with other flags', () => packet(0x60, u16(1))),
  wrong({ 4: '3.8.1-1', 5: '3.8.1-1' }, 'a SUBSCRIBE with other flags', (v) => flipped(subscribe(v, 1, [['a', 0]]), 2)),
  wrong({ 4: '3.10.1-1', 5: '3.10.1-1' }, 'an UNSUBSCRIBE with other flags', (v) =>
    flipped(unsubscribe(v, 1, ['a']), 1),
  ),
  wrong({ 4: '3.14.1-1', 5: '3.14.1-1' }, 'a DISCONNECT with flags', () => flipped(BYE, 1)),
  wrong({ 5: '3.15.1-1' }, 'an AUTH with flags', () => packet(0xf1, u8(0x18))),
  wrong({ 4: '3.3.1-4', 5: '3.3.1-4' }, 'a PUBLISH of QoS 3', (v) => publish(v, 'a', 'x', { qos: 3 })),
  wrong({ 4: '3.3.1-2', 5: '3.3.1-2' }, 'DUP with QoS 0', (v) => publish(v, 'a', 'x', { dup: true }), EITHER),
  wrong({ 4: '2.2.2-2 4.8.0-1', 5: '4.13.1-1' }, 'a packet of type 0', () => packet(0)),
  wrong({ 4: '4.8.0-1', 5: '4.13.1-1' }, 'a packet that only brokers send', () => packet(0x20, u16(0)), EITHER),
  wrong({ 4: '4.8.0-1', 5: '4.13.1-1' }, 'a length of more than four bytes', () => Buffer.from('30ffffffff01', 'hex')),
];

/** The same packet with another first byte. */
function flipped(bytes: Buffer, bits: number): Buffer {
  return concat(u8(bytes.readUInt8() ^ bits), bytes.subarray(1));
}

export const wrongPackets: Rule[] = [
  wrong(
    { 4: '2.3.1-1', 5: '2.2.1-3' },
    'a SUBSCRIBE of the packet identifier 0',
    (v) => subscribe(v, 0, [['a', 0]]),
    EITHER,
  ),
  wrong(
    { 4: '2.3.1-1', 5: '2.2.1-3' },
    'an UNSUBSCRIBE of the packet identifier 0',
    (v) => unsubscribe(v, 0, ['a']),
    EITHER,
  ),
  wrong(
    { 4: '2.3.1-1', 5: '2.2.1-3' },
    'a PUBLISH of the packet identifier 0',
    (v) => publish(v, 'a', 'x', { qos: 1, id: 0 }),
    EITHER,
  ),
  wrong(
    { 4: '3.1.0-2', 5: '3.1.0-2 4.13.1-1' },
    'a second CONNECT',
    (v) => connect(v, { id: 'again' }),
    PROTOCOL_ERROR,
  ),
  wrong({ 4: '3.8.3-3', 5: '3.8.3-2' }, 'a SUBSCRIBE without filters', (v) => subscribe(v, 1, []), PROTOCOL_ERROR),
  wrong(
    { 4: '3.10.3-2', 5: '3.10.3-2' },
    'an UNSUBSCRIBE without filters',
    (v) => unsubscribe(v, 1, []),
    PROTOCOL_ERROR,
  ),
  wrong({ 4: '3.8.3-4' }, 'a reserved bit beside a requested QoS', (v) => subscribe(v, 1, [['a', 4]])),
  wrong({ 5: '3.8.3-5' }, 'a reserved bit of subscription options', (v) => subscribe(v, 1, [['a', 0x40]])),
  wrong({ 4: '3.8.3-4', 5: '3.8.3-5' }, 'a requested QoS of 3', (v) => subscribe(v, 1, [['a', 3]]), PROTOCOL_ERROR),
  wrong({ 5: '4.13.1-1' }, 'a retain handling of 3', (v) => subscribe(v, 1, [['a', 0x30]]), PROTOCOL_ERROR),
  wrong(
    { 5: '3.8.3-4' },
    'no local with a shared subscription',
    (v) => subscribe(v, 1, [['$share/g/a', 4]]),
    PROTOCOL_ERROR,
  ),
  wrong(
    { 5: '4.13.1-1' },
    'the subscription identifier 0',
    (v) => subscribe(v, 1, [['a', 0]], [['subscriptionId', 0]]),
    PROTOCOL_ERROR,
  ),
  wrong({ 5: '3.3.4-6' }, 'a PUBLISH with a subscription identifier', publishing(['subscriptionId', 1]), EITHER),
  wrong({ 5: '3.3.2-8' }, 'the topic alias 0', publishing(['topicAlias', 0]), BAD_ALIAS),
  wrong(
    { 5: '3.3.2-9 3.2.2-17' },
    'a topic alias above topic alias maximum',
    publishing(['topicAlias', 65_535]),
    [0x94],
  ),
  wrong(
    { 5: '3.3.2-7' },
    'a topic alias that this connection did not define',
    (v) => publish(v, '', 'x', { properties: [['topicAlias', 1]] }),
    PROTOCOL_ERROR,
  ),
  wrong({ 5: '2.2.2-1' }, 'a PUBLISH without a property length', () => packet(0x30, str('a'))),
  wrong({ 5: '4.13.1-1' }, 'a property of another packet', publishingBytes(0x11, 0, 0, 0, 1)),
  wrong({ 5: '4.13.1-1' }, 'a property that does not exist', publishingBytes(0x7f, 0)),
  wrong({ 5: '4.13.1-1' }, 'properties that end in the middle', publishingBytes(0x02, 0)),
  wrong(
    { 5: '4.13.1-1' },
    'a content type that comes twice',
    publishing(['contentType', 'a'], ['contentType', 'a']),
    PROTOCOL_ERROR,
  ),
  wrong({ 5: '4.13.1-1' }, 'a payload format of 2', publishing(['payloadFormat', 2]), EITHER),
  wrong({ 5: '3.4.2-1' }, 'a PUBACK with a reason that it does not have', () => acknowledge('puback', 1, 0x8e), EITHER),
  wrong({ 5: '3.6.2-1' }, 'a PUBREL with a reason that it does not have', () => acknowledge('pubrel', 1, 0x10), EITHER),
  wrong({ 5: '3.14.2-1' }, 'a DISCONNECT with a reason that only brokers have', () => packet(0xe0, u8(0x8b)), EITHER),
  wrong({ 5: '3.15.2-1' }, 'an AUTH with a reason that it does not have', () => packet(0xf0, u8(0x42), u8(0)), EITHER),
  wrong(
    { 5: '4.12.0-7 4.12.1-1' },
    'an AUTH of a client without a method',
    () => packet(0xf0, u8(0x19), u8(0)),
    EITHER,
  ),
];
