/** Topics under these belong to the gateway. */
export const DIRECT = '$direct/';
export const PRESENCE = '$presence/';
export const SYSTEM = '$SYS/';
export const FRAMES = '$frames/';
export const FILES = '$files/';

const MAX_TOPIC_BYTES = 65_535;
/** The broker's matchers read no more levels than this. */
export const MAX_TOPIC_LEVELS = 100;
const DOLLAR = 36;
const SLASH = 47;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a topic level.
const UNSAFE = /[%/+#\u0000-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL must not stand in a topic (MQTT 3.1.1, section 1.5.3).
const FORBIDDEN = /[+#\u0000]/;
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

/** True where the topic begins with `$`: it is none of the hub's channels, and wildcards at its first level do not match it. */
export function isDollarTopic(topic: string): boolean {
  return topic.charCodeAt(0) === DOLLAR;
}

const OWN = [DIRECT, PRESENCE, SYSTEM, FRAMES, FILES, '$share/'];

/** True where the topic is one of the gateway's own; any other that begins with `$` is between MQTT clients alone. */
export function isGatewayTopic(topic: string): boolean {
  return isDollarTopic(topic) && OWN.some((own) => topic.startsWith(own) || topic === own.slice(0, -1));
}

/** Where a bridge of mosquitto's says whether it is connected: `$SYS/broker/connection/<id>/state`. */
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/.+\/state$/;

/** True for the topic at which a bridge tells its state. */
export function isBridgeState(topic: string): boolean {
  return topic.startsWith(SYSTEM) && BRIDGE_STATE.test(topic);
}

/** True where a message may be published to `name` (MQTT 3.1.1, section 4.7), whoever the topic belongs to. */
export function isTopicName(name: string): boolean {
  if (name.length === 0 || FORBIDDEN.test(name)) return false;
  if (name.length * 3 > MAX_TOPIC_BYTES && Buffer.byteLength(name) > MAX_TOPIC_BYTES) return false;
  return countLevels(name) <= MAX_TOPIC_LEVELS;
}

/** True where the hub's channel `name` can be an MQTT topic. */
export function isChannelTopic(name: string): boolean {
  return !isDollarTopic(name) && isTopicName(name);
}

/** What is wrong with a topic filter (MQTT 3.1.1, section 4.7.1); undefined where nothing is. */
export function filterFault(filter: string): string | undefined {
  if (filter === '') return 'a topic filter is empty';
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.length > 1 && (level.includes('+') || level.includes('#'))) {
      return `in the topic filter ${JSON.stringify(filter)} a wildcard does not stand alone between slashes`;
    }
    if (level === '#' && index < levels.length - 1) {
      return `in the topic filter ${JSON.stringify(filter)} # is not the last level`;
    }
  }
  return undefined;
}

/** How many levels a topic has. */
export function countLevels(topic: string): number {
  let levels = 1;
  for (let at = 0; at < topic.length; at++) if (topic.charCodeAt(at) === SLASH) levels++;
  return levels;
}
