import { parseAddress } from '../../hub/address.ts';
import { splitFunctions } from '../../hub/functional/split.ts';
import { identityOf } from '../../hub/history/identity.ts';
import { readWish, type Wish } from '../../hub/history/wish.ts';
import type { Hub } from '../../hub/hub.ts';
import { isPattern } from '../../hub/pattern.ts';
import { isDollarTopic } from '../../mqtt-engine/topic-names.ts';
import { mqttPayload, propertiesOf } from './payload.ts';
import type { MqttSession } from './session.ts';
import { isChannelTopic } from './topics.ts';

/** A topic filter with what its client wants to hear of the past. */
interface Asked {
  readonly filter: string;
  readonly wish: Wish;
}

const FUNCTIONS: ReadonlySet<string> = new Set(['replay', 'since']);

/**
 * What `lights[replay(10)]` and `lights[since("10m")]` stand for. undefined: it is a filter like any other, brackets included; other functions of
 * functional channels are none of MQTT's.
 */
export function readAsked(written: string): Asked | undefined {
  if (!written.endsWith(']') || isDollarTopic(written)) return undefined;
  const { name, password, functions } = parseAddress(written) ?? {};
  if (name === undefined || password !== undefined || functions === undefined) return undefined;
  const names = splitFunctions(functions).map((each) => each.name);
  const wish = readWish(functions);
  if (wish === undefined || wish === 'malformed' || !names.every((each) => FUNCTIONS.has(each))) return undefined;
  return { filter: name, wish };
}

/**
 * Sends what was said before a client subscribed, with the mark of a retained message, oldest first; not what is retained, which it is sent
 * anyway, nor what it may not hear.
 */
export function sendPast(
  hub: Hub,
  { client }: MqttSession,
  { filter, wish }: Asked,
  hears: (topic: string) => boolean,
): void {
  if (!isPattern(filter) && !hears(filter)) return;
  const past = hub.history.ask(filter, wish, (topic) => isChannelTopic(topic) && hears(topic));
  for (const message of past) {
    const topic = message.to;
    const retained = hub.retained(topic);
    if (retained !== undefined && identityOf(retained) === identityOf(message)) continue;
    const qos = client.granted(topic) === 0 ? 0 : 1;
    client.send({ topic, payload: mqttPayload.of(message), qos, retain: true, properties: propertiesOf(message) });
  }
}
