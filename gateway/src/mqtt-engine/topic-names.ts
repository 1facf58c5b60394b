/** The rules of MQTT 3.1.1, section 4.7, for topic names and topic filters; what topics mean is not known here. */

const MAX_TOPIC_BYTES = 65_535;
/** The matchers behind the broker read no more levels than this. */
export const MAX_TOPIC_LEVELS = 100;
const DOLLAR = 36;
const SLASH = 47;

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL must not stand in a topic (MQTT 3.1.1, section 1.5.3).
const FORBIDDEN = /[+#\u0000]/;

/** True where the topic begins with `$`: wildcards at its first level do not match it. */
export function isDollarTopic(topic: string): boolean {
  return topic.charCodeAt(0) === DOLLAR;
}

/** True where a message may be published to `name` (MQTT 3.1.1, section 4.7), whoever the topic belongs to. */
export function isTopicName(name: string): boolean {
  if (name.length === 0 || FORBIDDEN.test(name)) return false;
  if (name.length * 3 > MAX_TOPIC_BYTES && Buffer.byteLength(name) > MAX_TOPIC_BYTES) return false;
  return countLevels(name) <= MAX_TOPIC_LEVELS;
}

/** How many levels a topic has. */
export function countLevels(topic: string): number {
  let levels = 1;
  for (let at = 0; at < topic.length; at++) if (topic.charCodeAt(at) === SLASH) levels++;
  return levels;
}

/** The parts of a shared subscription. */
export interface SharedFilter {
  readonly group: string;
  /** What the messages are matched by. */
  readonly filter: string;
}

const SHARE = '$share/';

/** The parts of `$share/GROUP/FILTER` (MQTT 5, section 4.8.2); undefined where the filter is no shared one, or not a valid one. */
export function sharedFilter(whole: string): SharedFilter | undefined {
  if (!whole.startsWith(SHARE)) return undefined;
  const end = whole.indexOf('/', SHARE.length);
  if (end <= SHARE.length || end === whole.length - 1) return undefined;
  const group = whole.slice(SHARE.length, end);
  return group.includes('+') || group.includes('#') ? undefined : { group, filter: whole.slice(end + 1) };
}
