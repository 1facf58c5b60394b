import type { Fields } from './fields.ts';
import { FORWARDED, forwarded } from './message-properties.ts';
import type { MessageProperties, PublishPacket, QoS, Version } from './packets.ts';
import { propertySet, readProperties } from './properties.ts';
import { PROPERTY } from './property-ids.ts';
import { REASON } from './reason-codes.ts';

/** [MQTT-3.3.4-6]: only a server tells subscription identifiers. */
const OF_PUBLISH = propertySet(
  [...FORWARDED, PROPERTY.messageExpiry, PROPERTY.topicAlias],
  [PROPERTY.subscriptionIdentifier],
);

/** Reads a PUBLISH whose first byte is `first` (section 3.3). */
export function readPublish(fields: Fields, first: number, version: Version): PublishPacket {
  const qos = ((first >> 1) & 3) as QoS;
  const topic = fields.topic('topic');
  const id = qos === 0 ? 0 : fields.packetId();
  let alias = 0;
  let expiryS: number | undefined;
  let properties: MessageProperties | undefined;
  if (version === 5) {
    const found = readProperties(fields, OF_PUBLISH);
    if (found.end > 0) {
      ({ alias, expiryS } = found);
      properties = forwarded(fields.bytes, found);
    }
  }
  // [MQTT-4.7.3-1]
  if (topic === '' && alias === 0) throw fields.fault(REASON.protocolError, 'without a topic');
  return {
    kind: 'publish',
    dup: (first & 8) !== 0,
    qos,
    retain: (first & 1) !== 0,
    topic,
    id,
    payload: fields.rest(),
    alias,
    expiryS,
    properties,
  };
}
