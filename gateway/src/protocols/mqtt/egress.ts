import type { Egress } from '../../hub/egress.ts';
import type { Message } from '../../hub/message.ts';
import type { Session } from '../../hub/session.ts';
import type { Publication } from '../../mqtt-engine/aedes/core.ts';
import type { SubscriptionIndex } from '../../mqtt-engine/store/subscriptions.ts';
import { mqttPayload } from './payload.ts';
import { MqttSession } from './session.ts';
import { directTopic, isChannelTopic } from './topics.ts';

export interface MqttEgressParts {
  index: SubscriptionIndex;
  isOnline(id: string): boolean;
  publish(publication: Publication): void;
  /** Shows later subscribers what the hub keeps on disk. */
  hold(topic: string, payload: Buffer): void;
  /** Takes a retained message away without telling anyone. */
  forget(topic: string): void;
}

/** What the hub sends to MQTT clients: channels are topics. */
export class MqttEgress implements Egress {
  readonly #parts: MqttEgressParts;

  constructor(parts: MqttEgressParts) {
    this.#parts = parts;
  }

  publish(message: Message, retainMs: number | undefined): number {
    const { index, publish } = this.#parts;
    const { to, from } = message;
    if (this.keepsFor(to, from)) {
      publish({ topic: directTopic(to, from), payload: mqttPayload.of(message), qos: 1, retain: false });
      return 1;
    }
    const { count, qos } = index.reach(to);
    const retain = retainMs !== undefined;
    if ((count === 0 && !retain) || !isChannelTopic(to)) return 0;
    publish({ topic: to, payload: mqttPayload.of(message), qos: qos > 0 || retain ? 1 : 0, retain });
    return count;
  }

  hold(message: Message): void {
    if (isChannelTopic(message.to)) this.#parts.hold(message.to, mqttPayload.of(message));
  }

  clearRetained(channel: string): void {
    if (isChannelTopic(channel)) this.#parts.forget(channel);
  }

  keepsFor(id: string, from: string): boolean {
    const { index, isOnline } = this.#parts;
    return index.isDurable(id) && !isOnline(id) && Boolean(index.granted(id, directTopic(id, from)));
  }

  serves(session: Session): boolean {
    return session instanceof MqttSession;
  }

  *subscribers(channel: string): Generator<string> {
    for (const id of this.#parts.index.exact(channel)) if (this.#parts.isOnline(id)) yield id;
  }
}
