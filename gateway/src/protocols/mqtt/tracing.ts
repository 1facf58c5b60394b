import type { Hub } from '../../hub/hub.ts';
import type { Trail } from '../../hub/tracer.ts';
import type { Published } from '../../mqtt-engine/contract.ts';
import { DIRECT, decodeLevel, FRAMES, PRESENCE, SYSTEM } from './topics.ts';

/**
 * Has it written down what becomes of a message of an MQTT client, or for one. undefined for those in which devices put their own messages, and
 * for what the gateway itself says.
 */
export function openTrail(hub: Hub, { topic, payload, clientId, retain }: Published): Trail | undefined {
  if (topic.startsWith(FRAMES) || topic.startsWith(PRESENCE) || topic.startsWith(SYSTEM)) return undefined;
  return hub.tracer.open({ from: clientId ?? '', to: channelOf(hub, topic), size: payload.length, isRetained: retain });
}

/** The channel or client that a topic stands for, without a password. */
function channelOf(hub: Hub, topic: string): string {
  if (topic.startsWith(DIRECT)) {
    const end = topic.indexOf('/', DIRECT.length);
    return decodeLevel(topic.slice(DIRECT.length, end < 0 ? undefined : end));
  }
  return topic.includes(':') ? (hub.privateNameOf(topic, {}) ?? topic) : topic;
}
