import type { Fields } from './fields.ts';
import type { AcknowledgementKind, AcknowledgementPacket, AuthPacket, DisconnectPacket, Version } from './packets.ts';
import { propertySet, readProperties } from './properties.ts';
import { PROPERTY } from './property-ids.ts';
import { REASON } from './reason-codes.ts';

/** The packets that are little more than a reason code. */

const OF_ACKNOWLEDGEMENT = propertySet([PROPERTY.reasonString, PROPERTY.userProperty]);
const OF_DISCONNECT = propertySet(
  [PROPERTY.sessionExpiry, PROPERTY.reasonString, PROPERTY.userProperty],
  [PROPERTY.serverReference],
);
const OF_AUTH = propertySet([
  ...[PROPERTY.authMethod, PROPERTY.authData, PROPERTY.reasonString, PROPERTY.userProperty],
]);

const KINDS: readonly AcknowledgementKind[] = ['puback', 'pubrec', 'pubrel', 'pubcomp'];
const PUBACK = 4;
const PUBREC = 5;

/** Which reason codes a client may send: [MQTT-3.4.2-1] to [MQTT-3.7.2-1], [MQTT-3.14.2-1], [MQTT-3.15.2-1]. */
const OF_RECEIPT: ReadonlySet<number> = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const OF_RELEASE: ReadonlySet<number> = new Set([0x00, 0x92]);
const OF_GOODBYE: ReadonlySet<number> = new Set([
  ...[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
]);
const OF_PROOF: ReadonlySet<number> = new Set([0x18, 0x19]);

/** Reads a PUBACK, PUBREC, PUBREL or PUBCOMP (sections 3.4 to 3.7). */
export function readAcknowledgement(fields: Fields, type: number, version: Version): AcknowledgementPacket {
  const id = fields.packetId();
  let reason = 0;
  if (version === 5 && !fields.isAtEnd) {
    reason = readReason(fields, type <= PUBREC ? OF_RECEIPT : OF_RELEASE);
    if (!fields.isAtEnd) readProperties(fields, OF_ACKNOWLEDGEMENT);
  }
  return { kind: KINDS[type - PUBACK] as AcknowledgementKind, id, reason };
}

/** Reads a DISCONNECT (section 3.14). */
export function readDisconnect(fields: Fields, version: Version): DisconnectPacket {
  let reason = 0;
  let sessionExpiryS: number | undefined;
  if (version === 5 && !fields.isAtEnd) {
    reason = readReason(fields, OF_GOODBYE);
    if (!fields.isAtEnd) ({ sessionExpiryS } = readProperties(fields, OF_DISCONNECT));
  }
  return { kind: 'disconnect', reason, sessionExpiryS };
}

/** Reads an AUTH (section 3.15), which only MQTT 5 has. */
export function readAuth(fields: Fields): AuthPacket {
  const reason = fields.isAtEnd ? 0 : fields.byte();
  checkReason(fields, reason, OF_PROOF);
  const { authMethod } = readProperties(fields, OF_AUTH);
  if (authMethod === undefined) throw fields.fault(REASON.protocolError, 'without an authentication method');
  return { kind: 'auth', reason, method: authMethod };
}

function readReason(fields: Fields, known: ReadonlySet<number>): number {
  const reason = fields.byte();
  checkReason(fields, reason, known);
  return reason;
}

function checkReason(fields: Fields, reason: number, known: ReadonlySet<number>): void {
  if (known.has(reason)) return;
  throw fields.fault(REASON.protocolError, `with the reason code 0x${reason.toString(16)}, which it cannot have`);
}
