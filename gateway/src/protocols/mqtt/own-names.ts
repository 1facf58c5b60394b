import type { Namespace } from '../../access/namespace.ts';
import { messageProperties } from '../../mqtt-engine/codec/message-properties.ts';
import type { MessageProperties, Published, TopicNames } from '../../mqtt-engine/contract.ts';
import { sharedFilter } from '../../mqtt-engine/topic-names.ts';
import { ANSWER, CALL, DIRECT, decodeLevel, encodeLevel, FILES, FRAMES, PRESENCE, SYSTEM } from './topics.ts';

/** Topics of the gateway's own whose next levels name clients or channels: how many levels do. */
const NAMING: readonly (readonly [beginning: string, levels: number])[] = [
  [DIRECT, 2],
  [PRESENCE, 1],
  [FRAMES, 1],
  [FILES, 1],
  [CALL, 1],
  [ANSWER, 1],
];

type Rename = (name: string) => string;

/** A topic, or a topic filter, with other names in it. */
function renamed(topic: string, rename: Rename): string {
  const shared = sharedFilter(topic);
  if (shared !== undefined) return `$share/${shared.group}/${renamed(shared.filter, rename)}`;
  if (topic.startsWith(SYSTEM)) return topic;
  for (const [beginning, count] of NAMING) {
    if (!topic.startsWith(beginning)) continue;
    const levels = topic.slice(beginning.length).split('/');
    const named = levels.map((level, index) => (index < count && !isWild(level) ? renamedLevel(level, rename) : level));
    return beginning + named.join('/');
  }
  return rename(topic);
}

function isWild(level: string): boolean {
  return level === '' || level === '+' || level === '#';
}

function renamedLevel(level: string, rename: Rename): string {
  return encodeLevel(rename(decodeLevel(level)));
}

/** What the clients of one namespace call topics, as the broker core is told. */
class OwnNames implements TopicNames {
  readonly #namespace: Namespace;
  readonly #inward = (name: string): string => this.#namespace.inward(name);
  readonly #outward = (name: string): string => this.#namespace.outward(name);

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  inward(topic: string): string {
    return renamed(topic, this.#inward);
  }

  outward(topic: string): string {
    return renamed(topic, this.#outward);
  }

  shown(properties: MessageProperties): MessageProperties {
    return withNames(properties, (topic) => this.inward(topic), this.#inward);
  }

  /** What a client publishes, by the names of everybody else. */
  nameOutward(message: Published): void {
    message.topic = this.outward(message.topic);
    const { properties } = message;
    if (properties?.responseTopic === undefined) return;
    message.properties = withNames(properties, (topic) => this.outward(topic), this.#outward);
  }
}

/** The response topic, and the sender of a call, with other names. */
function withNames(properties: MessageProperties, topicOf: Rename, nameOf: Rename): MessageProperties {
  const { isText, contentType, responseTopic, correlationData, userProperties } = properties;
  const isCall = responseTopic?.startsWith(ANSWER) === true;
  if (responseTopic === undefined) return properties;
  return messageProperties({
    ...{ isText, contentType, correlationData, responseTopic: topicOf(responseTopic) },
    userProperties: isCall
      ? userProperties.map(([key, value]) => [key, key === 'from' ? nameOf(value) : value] as const)
      : userProperties,
  });
}

/** One for each namespace, so that what is made for one client is known to be right for the next. */
const known = new WeakMap<Namespace, OwnNames>();

/** undefined: its clients call everything as all others do. */
export function ownNames(namespace: Namespace | undefined): OwnNames | undefined {
  if (namespace === undefined) return undefined;
  let names = known.get(namespace);
  if (names === undefined) {
    names = new OwnNames(namespace);
    known.set(namespace, names);
  }
  return names;
}
