import type { IngressOptions } from '../../hub/contract.ts';
import type { RawSource } from '../../hub/history/said.ts';
import { fieldsOf } from '../../hub/kept-values.ts';
import { Message } from '../../hub/message.ts';
import { type Receipt, reachedBy } from '../../hub/receipt.ts';
import type { Published } from '../../mqtt-engine/contract.ts';
import { isDollarTopic } from '../../mqtt-engine/topic-names.ts';
import type { MqttParts } from './parts.ts';
import { readPayload } from './payload.ts';
import { DIRECT, decodeLevel, FRAMES } from './topics.ts';

/** A publication is remembered as it is where its payload says all that there is to know of it. */
const UNREAD: RawSource<Published> = {
  raw: ({ clientId, payload, properties }) =>
    properties?.contentType === undefined ? { from: clientId as string, body: payload } : undefined,
  read: (payload) => readPayload(payload),
};

/** Shows the hub what MQTT clients publish, where anyone over there wants it. */
export class MqttIngress {
  readonly #parts: MqttParts;
  readonly #options: IngressOptions;
  readonly #messageOf = (message: Published): Message => {
    const { made } = message;
    message.made = undefined;
    return made instanceof Message ? made : this.#read(message, message.topic);
  };

  constructor(parts: MqttParts) {
    this.#parts = parts;
    this.#options = { ingress: parts.egress };
  }

  /** Has it written down for those who are to get it later; false: nobody is. */
  keep(message: Published): boolean {
    if (isDollarTopic(message.topic)) return message.topic.startsWith(DIRECT) && this.#keepDirect(message);
    const made = this.#parts.hub.keep(message.topic, this.#options, this.#messageOf, message);
    message.made = made;
    return made !== undefined;
  }

  #keepDirect(message: Published): boolean {
    const recipient = recipientOf(message.topic);
    if (this.#parts.engine.session(recipient) !== undefined) return false;
    const made = this.#parts.hub.keep(recipient, this.#options, (source) => this.#read(source, recipient), message);
    message.made = made;
    return made !== undefined;
  }

  /** Passes one message on; how many get it over there. `message.clientId` is its sender. */
  pass(message: Published): number {
    const { hub, engine, egress } = this.#parts;
    const { topic, account, trail } = message;
    if (isDollarTopic(topic)) {
      if (topic.startsWith(DIRECT)) return this.#passDirect(message);
      return topic.startsWith(FRAMES) ? this.#passFrame(message) : 0;
    }
    const isPlain = account === undefined && trail === undefined;
    const options = isPlain ? this.#options : { ...this.#options, account, trail };
    if (!message.retain) {
      return reached(hub.offer(topic, options, this.#messageOf, message, UNREAD));
    }
    if (message.payload.length > 0 && hub.keepsValues(topic)) {
      const values = this.#messageOf(message);
      if (fieldsOf(values) !== undefined) {
        // It is one more who sets values, and forgets none of the others.
        return hub.send(values, { ...options, keep: true, accepted: true, address: message.address }).delivered;
      }
    }
    if (message.isKept) this.mirror(topic, message.clientId as string, account);
    // What the hub keeps by now is newer.
    else if (!engine.retained.has(topic)) hub.mirrorRetained(topic, undefined, egress);
    return reached(hub.offer(topic, options, this.#messageOf, message));
  }

  /**
   * Tells the hub of a message that the engine retains, and the account of whoever published it, for later subscribers on other wires; it
   * asks the egress for it. `isRestored`: an earlier run retained it.
   */
  mirror(topic: string, from: string, account: string | undefined, isRestored = false): void {
    const { hub, clock, egress } = this.#parts;
    hub.mirrorRetained(topic, { from, timestampMs: clock.now(), account, isRestored }, egress);
  }

  /** `$direct/<recipient>/<sender>`: the core serves MQTT clients that read their inbox. */
  #passDirect(message: Published): number {
    const recipient = recipientOf(message.topic);
    const { hub, engine, frames } = this.#parts;
    const session = engine.session(recipient);
    const isHere = session !== undefined && !frames?.isAway(session);
    if (session?.hasInbox) return 0;
    if (isHere) {
      const delivery = session.deliver(this.#read(message, recipient));
      message.trail?.add(recipient, delivery);
      return delivery === 'delivered' ? 1 : 0;
    }
    const { made } = message;
    message.made = undefined;
    const direct = made instanceof Message ? made : this.#read(message, recipient);
    return reachedBy(hub.send(direct, { ...this.#options, trail: message.trail }));
  }

  /** `$frames/<sender>/up`. */
  #passFrame(message: Published): number {
    const { engine, frames } = this.#parts;
    const session = engine.session(message.clientId as string);
    if (session === undefined || frames === undefined) return 0;
    frames.receive(message.payload, session);
    return 1;
  }

  #read({ payload, clientId, properties, qos }: Published, to: string): Message {
    const { kind, body } = readPayload(payload, properties);
    const timestampMs = this.#parts.clock.now();
    return new Message({ from: clientId as string, to, kind, body, timestampMs, isKept: qos > 0 });
  }
}

function recipientOf(topic: string): string {
  return decodeLevel(topic.slice(DIRECT.length, topic.indexOf('/', DIRECT.length)));
}

function reached(receipt: Receipt | undefined): number {
  return receipt === undefined ? 0 : reachedBy(receipt);
}
