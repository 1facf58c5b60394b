import type { QoS, Version } from './packets.ts';
import { PROPERTY } from './property-ids.ts';
import { textBytes, variableBytes, writeLong, writeShort, writeText, writeVariable } from './put.ts';

export interface PublishParts {
  version: Version;
  /** '' where only `alias` says which. */
  topic: string;
  payload: Buffer;
  qos: QoS;
  retain: boolean;
  dup: boolean;
  /** Not looked at with QoS 0. */
  id: number;
  /** Of MQTT 5, as all that follows: `MessageProperties.raw`. */
  properties?: Buffer | undefined;
  /** Seconds that are left until the message is worth nothing. */
  expiryS?: number | undefined;
  /** The identifiers of all subscriptions that it matches. */
  identifiers?: readonly number[] | undefined;
  /** 0: none. */
  alias?: number | undefined;
}

/** From here on copying by the runtime is faster than a loop. */
const LONG_PAYLOAD = 16;

/** Makes a PUBLISH (section 3.3). `topic`, where it has one, is at most 65,535 bytes long, and the whole at most 256 MiB. */
export function encodePublish(parts: PublishParts): Buffer {
  const { version, topic, payload, qos } = parts;
  const topicBytes = textBytes(topic);
  const propertyBytes = version === 5 ? ownPropertyBytes(parts) + (parts.properties?.length ?? 0) : 0;
  let length = 2 + topicBytes + payload.length;
  if (qos > 0) length += 2;
  if (version === 5) length += variableBytes(propertyBytes) + propertyBytes;

  const packet = Buffer.allocUnsafe(1 + variableBytes(length) + length);
  packet[0] = 0x30 | (parts.dup ? 8 : 0) | (qos << 1) | (parts.retain ? 1 : 0);
  let at = writeVariable(packet, 1, length);
  at = writeText(packet, at, topic, topicBytes);
  if (qos > 0) at = writeShort(packet, at, parts.id);
  if (version === 5) {
    at = writeVariable(packet, at, propertyBytes);
    if (propertyBytes > 0) at = writeProperties(packet, at, parts);
  }
  if (payload.length > LONG_PAYLOAD) packet.set(payload, at);
  else for (let index = 0; index < payload.length; index++) packet[at + index] = payload[index] as number;
  return packet;
}

function ownPropertyBytes({ expiryS, identifiers, alias = 0 }: PublishParts): number {
  let bytes = expiryS === undefined ? 0 : 5;
  if (alias > 0) bytes += 3;
  if (identifiers !== undefined) for (const identifier of identifiers) bytes += 1 + variableBytes(identifier);
  return bytes;
}

function writeProperties(
  packet: Buffer,
  begin: number,
  { properties, expiryS, identifiers, alias = 0 }: PublishParts,
): number {
  let at = begin;
  if (expiryS !== undefined) {
    packet[at] = PROPERTY.messageExpiry;
    at = writeLong(packet, at + 1, expiryS);
  }
  if (alias > 0) {
    packet[at] = PROPERTY.topicAlias;
    at = writeShort(packet, at + 1, alias);
  }
  if (identifiers !== undefined) {
    for (const identifier of identifiers) {
      packet[at] = PROPERTY.subscriptionIdentifier;
      at = writeVariable(packet, at + 1, identifier);
    }
  }
  if (properties === undefined) return at;
  packet.set(properties, at);
  return at + properties.length;
}
