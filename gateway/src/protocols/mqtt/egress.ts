import type { Clock } from '../../common/clock.ts';
import { isBridgeId } from '../../common/names.ts';
import type { Egress, FilterWatch, RetainedContent } from '../../hub/egress.ts';
import type { Message, MessageInit } from '../../hub/message.ts';
import type { Session } from '../../hub/session.ts';
import type { Trail } from '../../hub/tracer.ts';
import type { MqttEngine } from '../../mqtt-engine/contract.ts';
import { isDollarTopic } from '../../mqtt-engine/topic-names.ts';
import { mqttPayload, propertiesOf, readPayload } from './payload.ts';
import { extraOf } from './retained-extra.ts';
import { MqttSession } from './session.ts';
import { directTopic, isChannelTopic, isOwnTopic, senderOfDirect } from './topics.ts';

/** Who sent a message of which that is not known any more. */
const SOMEBODY = 'gateway';

/** What the hub sends to MQTT clients: channels are topics. */
export class MqttEgress implements Egress {
  readonly #engine: MqttEngine<MqttSession>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(engine: MqttEngine<MqttSession>, clock: Pick<Clock, 'now'>) {
    this.#engine = engine;
    this.#clock = clock;
  }

  publish(message: Message, retainMs: number | undefined, trail?: Trail): number {
    const engine = this.#engine;
    const { to, from } = message;
    if (this.keepsFor(to, from)) {
      const topic = directTopic(to, from);
      engine.publish({
        topic,
        payload: mqttPayload.of(message),
        qos: 1,
        retain: false,
        properties: propertiesOf(message),
        trail,
      });
      return 1;
    }
    const { count, qos } = engine.reach(to);
    const retain = retainMs !== undefined;
    if ((count === 0 && !retain) || !isChannelTopic(to)) return 0;
    if (count === 0) {
      engine.retained.hold(to);
      return 0;
    }
    const payload = mqttPayload.of(message);
    const properties = propertiesOf(message);
    engine.publish({ topic: to, payload, qos: qos > 0 || retain ? 1 : 0, retain, properties, trail });
    return count;
  }

  retained(channel: string): RetainedContent | undefined {
    const message = this.#engine.retained.own(channel);
    if (message === undefined) return undefined;
    const { payload, properties, expiresAtMs } = message;
    return { ...readPayload(payload, properties), extra: extraOf(message), expiresMs: expiresAtMs };
  }

  hold(message: Message): void {
    if (isChannelTopic(message.to)) this.#engine.retained.hold(message.to);
  }

  clearRetained(channel: string): void {
    if (isChannelTopic(channel)) this.#engine.retained.clear(channel);
  }

  /** Asked for each message that others send: few recipients have a session, and only theirs is worth making a topic for. */
  keepsFor(id: string, from: string): boolean {
    return this.#engine.hasSession(id) && this.#engine.keepsFor(id, directTopic(id, from));
  }

  *holders(): Generator<string> {
    for (const id of this.#engine.sessionIds()) if (this.holds(id)) yield id;
  }

  holds(id: string): boolean {
    return !isBridgeId(id) && (this.#engine.holds(id, directTopic(id, SOMEBODY)) || this.#engine.holds(id, id));
  }

  async takeWaiting(
    id: string,
    account: string | undefined,
    take: (message: MessageInit) => boolean,
  ): Promise<boolean> {
    return await this.#engine.takeWaiting(id, account, ({ topic, payload, properties, clientId = SOMEBODY }) => {
      if (!isOwnTopic(id, topic)) return undefined;
      const from = topic === id ? clientId : senderOfDirect(topic);
      return take({ from, to: id, ...readPayload(payload, properties), timestampMs: this.#clock.now() });
    });
  }

  serves(session: Session): boolean {
    return session instanceof MqttSession;
  }

  reach(channel: string): number {
    return this.#engine.reach(channel).count;
  }

  watchFilters({ began, ended }: FilterWatch): () => void {
    return this.#engine.watchFilters({
      began: (filter) => !isDollarTopic(filter) && began(filter),
      ended: (filter) => !isDollarTopic(filter) && ended(filter),
    });
  }

  *channels(): Generator<string> {
    for (const topic of this.#engine.topics()) if (isChannelTopic(topic)) yield topic;
  }

  subscriptions(id: string): Iterable<string> {
    return this.#engine.subscriptions(id);
  }

  forget(id: string): void {
    this.#engine.endSession(id);
  }

  *subscribers(channel: string): Generator<string> {
    for (const id of this.#engine.subscribers(channel)) if (this.#hears(id, channel)) yield id;
  }

  hasSubscribers(channel: string): boolean {
    for (const id of this.#engine.subscribers(channel)) if (this.#hears(id, channel)) return true;
    return false;
  }

  #hears(id: string, channel: string): boolean {
    return this.#engine.session(id)?.owner.hears(channel) === true;
  }
}
