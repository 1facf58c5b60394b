import { hasUnfitCharacter } from '../../common/names.ts';
import type { Fields } from './fields.ts';
import type { QoS, SubscribePacket, SubscriptionRequest, UnsubscribePacket, Version } from './packets.ts';
import { propertySet, readProperties } from './properties.ts';
import { PROPERTY } from './property-ids.ts';
import { REASON } from './reason-codes.ts';
import { filterFault, isShared } from './topic-filter.ts';

const OF_SUBSCRIBE = propertySet([PROPERTY.subscriptionIdentifier, PROPERTY.userProperty]);
const OF_UNSUBSCRIBE = propertySet([PROPERTY.userProperty]);

/** The subscription options (section 3.8.3.1); MQTT 3 has only the QoS. */
const QOS = 0x03;
const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING_SHIFT = 4;
const RESERVED = 0xc0;
const RESERVED_3 = 0xfc;

/** Reads a SUBSCRIBE (section 3.8). */
export function readSubscribe(fields: Fields, version: Version): SubscribePacket {
  const id = fields.packetId();
  const { identifier } = readProperties(fields, OF_SUBSCRIBE, version === 5 ? undefined : 0);
  const requests: SubscriptionRequest[] = [];
  do requests.push(readRequest(fields, version));
  while (!fields.isAtEnd);
  return { kind: 'subscribe', id, identifier, requests };
}

function readRequest(fields: Fields, version: Version): SubscriptionRequest {
  const filter = readFilter(fields);
  const options = fields.byte();
  const qos = options & QOS;
  // [MQTT-3.8.3-5]
  if ((options & (version === 5 ? RESERVED : RESERVED_3)) !== 0) {
    throw fields.fault(REASON.malformed, 'with reserved bits set in the options of a subscription');
  }
  if (qos === 3) throw fields.fault(REASON.protocolError, 'that asks for QoS 3');
  const retainHandling = (options >> RETAIN_HANDLING_SHIFT) & 3;
  if (retainHandling === 3) throw fields.fault(REASON.protocolError, 'that asks for the retain handling 3');
  const noLocal = (options & NO_LOCAL) !== 0;
  // [MQTT-3.8.3-4]
  if (noLocal && isShared(filter))
    throw fields.fault(REASON.protocolError, 'that asks for a shared subscription with no local');
  return {
    filter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}

/** Reads an UNSUBSCRIBE (section 3.10). */
export function readUnsubscribe(fields: Fields, version: Version): UnsubscribePacket {
  const id = fields.packetId();
  readProperties(fields, OF_UNSUBSCRIBE, version === 5 ? undefined : 0);
  const filters: string[] = [];
  do filters.push(readFilter(fields));
  while (!fields.isAtEnd);
  return { kind: 'unsubscribe', id, filters };
}

function readFilter(fields: Fields): string {
  // [MQTT-3.8.3-2], [MQTT-3.10.3-2]
  if (fields.isAtEnd) throw fields.fault(REASON.protocolError, 'without a topic filter');
  const filter = fields.text('topic filter');
  const fault = filterFault(filter);
  if (fault !== undefined) {
    throw fields.fault(REASON.protocolError, `whose topic filter ${JSON.stringify(filter)} ${fault}`);
  }
  if (hasUnfitCharacter(filter)) throw fields.unfit(REASON.badTopicFilter, 'topic filter');
  return filter;
}
