import { isDollarTopic, isTopicName } from '../../mqtt-engine/topic-names.ts';

/** Topics under these belong to the gateway. */
export const DIRECT = '$direct/';
export const PRESENCE = '$presence/';
export const SYSTEM = '$SYS/';
export const FRAMES = '$frames/';
export const FILES = '$files/';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a topic level.
const UNSAFE = /[%/+#\u0000-\u001f\u007f]/g;
const ESCAPED = /%([0-9A-Fa-f]{2})/g;

/**
 * A client id as one level of a topic: `%`, `/`, `+`, `#` and control characters become `%` and two hex digits, as in
 * URLs; everything else stays as it is.
 */
export function encodeLevel(id: string): string {
  return id.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The client id that a topic level stands for. */
export function decodeLevel(level: string): string {
  return level.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The inbox topic on which `recipient` gets what `sender` sends to it. */
export function directTopic(recipient: string, sender: string): string {
  return `${DIRECT}${encodeLevel(recipient)}/${encodeLevel(sender)}`;
}

/** What the gateway's own topics begin with. */
export const GATEWAY_TOPICS: readonly string[] = [DIRECT, PRESENCE, SYSTEM, FRAMES, FILES, '$share/'];

/** True where the topic is one of the gateway's own; any other that begins with `$` is between MQTT clients alone. */
export function isGatewayTopic(topic: string): boolean {
  return isDollarTopic(topic) && GATEWAY_TOPICS.some((own) => topic.startsWith(own) || topic === own.slice(0, -1));
}

/** Where a bridge of mosquitto's says whether it is connected: `$SYS/broker/connection/<id>/state`. */
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/.+\/state$/;

/** True for the topic at which a bridge tells its state. */
export function isBridgeState(topic: string): boolean {
  return topic.startsWith(SYSTEM) && BRIDGE_STATE.test(topic);
}

/** True where the hub's channel `name` can be an MQTT topic. */
export function isChannelTopic(name: string): boolean {
  return !isDollarTopic(name) && isTopicName(name);
}
