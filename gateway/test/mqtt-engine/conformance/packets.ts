import { concat, Fault, packet, Reader, str, u8, u16 } from './bytes.ts';
import { type Property, type PropertyName, properties, readProperties } from './properties.ts';

/** Packets of MQTT 3.1.1 and 5: written as a client, read as one that is strict. The gateway's codec has no part in it. */

/** The protocol level. */
export type Version = 4 | 5;
export type QoS = 0 | 1 | 2;
type Text = string | Buffer;

export interface WillInit {
  topic: Text;
  payload?: Text;
  qos?: number;
  retain?: boolean;
  properties?: readonly Property[] | Buffer;
}

export interface ConnectInit {
  name?: string;
  level?: number;
  id?: Text;
  clean?: boolean;
  keepAlive?: number;
  will?: WillInit | undefined;
  username?: Text | undefined;
  password?: Text | undefined;
  properties?: readonly Property[] | Buffer;
  /** Laid over the connect flags by XOR. */
  flip?: number;
  /** In place of the payload. */
  payload?: Buffer;
}

/** The properties of a packet; nothing in MQTT 3.1.1. */
export function propertiesOf(version: Version, list?: readonly Property[] | Buffer): Buffer {
  return version === 5 ? properties(list) : Buffer.alloc(0);
}

export function connect(version: Version, init: ConnectInit = {}): Buffer {
  const { name = 'MQTT', level = version, id = '', clean = true, keepAlive = 0, will, username, password } = init;
  let flags = clean ? 2 : 0;
  if (will) flags |= 4 | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0);
  if (username !== undefined) flags |= 0x80;
  if (password !== undefined) flags |= 0x40;
  const fields = [str(id)];
  if (will) fields.push(propertiesOf(version, will.properties), str(will.topic), str(will.payload ?? 'gone'));
  for (const field of [username, password]) if (field !== undefined) fields.push(str(field));
  return packet(
    0x10,
    ...[str(name), u8(level), u8(flags ^ (init.flip ?? 0)), u16(keepAlive)],
    ...[propertiesOf(version, init.properties), init.payload ?? concat(...fields)],
  );
}

export interface PublishInit {
  qos?: number;
  retain?: boolean;
  dup?: boolean;
  /** Default: 1, where the QoS has one. */
  id?: number;
  properties?: readonly Property[] | Buffer;
}

export function publish(version: Version, topic: Text, payload: Text, init: PublishInit = {}): Buffer {
  const { qos = 0, id = 1 } = init;
  const first = 0x30 | (init.dup === true ? 8 : 0) | (qos << 1) | (init.retain === true ? 1 : 0);
  const idBytes = qos > 0 ? u16(id) : Buffer.alloc(0);
  return packet(first, str(topic), idBytes, propertiesOf(version, init.properties), Buffer.from(payload));
}

const ACKNOWLEDGEMENTS = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const;

/** The shortest form where there is no reason. */
export function acknowledge(kind: keyof typeof ACKNOWLEDGEMENTS, id: number, reason = 0): Buffer {
  return packet(ACKNOWLEDGEMENTS[kind], u16(id), ...(reason > 0 ? [u8(reason)] : []));
}

/** Filters with their options: the QoS, and in MQTT 5 no local (4), retain as published (8), retain handling (16, 32). */
export type Filters = readonly (readonly [filter: Text, options: number])[];

export function subscribe(version: Version, id: number, filters: Filters, list?: readonly Property[] | Buffer): Buffer {
  const pairs = filters.map(([filter, options]) => concat(str(filter), u8(options)));
  return packet(0x82, u16(id), propertiesOf(version, list), ...pairs);
}

export function unsubscribe(version: Version, id: number, filters: readonly Text[]): Buffer {
  return packet(0xa2, u16(id), propertiesOf(version), ...filters.map(str));
}

export const PINGREQ = packet(0xc0);
export const BYE = packet(0xe0);

/** A packet that a broker sent; what its kind does not have is 0, '' or empty. */
export interface Got {
  kind:
    | 'connack'
    | 'publish'
    | 'puback'
    | 'pubrec'
    | 'pubrel'
    | 'pubcomp'
    | 'suback'
    | 'unsuback'
    | 'pingresp'
    | 'disconnect';
  /** Of the whole packet. */
  length: number;
  id: number;
  /** The return code of MQTT 3.1.1, the reason code of MQTT 5. */
  reason: number;
  sessionPresent: boolean;
  /** Of SUBACK and UNSUBACK. */
  codes: number[];
  topic: string;
  text: string;
  qos: number;
  dup: boolean;
  retain: boolean;
  properties: Property[];
}

const REASONED: readonly PropertyName[] = ['reasonString', 'user'];
const OF_PUBLISH: readonly PropertyName[] = [
  ...(['payloadFormat', 'messageExpiry', 'topicAlias', 'responseTopic'] as const),
  ...(['correlationData', 'user', 'subscriptionId', 'contentType'] as const),
];
const OF_CONNACK: readonly PropertyName[] = [
  ...(['sessionExpiry', 'receiveMaximum', 'maximumQos', 'retainAvailable', 'maximumPacketSize', 'assignedId'] as const),
  ...(['topicAliasMaximum', 'reasonString', 'user', 'wildcardAvailable', 'subscriptionIdsAvailable'] as const),
  ...(['sharedAvailable', 'serverKeepAlive', 'responseInformation', 'serverReference'] as const),
];

const PUBLISH_REASONS = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const RELEASE_REASONS = [0, 0x92];
/** The reason codes of MQTT 5 that a broker may send (section 2.4). */
const REASONS: Partial<Record<Got['kind'], readonly number[]>> = {
  connack: [
    ...[0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a],
    ...[0x9b, 0x9c, 0x9d, 0x9f],
  ],
  puback: PUBLISH_REASONS,
  pubrec: PUBLISH_REASONS,
  pubrel: RELEASE_REASONS,
  pubcomp: RELEASE_REASONS,
  suback: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
  unsuback: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  disconnect: [
    ...[0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
    ...[0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
  ],
};

const KINDS: Record<number, Got['kind']> = {
  2: 'connack',
  3: 'publish',
  4: 'puback',
  5: 'pubrec',
  6: 'pubrel',
  7: 'pubcomp',
  9: 'suback',
  11: 'unsuback',
  13: 'pingresp',
  14: 'disconnect',
};

/** Reads the first packet of the bytes; undefined where they end before it does. Throws a `Fault` where it is not MQTT. */
export function readPacket(version: Version, bytes: Buffer): Got | undefined {
  if (bytes.length < 2) return undefined;
  let end = 1;
  while ((bytes[end] ?? 0) >= 128 && end < 4) end++;
  if (end >= bytes.length) return undefined;
  const head = new Reader(bytes.subarray(1, end + 1));
  const length = end + 1 + head.vbi();
  if (bytes.length < length) return undefined;
  const first = bytes.readUInt8();
  const kind = KINDS[first >> 4];
  if (kind === undefined) throw new Fault(`a broker sends no packet of type ${first >> 4}`);
  const got: Got = {
    ...{ kind, length, id: 0, reason: 0, sessionPresent: false, codes: [], topic: '', text: '' },
    ...{ qos: 0, dup: false, retain: false, properties: [] },
  };
  const reader = new Reader(bytes.subarray(end + 1, length));
  if (kind === 'publish') readPublish(version, first, reader, got);
  else {
    if ((first & 15) !== (kind === 'pubrel' ? 2 : 0)) throw new Fault(`${kind} has flags [MQTT-2.1.3-1]`);
    readBody(version, reader, got);
  }
  if (reader.left > 0) throw new Fault(`${kind} is longer than what it says`);
  checkReasons(version, got);
  return got;
}

function readPublish(version: Version, first: number, reader: Reader, got: Got): void {
  got.dup = (first & 8) > 0;
  got.qos = (first >> 1) & 3;
  got.retain = (first & 1) > 0;
  if (got.qos === 3) throw new Fault('a PUBLISH of QoS 3 [MQTT-3.3.1-4]');
  if (got.qos === 0 && got.dup) throw new Fault('DUP with QoS 0 [MQTT-3.3.1-2]');
  got.topic = reader.str();
  if (/[+#]/.test(got.topic)) throw new Fault('a topic with a wildcard [MQTT-3.3.2-2]');
  if (got.qos > 0) got.id = readId(reader);
  if (version === 5) got.properties = readProperties(reader, OF_PUBLISH);
  if (got.topic === '' && !got.properties.some(([name]) => name === 'topicAlias'))
    throw new Fault('a PUBLISH without a topic');
  got.text = reader.take(reader.left).toString();
}

function readId(reader: Reader): number {
  const id = reader.u16();
  if (id === 0) throw new Fault('the packet identifier 0 [MQTT-2.2.1-4]');
  return id;
}

function readBody(version: Version, reader: Reader, got: Got): void {
  switch (got.kind) {
    case 'connack': {
      const flags = reader.u8();
      if (flags > 1) throw new Fault('CONNACK has other flags [MQTT-3.2.2-1]');
      got.sessionPresent = flags === 1;
      got.reason = reader.u8();
      // A client that is refused for its version does not read properties.
      if (version === 5 && (reader.left > 0 || got.reason === 0)) got.properties = readProperties(reader, OF_CONNACK);
      if (got.sessionPresent && got.reason > 0) throw new Fault('a session for one who is refused [MQTT-3.2.2-6]');
      break;
    }
    case 'suback':
    case 'unsuback':
      got.id = readId(reader);
      if (version === 5) got.properties = readProperties(reader, REASONED);
      if (version === 5 || got.kind === 'suback') got.codes = [...reader.take(reader.left)];
      break;
    case 'pingresp':
      break;
    case 'disconnect':
      if (version === 4) throw new Fault('a broker sends no DISCONNECT in MQTT 3.1.1');
      if (reader.left > 0) got.reason = reader.u8();
      if (reader.left > 0) got.properties = readProperties(reader, [...REASONED, 'serverReference']);
      break;
    default:
      got.id = readId(reader);
      if (version === 5 && reader.left > 0) got.reason = reader.u8();
      if (version === 5 && reader.left > 0) got.properties = readProperties(reader, REASONED);
  }
}

function checkReasons(version: Version, { kind, reason, codes }: Got): void {
  const allowed = REASONS[kind];
  if (version === 5) {
    const wrong = [reason, ...codes].find((code) => allowed !== undefined && !allowed.includes(code));
    if (wrong !== undefined) throw new Fault(`${kind} has no reason code ${wrong}`);
  } else if ((kind === 'connack' && reason > 5) || codes.some((code) => code > 2 && code !== 0x80)) {
    throw new Fault(`${kind} has no return code ${reason || codes.join()}`);
  }
}

/** A DISCONNECT of MQTT 5 with a reason. */
export const packetOfDisconnect = (reason: number): Buffer => packet(0xe0, u8(reason));
