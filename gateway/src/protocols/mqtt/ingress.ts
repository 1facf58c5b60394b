import type { Clock } from '../../hub/clock.ts';
import type { IngressOptions } from '../../hub/contract.ts';
import type { Egress } from '../../hub/egress.ts';
import type { Hub } from '../../hub/hub.ts';
import { fieldsOf } from '../../hub/kept-values.ts';
import { Message } from '../../hub/message.ts';
import type { BrokerPacket } from '../../mqtt-engine/aedes/core.ts';
import type { RetainedPacket } from '../../mqtt-engine/store/retained-messages.ts';
import { isDollarTopic } from '../../mqtt-engine/topic-names.ts';
import type { MqttFrames } from './frames.ts';
import { readPayload } from './payload.ts';
import type { MqttSession } from './session.ts';
import { DIRECT, decodeLevel, FRAMES } from './topics.ts';

export interface MqttIngressParts {
  hub: Hub;
  clock: Clock;
  /** The way back, which nothing takes that came in here. */
  egress: Egress;
  /** The MQTT client of that id that is online. */
  session(id: string): MqttSession | undefined;
  frames(): MqttFrames | undefined;
  /** Whether a topic has a retained message. */
  isKept(topic: string): boolean;
}

/** Shows the hub what MQTT clients publish, where anyone over there wants it. */
export class MqttIngress {
  readonly #parts: MqttIngressParts;
  readonly #options: IngressOptions;
  readonly #messageOf = (packet: BrokerPacket): Message => this.#message(packet, packet.topic);

  constructor(parts: MqttIngressParts) {
    this.#parts = parts;
    this.#options = { ingress: parts.egress };
  }

  /** Passes one message on. `packet.clientId` is its sender. */
  pass(packet: BrokerPacket): void {
    const { hub } = this.#parts;
    const { topic } = packet;
    if (isDollarTopic(topic)) {
      if (topic.startsWith(DIRECT)) this.#passDirect(packet);
      else if (topic.startsWith(FRAMES)) this.#passFrame(packet);
      return;
    }
    if (!packet.retain) {
      hub.offer(topic, this.#options, this.#messageOf, packet);
      return;
    }
    if (packet.payload.length > 0 && hub.keepsValues(topic)) {
      const message = this.#message(packet, topic);
      if (fieldsOf(message) !== undefined) {
        // It is one more who sets values, and forgets none of the others.
        hub.send(message, { ...this.#options, keep: true, accepted: true, address: packet.address });
        return;
      }
    }
    if (this.#parts.isKept(topic)) this.mirror(packet, packet.clientId as string);
    else hub.mirrorRetained(topic, undefined, this.#parts.egress);
    hub.offer(topic, this.#options, this.#messageOf, packet);
  }

  /** Shows a retained message to later subscribers on other wires. */
  mirror({ topic, payload }: RetainedPacket, from: string): void {
    // The payload is a view of the chunk it was read in; only text is a copy.
    const content = readPayload(payload);
    const body = typeof content.body === 'string' ? content.body : Uint8Array.from(content.body);
    const { kind } = content;
    const { hub, clock, egress } = this.#parts;
    hub.mirrorRetained(topic, new Message({ from, to: topic, kind, body, timestampMs: clock.now() }), egress);
  }

  /** `$direct/<recipient>/<sender>`: aedes serves MQTT clients that read their inbox. */
  #passDirect(packet: BrokerPacket): void {
    const end = packet.topic.indexOf('/', DIRECT.length);
    const recipient = decodeLevel(packet.topic.slice(DIRECT.length, end));
    const session = this.#parts.session(recipient);
    const isHere = session !== undefined && !this.#parts.frames()?.isAway(session);
    if (session?.hasInbox) return;
    if (isHere) session.deliver(this.#message(packet, recipient));
    else this.#parts.hub.send(this.#message(packet, recipient), this.#options);
  }

  /** `$frames/<sender>/up`. */
  #passFrame(packet: BrokerPacket): void {
    const session = this.#parts.session(packet.clientId as string);
    if (session !== undefined) this.#parts.frames()?.receive(packet, session);
  }

  #message(packet: BrokerPacket, to: string): Message {
    const { kind, body } = readPayload(packet.payload);
    return new Message({ from: packet.clientId as string, to, kind, body, timestampMs: this.#parts.clock.now() });
  }
}
