import { isPresenceName } from '../../common/names.ts';
import { isDollarTopic, isTopicName } from '../../mqtt-engine/topic-names.ts';

/** Topics under these belong to the gateway. */
export const DIRECT = '$direct/';
export const PRESENCE = '$presence/';
export const SYSTEM = '$SYS/';
export const FRAMES = '$frames/';
export const FILES = '$files/';
export const CALL = '$call/';
export const ANSWER = '$answer/';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a topic level.
const UNSAFE = /[%/+#\u0000-\u001f\u007f]/g;
const ESCAPED = /%([0-9A-Fa-f]{2})/g;

/**
 * A client id as one level of a topic: `%`, `/`, `+`, `#` and control characters become `%` and two hex digits, as in
 * URLs; everything else stays as it is.
 */
export function encodeLevel(id: string): string {
  // Nearly none has any of these.
  if (id.search(UNSAFE) < 0) return id;
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

/** Whether what is published to a topic is for this client: the one with its name, or its inbox. */
export function isOwnTopic(id: string, topic: string): boolean {
  return topic === id || (topic.startsWith(DIRECT) && topic.startsWith(`${DIRECT}${encodeLevel(id)}/`));
}

/** Who sent what is in an inbox. */
export function senderOfDirect(topic: string): string {
  return decodeLevel(topic.slice(topic.lastIndexOf('/') + 1));
}

/** The topic by which a function of a client or channel is called. */
export function callTopic(to: string, name: string): string {
  return `${CALL}${encodeLevel(to)}/${encodeLevel(name)}`;
}

/** Whom a topic of that kind calls, and which function; undefined where it is not one. */
export function callTopicParts(topic: string): [to: string, name: string] | undefined {
  const levels = topic.slice(CALL.length).split('/');
  const [to = '', name = ''] = levels.map(decodeLevel);
  return levels.length === 2 && to !== '' && name !== '' ? [to, name] : undefined;
}

/** Where a responder publishes its answer to a caller. */
export function answerTopic(caller: string): string {
  return `${ANSWER}${encodeLevel(caller)}`;
}

/** What the gateway's own topics begin with. */
export const GATEWAY_TOPICS: readonly string[] = [DIRECT, PRESENCE, SYSTEM, FRAMES, FILES, CALL, ANSWER, '$share/'];

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

/** True where whoever may send everywhere may send to `topic`, and it is a channel by this name and no other. */
export function isFreeTopic(topic: string): boolean {
  return !isDollarTopic(topic) && !topic.includes(':') && !topic.includes('\0') && !isPresenceName(topic);
}

/** True for the topics of calls and of their answers. */
export function isCallTopic(topic: string): boolean {
  return topic.startsWith(CALL) || topic.startsWith(ANSWER);
}
