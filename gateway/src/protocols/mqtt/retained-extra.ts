import type { Message } from '../../hub/message.ts';
import type { RetainedRecord } from '../../hub/store.ts';
import { readMessageProperties } from '../../mqtt-engine/codec/message-properties.ts';
import type { HeldMessage, QoS, RetainedMessage } from '../../mqtt-engine/contract.ts';
import { mqttPayload } from './payload.ts';

/**
 * What MQTT says of a retained message beside its payload, as bytes for another gateway: one for the QoS, then the properties of MQTT 5 that
 * go to its subscribers, as they are in a packet.
 */
export function extraOf({ qos, properties }: Pick<RetainedMessage, 'qos' | 'properties'>): Uint8Array {
  return Buffer.concat([Buffer.from([qos]), properties?.raw ?? Buffer.alloc(0)]);
}

/** A message that the hub retains, for subscribers by MQTT. `record`: what is known of it, such as what another gateway has told. */
export function heldMessage(message: Message, record: RetainedRecord | undefined): HeldMessage {
  const payload = mqttPayload.of(message);
  const { extra, expiresMs = Number.POSITIVE_INFINITY, stays } = record ?? {};
  // Only those of MQTT expire for their recipients, too; others end here.
  const expiresAtMs = stays && Number.isFinite(expiresMs) ? expiresMs : undefined;
  return { payload, expiresAtMs, ...readExtra(extra) };
}

function readExtra(extra: Uint8Array | undefined): Partial<Pick<HeldMessage, 'qos' | 'properties'>> {
  const qos = extra?.[0];
  if (extra === undefined || qos === undefined || qos > 2) return {};
  try {
    // What was read keeps views of it.
    return {
      qos: qos as QoS,
      properties: extra.length > 1 ? readMessageProperties(Buffer.from(extra.subarray(1))) : undefined,
    };
  } catch {
    return { qos: qos as QoS };
  }
}
