import type { Egress } from '../../hub/egress.ts';
import type { Message, MessageInit } from '../../hub/message.ts';
import type { Session } from '../../hub/session.ts';
import type { MqttEngine } from '../../mqtt-engine/contract.ts';
import { mqttPayload, propertiesOf, readPayload } from './payload.ts';
import { MqttSession } from './session.ts';
import { directTopic, isChannelTopic } from './topics.ts';

/** What the hub sends to MQTT clients: channels are topics. */
export class MqttEgress implements Egress {
  readonly #engine: MqttEngine<MqttSession>;

  constructor(engine: MqttEngine<MqttSession>) {
    this.#engine = engine;
  }

  publish(message: Message, retainMs: number | undefined): number {
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
    engine.publish({ topic: to, payload, qos: qos > 0 || retain ? 1 : 0, retain, properties: propertiesOf(message) });
    return count;
  }

  retained(channel: string): Pick<MessageInit, 'kind' | 'body'> | undefined {
    const message = this.#engine.retained.own(channel);
    return message && readPayload(message.payload, message.properties);
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

  serves(session: Session): boolean {
    return session instanceof MqttSession;
  }

  *subscribers(channel: string): Generator<string> {
    const engine = this.#engine;
    for (const id of engine.subscribers(channel)) if (engine.session(id)?.owner.hears(channel)) yield id;
  }
}
