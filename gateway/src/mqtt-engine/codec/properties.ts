import type { Fields } from './fields.ts';
import type { PacketFault } from './packet-fault.ts';
import { PROPERTY, PROPERTY_NAMES } from './property-ids.ts';
import { REASON } from './reason-codes.ts';

/** Which properties a packet may have: a bit for each. */
export interface PropertySet {
  readonly allowed: number;
  /** Those among them that only a server sends. */
  readonly foreign: number;
}

const LARGEST_ID = 42;
/** Each property's bit, by its identifier; 0 for those that no client may send. */
const BITS = new Int32Array(LARGEST_ID + 1);
for (const [index, id] of Object.keys(PROPERTY_NAMES).entries()) BITS[Number(id)] = 1 << index;
const USER_BIT = BITS[PROPERTY.userProperty] as number;

export function propertySet(ids: readonly number[], foreign: readonly number[] = []): PropertySet {
  return { allowed: bitsOf([...ids, ...foreign]), foreign: bitsOf(foreign) };
}

function bitsOf(ids: readonly number[]): number {
  let bits = 0;
  for (const id of ids) bits |= BITS[id] as number;
  return bits;
}

/** What the properties of one packet say; what none of them says has its value from the specification. */
export class Properties {
  /** Where they lie in the packet's bytes, without their length. */
  begin = 0;
  end = 0;
  /** Where among them a property lies that is not passed on to subscribers, and how long it is; a PUBLISH may have two, a will too. */
  firstGapAt = 0;
  firstGapBytes = 0;
  secondGapAt = 0;
  secondGapBytes = 0;

  isText = false;
  contentType: string | undefined;
  responseTopic: string | undefined;
  correlationData: Buffer | undefined;
  hasUserProperties = false;
  expiryS: number | undefined;
  alias = 0;
  delayS = 0;
  identifier = 0;
  sessionExpiryS: number | undefined;
  receiveMaximum = 65_535;
  maxPacketBytes: number | undefined;
  topicAliasMaximum = 0;
  wantsResponseInformation = false;
  wantsProblemInformation = true;
  authMethod: string | undefined;
  hasAuthData = false;

  leaveOut(at: number, bytes: number): void {
    if (this.firstGapBytes === 0) {
      this.firstGapAt = at;
      this.firstGapBytes = bytes;
    } else {
      this.secondGapAt = at;
      this.secondGapBytes = bytes;
    }
  }
}

const NONE: Readonly<Properties> = Object.freeze(new Properties());

/** Reads the properties of a packet that may have those of `set` (section 2.2.2). `length`: of all together; read as well if not given. */
export function readProperties(
  fields: Fields,
  set: PropertySet,
  length: number = fields.variable(),
): Readonly<Properties> {
  if (length === 0) return NONE;
  const packetEnd = fields.end;
  const begin = fields.at;
  if (begin + length > packetEnd) {
    throw fields.fault(REASON.malformed, 'that ends in the middle of its properties');
  }
  const found = new Properties();
  found.begin = begin;
  found.end = fields.end = begin + length;
  let seen = 0;
  while (!fields.isAtEnd) {
    const id = fields.variable();
    const bit = id > LARGEST_ID ? 0 : (BITS[id] as number);
    if ((bit & set.allowed) === 0) throw fields.fault(REASON.malformed, `with a property that it cannot have: ${id}`);
    if ((bit & set.foreign) !== 0) {
      throw fields.fault(REASON.protocolError, `with a ${PROPERTY_NAMES[id]}, which only a server sends`);
    }
    if ((bit & seen) !== 0 && bit !== USER_BIT) {
      throw fields.fault(REASON.protocolError, `with two properties of one kind: ${PROPERTY_NAMES[id]}`);
    }
    seen |= bit;
    readProperty(fields, id, found);
  }
  fields.end = packetEnd;
  return found;
}

function readProperty(fields: Fields, id: number, found: Properties): void {
  switch (id) {
    case PROPERTY.payloadFormat:
      found.isText = flag(fields, id);
      break;
    case PROPERTY.messageExpiry:
      found.leaveOut(fields.at - 1, 5);
      found.expiryS = fields.long();
      break;
    case PROPERTY.contentType:
      found.contentType = text(fields, id);
      break;
    case PROPERTY.responseTopic:
      found.responseTopic = fields.topic('response topic');
      // [MQTT-4.7.3-1]
      if (found.responseTopic === '') throw invalid(fields, id, 'is empty');
      break;
    case PROPERTY.correlationData:
      found.correlationData = fields.binary();
      break;
    case PROPERTY.subscriptionIdentifier:
      found.identifier = fields.variable();
      if (found.identifier === 0) throw invalid(fields, id, 'is 0');
      break;
    case PROPERTY.sessionExpiry:
      found.sessionExpiryS = fields.long();
      break;
    case PROPERTY.authMethod:
      found.authMethod = text(fields, id);
      break;
    case PROPERTY.authData:
      found.hasAuthData = true;
      fields.binary();
      break;
    case PROPERTY.requestProblemInformation:
      found.wantsProblemInformation = flag(fields, id);
      break;
    case PROPERTY.willDelay:
      found.leaveOut(fields.at - 1, 5);
      found.delayS = fields.long();
      break;
    case PROPERTY.requestResponseInformation:
      found.wantsResponseInformation = flag(fields, id);
      break;
    case PROPERTY.reasonString:
      fields.skipText(PROPERTY_NAMES[id] as string);
      break;
    case PROPERTY.receiveMaximum:
      found.receiveMaximum = fields.short();
      if (found.receiveMaximum === 0) throw invalid(fields, id, 'is 0');
      break;
    case PROPERTY.topicAliasMaximum:
      found.topicAliasMaximum = fields.short();
      break;
    case PROPERTY.topicAlias:
      found.leaveOut(fields.at - 1, 3);
      found.alias = fields.short();
      // [MQTT-3.3.2-8]
      if (found.alias === 0) throw fields.fault(REASON.badTopicAlias, 'with the topic alias 0');
      break;
    case PROPERTY.userProperty:
      found.hasUserProperties = true;
      fields.skipText('user property');
      fields.skipText('user property');
      break;
    default:
      found.maxPacketBytes = fields.long();
      if (found.maxPacketBytes === 0) throw invalid(fields, id, 'is 0');
  }
}

function text(fields: Fields, id: number): string {
  return fields.text(PROPERTY_NAMES[id] as string);
}

function flag(fields: Fields, id: number): boolean {
  const value = fields.byte();
  if (value > 1) throw invalid(fields, id, `is ${value}, neither 0 nor 1`);
  return value === 1;
}

function invalid(fields: Fields, id: number, what: string): PacketFault {
  return fields.fault(REASON.protocolError, `whose ${PROPERTY_NAMES[id]} ${what}`);
}
