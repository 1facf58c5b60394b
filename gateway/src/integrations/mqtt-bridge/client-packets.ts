import type { QoS } from '../../mqtt-engine/codec/packets.ts';
import { PROPERTY } from '../../mqtt-engine/codec/property-ids.ts';
import { PropertyWriter } from '../../mqtt-engine/codec/property-writer.ts';
import { textBytes, variableBytes, writeShort, writeText, writeVariable } from '../../mqtt-engine/codec/put.ts';

/** The versions of MQTT that a bridge speaks, by their protocol levels. */
export type BridgeVersion = 4 | 5;

/** What a bridge says when it connects. */
export interface ConnectInit {
  readonly version: BridgeVersion;
  /** Of MQTT 3.1.1: says that it is a bridge, as mosquitto's do, so that it does not get back what it sends. */
  readonly isBridge?: boolean;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly keepAliveS: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A message of QoS 1 that the broker retains when the connection breaks. */
  readonly will?: { readonly topic: string; readonly payload: string } | undefined;
  /** Of MQTT 5, as all that follows. */
  readonly sessionExpiryS?: number;
  readonly receiveMaximum?: number;
  readonly maxPacketBytes?: number | undefined;
  readonly topicAliasMaximum?: number;
}

/** One topic filter of a SUBSCRIBE. All but the QoS is of MQTT 5. */
export interface Request {
  readonly filter: string;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  /** 0: send what is retained; 1: only if the subscription is new; 2: do not. */
  readonly retainHandling: 0 | 1 | 2;
}

export const PINGREQ: Buffer = Buffer.from([0xc0, 0]);
export const DISCONNECT: Buffer = Buffer.from([0xe0, 0]);

const BRIDGE_LEVEL = 0x80;
const NO_LOCAL = 4;
const USERNAME = 0x80;
const PASSWORD = 0x40;
/** Retained, QoS 1, and that there is one. */
const WILL = 0x20 | 0x08 | 0x04;

/** Makes a CONNECT (section 3.1). */
export function connect(init: ConnectInit): Buffer {
  const { version, clientId, username, password, will } = init;
  const level = version === 4 && init.isBridge ? version | BRIDGE_LEVEL : version;
  let flags = init.cleanStart ? 2 : 0;
  if (will !== undefined) flags |= WILL;
  if (username !== undefined) flags |= USERNAME;
  if (password !== undefined) flags |= PASSWORD;
  const parts = [text('MQTT'), Buffer.from([level, flags]), short(init.keepAliveS)];
  if (version === 5) parts.push(connectProperties(init));
  parts.push(text(clientId));
  if (will !== undefined) {
    if (version === 5) parts.push(Buffer.from([0]));
    parts.push(text(will.topic), text(will.payload));
  }
  if (username !== undefined) parts.push(text(username));
  if (password !== undefined) parts.push(text(password));
  return packetOf(0x10, parts);
}

function connectProperties(init: ConnectInit): Buffer {
  const properties = new PropertyWriter();
  properties.long(PROPERTY.sessionExpiry, init.sessionExpiryS);
  properties.short(PROPERTY.receiveMaximum, init.receiveMaximum);
  properties.long(PROPERTY.maximumPacketSize, init.maxPacketBytes);
  properties.short(PROPERTY.topicAliasMaximum, init.topicAliasMaximum);
  return properties.withLength();
}

/** Makes a SUBSCRIBE (section 3.8) whose filters do not bring back what the subscriber sends. */
export function subscribe(version: BridgeVersion, id: number, requests: readonly Request[]): Buffer {
  const parts = [short(id)];
  if (version === 5) parts.push(Buffer.from([0]));
  for (const { filter, qos, retainAsPublished, retainHandling } of requests) {
    const options = version === 5 ? qos | NO_LOCAL | (retainAsPublished ? 8 : 0) | (retainHandling << 4) : qos;
    parts.push(text(filter), Buffer.from([options]));
  }
  return packetOf(0x82, parts);
}

/** Makes an UNSUBSCRIBE (section 3.10). */
export function unsubscribe(version: BridgeVersion, id: number, filters: readonly string[]): Buffer {
  return packetOf(0xa2, [short(id), ...(version === 5 ? [Buffer.from([0])] : []), ...filters.map(text)]);
}

function text(value: string): Buffer {
  const bytes = textBytes(value);
  const part = Buffer.allocUnsafe(2 + bytes);
  writeText(part, 0, value, bytes);
  return part;
}

function short(value: number): Buffer {
  const part = Buffer.allocUnsafe(2);
  writeShort(part, 0, value);
  return part;
}

function packetOf(first: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.allocUnsafe(1 + variableBytes(body.length));
  header[0] = first;
  writeVariable(header, 1, body.length);
  return Buffer.concat([header, body]);
}
