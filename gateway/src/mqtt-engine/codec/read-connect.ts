import type { Fields } from './fields.ts';
import { FORWARDED, forwarded } from './message-properties.ts';
import type { ConnectPacket, QoS, Version, Will } from './packets.ts';
import { propertySet, readProperties } from './properties.ts';
import { PROPERTY } from './property-ids.ts';
import { REASON } from './reason-codes.ts';

const OF_CONNECT = propertySet([
  ...[PROPERTY.sessionExpiry, PROPERTY.receiveMaximum, PROPERTY.maximumPacketSize, PROPERTY.topicAliasMaximum],
  ...[PROPERTY.requestResponseInformation, PROPERTY.requestProblemInformation, PROPERTY.userProperty],
  ...[PROPERTY.authMethod, PROPERTY.authData],
]);
const OF_WILL = propertySet([...FORWARDED, PROPERTY.willDelay, PROPERTY.messageExpiry]);

const BRIDGE = 0x80;
/** The connect flags (section 3.1.2.3). */
const RESERVED = 0x01;
const CLEAN_START = 0x02;
const WILL = 0x04;
const WILL_QOS_SHIFT = 3;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USERNAME = 0x80;
/** QoS and retain of a will. */
const WILL_DETAILS = 0x38;

/** The protocol that a CONNECT names. */
export interface Level {
  readonly version: Version;
  readonly isBridge: boolean;
}

/** Reads the first fields of a CONNECT: all versions have the same. [MQTT-3.1.2-1], [MQTT-3.1.2-2] */
export function readLevel(fields: Fields): Level {
  const name = fields.text('protocol name');
  if (name !== 'MQTT' && name !== 'MQIsdp') {
    throw fields.fault(REASON.malformed, `for the protocol ${JSON.stringify(name.slice(0, 40))}, which is not MQTT`);
  }
  const level = fields.byte();
  const isBridge = level >= BRIDGE;
  const version = isBridge ? level - BRIDGE : level;
  if (version === 3 || version === 4 || version === 5) return { version, isBridge };
  const what = `for a version of MQTT that nobody knows (level ${level}); set the version to 5 or 3.1.1`;
  throw fields.fault(REASON.unsupportedVersion, what);
}

/** Reads what follows (sections 3.1.2.3 to 3.1.3.6). */
export function readConnect(fields: Fields, { version, isBridge }: Level): ConnectPacket {
  const flags = fields.byte();
  checkFlags(fields, flags, version);
  const keepAliveS = fields.short();
  const properties = readProperties(fields, OF_CONNECT, version === 5 ? undefined : 0);
  if (properties.hasAuthData && properties.authMethod === undefined) {
    throw fields.fault(REASON.protocolError, 'with authentication data but no authentication method');
  }
  const clientId = fields.text('client id');
  const will = (flags & WILL) === 0 ? undefined : readWill(fields, flags, version);
  // MQTT 3.1 allows that both are announced and missing.
  const isThere = (bit: number): boolean => (flags & bit) !== 0 && !(version === 3 && fields.isAtEnd);
  const username = isThere(USERNAME) ? fields.text('user name') : undefined;
  const password = isThere(PASSWORD) ? fields.binary() : undefined;
  return {
    kind: 'connect',
    version,
    isBridge,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAliveS,
    clientId,
    username,
    password,
    will,
    sessionExpiryS: properties.sessionExpiryS,
    receiveMaximum: properties.receiveMaximum,
    maxPacketBytes: properties.maxPacketBytes,
    topicAliasMaximum: properties.topicAliasMaximum,
    wantsResponseInformation: properties.wantsResponseInformation,
    wantsProblemInformation: properties.wantsProblemInformation,
    authMethod: properties.authMethod,
  };
}

function checkFlags(fields: Fields, flags: number, version: Version): void {
  // [MQTT-3.1.2-3]
  if ((flags & RESERVED) !== 0) throw fields.fault(REASON.malformed, 'with its reserved flag set');
  // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
  if ((flags & WILL) === 0 && (flags & WILL_DETAILS) !== 0) {
    throw fields.fault(REASON.malformed, 'with the QoS or the retain flag of a last will, but without one');
  }
  // [MQTT-3.1.2-12]
  if (willQos(flags) === 3) throw fields.fault(REASON.malformed, 'whose last will has the QoS 3');
  // MQTT 3.1.1: [MQTT-3.1.2-22]
  if (version !== 5 && (flags & PASSWORD) !== 0 && (flags & USERNAME) === 0) {
    throw fields.fault(REASON.malformed, 'with a password but no user name');
  }
}

function willQos(flags: number): number {
  return (flags >> WILL_QOS_SHIFT) & 3;
}

function readWill(fields: Fields, flags: number, version: Version): Will {
  const properties = readProperties(fields, OF_WILL, version === 5 ? undefined : 0);
  const topic = fields.topic('topic of the last will');
  // [MQTT-4.7.3-1]
  if (topic === '') throw fields.fault(REASON.protocolError, 'whose last will has no topic');
  return {
    topic,
    payload: fields.binary(),
    qos: willQos(flags) as QoS,
    retain: (flags & WILL_RETAIN) !== 0,
    delayS: properties.delayS,
    expiryS: properties.expiryS,
    properties: forwarded(fields.bytes, properties),
  };
}
