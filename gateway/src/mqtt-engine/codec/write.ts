import type { AcknowledgementKind, QoS, Version } from './packets.ts';
import { PROPERTY } from './property-ids.ts';
import { PropertyWriter } from './property-writer.ts';
import { variableBytes, writeShort, writeVariable } from './put.ts';

export { encodePublish, type PublishParts } from './write-publish.ts';

/** What a CONNACK of MQTT 5 says (section 3.2.2.3). What is undefined is left out, so that the client takes what the specification says. */
export interface ConnackProperties {
  /** Another session expiry than the client asked for. */
  sessionExpiryS?: number | undefined;
  receiveMaximum?: number | undefined;
  /** 0 or 1; a broker that takes QoS 2 must not say 2. */
  maximumQos?: Exclude<QoS, 2> | undefined;
  maxPacketBytes?: number | undefined;
  assignedClientId?: string | undefined;
  topicAliasMaximum?: number | undefined;
  reasonString?: string | undefined;
  responseInformation?: string | undefined;
  /** Another keep-alive time than the client asked for. */
  serverKeepAliveS?: number | undefined;
  isRetainAvailable?: boolean | undefined;
  areWildcardsAvailable?: boolean | undefined;
  areIdentifiersAvailable?: boolean | undefined;
  isSharedAvailable?: boolean | undefined;
}

const FIRST_BYTES: Readonly<Record<AcknowledgementKind, number>> = {
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
};
/** SUBACK: the return code of MQTT 3.1.1 for every failure. */
const FAILURE = 0x80;

/** The length of properties of which there are none. */
const NO_PROPERTIES = Buffer.from([0]);

/** The answer to every PINGREQ. */
export const PINGRESP: Buffer = Buffer.from([0xd0, 0]);
/** To who is let in by MQTT 3, without a session and with one. */
const WELCOMES_3: readonly Buffer[] = [0, 1].map((flags) => Buffer.from([0x20, 2, flags, 0]));

/** Makes a CONNACK (section 3.2). `code`: a reason code, or a return code of MQTT 3, as `version` has it. */
export function connack(
  version: Version,
  { sessionPresent, code }: { sessionPresent: boolean; code: number },
  properties?: ConnackProperties,
): Buffer {
  const flags = sessionPresent ? 1 : 0;
  if (version !== 5 && code === 0) return WELCOMES_3[flags] as Buffer;
  const body = Buffer.from([flags, code]);
  if (version !== 5) return packetOf(0x20, body);
  return packetOf(0x20, body, connackProperties(properties ?? {}).withLength());
}

function connackProperties(given: ConnackProperties): PropertyWriter {
  const properties = new PropertyWriter();
  properties.long(PROPERTY.sessionExpiry, given.sessionExpiryS);
  properties.short(PROPERTY.receiveMaximum, given.receiveMaximum);
  properties.byte(PROPERTY.maximumQos, given.maximumQos);
  properties.byte(PROPERTY.retainAvailable, given.isRetainAvailable);
  properties.long(PROPERTY.maximumPacketSize, given.maxPacketBytes);
  properties.text(PROPERTY.assignedClientId, given.assignedClientId);
  properties.short(PROPERTY.topicAliasMaximum, given.topicAliasMaximum);
  properties.text(PROPERTY.reasonString, given.reasonString);
  properties.byte(PROPERTY.wildcardsAvailable, given.areWildcardsAvailable);
  properties.byte(PROPERTY.identifiersAvailable, given.areIdentifiersAvailable);
  properties.byte(PROPERTY.sharedAvailable, given.isSharedAvailable);
  properties.short(PROPERTY.serverKeepAlive, given.serverKeepAliveS);
  properties.text(PROPERTY.responseInformation, given.responseInformation);
  return properties;
}

/** Makes a PUBACK, PUBREC, PUBREL or PUBCOMP (sections 3.4 to 3.7). MQTT 3 has no `reason`. */
export function acknowledgement(kind: AcknowledgementKind, id: number, version: Version, reason = 0): Buffer {
  const hasReason = version === 5 && reason !== 0;
  const packet = Buffer.allocUnsafe(hasReason ? 5 : 4);
  packet[0] = FIRST_BYTES[kind];
  packet[1] = hasReason ? 3 : 2;
  writeShort(packet, 2, id);
  if (hasReason) packet[4] = reason;
  return packet;
}

/** Makes a PUBACK or PUBREC of MQTT 5 that says more than its reason code. */
export function explainedAcknowledgement(
  kind: AcknowledgementKind,
  id: number,
  { reason, reasonString }: { reason: number; reasonString: string },
): Buffer {
  return packetOf(FIRST_BYTES[kind], packetId(id), Buffer.from([reason]), reasonProperties(reasonString));
}

/** Makes a SUBACK (section 3.9) with a code for each filter: the QoS that is granted, or a reason code from 0x80 on. */
export function suback(id: number, codes: readonly number[], version: Version, reasonString?: string): Buffer {
  if (version === 5 && reasonString !== undefined) {
    return packetOf(0x90, packetId(id), reasonProperties(reasonString), Buffer.from(codes));
  }
  const fields = version === 5 ? 3 : 2;
  const length = fields + codes.length;
  const packet = Buffer.allocUnsafe(1 + variableBytes(length) + length);
  packet[0] = 0x90;
  let at = writeVariable(packet, 1, length);
  at = writeShort(packet, at, id);
  if (version === 5) packet[at++] = 0;
  for (const code of codes) packet[at++] = version === 5 ? code : Math.min(code, FAILURE);
  return packet;
}

/** Makes an UNSUBACK (section 3.11) with a reason code for each filter, which MQTT 3 does not have. */
export function unsuback(id: number, codes: readonly number[], version: Version): Buffer {
  if (version === 5) return packetOf(0xb0, packetId(id), NO_PROPERTIES, Buffer.from(codes));
  return packetOf(0xb0, packetId(id));
}

/** Makes a DISCONNECT (section 3.14), which only MQTT 5 lets a server send. */
export function disconnect(reason: number, reasonString?: string): Buffer {
  if (reasonString === undefined) return packetOf(0xe0, Buffer.from([reason]));
  return packetOf(0xe0, Buffer.from([reason]), reasonProperties(reasonString));
}

/** Properties with their length: a reason string. */
function reasonProperties(reasonString: string): Buffer {
  const properties = new PropertyWriter();
  properties.text(PROPERTY.reasonString, reasonString);
  return properties.withLength();
}

function packetId(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  writeShort(bytes, 0, id);
  return bytes;
}

function packetOf(first: number, ...parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const packet = Buffer.allocUnsafe(1 + variableBytes(length) + length);
  packet[0] = first;
  let at = writeVariable(packet, 1, length);
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}
