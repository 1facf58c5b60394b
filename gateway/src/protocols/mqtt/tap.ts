import type { Clock } from '../../hub/clock.ts';
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

const FROM_EXCHANGE = { fromExchange: true } as const;
const KEPT_FROM_EXCHANGE = { fromExchange: true, keep: true, accepted: true } as const;

/** Shows the hub what MQTT clients publish, where anyone over there wants it. */
export class Tap {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #session: (id: string) => MqttSession | undefined;
  readonly #frames: () => MqttFrames | undefined;
  readonly #isKept: (topic: string) => boolean;

  /** `session` is the MQTT client of that id that is online; `isKept` says whether a topic has a retained message. */
  constructor(
    hub: Hub,
    clock: Clock,
    session: (id: string) => MqttSession | undefined,
    frames: () => MqttFrames | undefined,
    isKept: (topic: string) => boolean,
  ) {
    this.#hub = hub;
    this.#clock = clock;
    this.#session = session;
    this.#frames = frames;
    this.#isKept = isKept;
  }

  /** Passes one message on. `packet.clientId` is its sender. */
  pass(packet: BrokerPacket): void {
    const { topic } = packet;
    if (isDollarTopic(topic)) {
      if (topic.startsWith(DIRECT)) this.#passDirect(packet);
      else if (topic.startsWith(FRAMES)) this.#passFrame(packet);
      return;
    }
    if (!packet.retain) {
      if (this.#hub.reaches(topic)) this.#hub.send(this.#message(packet, topic), FROM_EXCHANGE);
      return;
    }
    if (packet.payload.length > 0 && this.#hub.keepsValues(topic)) {
      const message = this.#message(packet, topic);
      if (fieldsOf(message) !== undefined) {
        // It is one more who sets values, and forgets none of the others.
        this.#hub.send(message, { ...KEPT_FROM_EXCHANGE, address: packet.address });
        return;
      }
    }
    if (this.#isKept(topic)) this.mirror(packet, packet.clientId as string);
    else this.#hub.mirrorRetained(topic, undefined);
    if (this.#hub.reaches(topic)) this.#hub.send(this.#message(packet, topic), FROM_EXCHANGE);
  }

  /** Shows a retained message to later subscribers on other wires. */
  mirror({ topic, payload }: RetainedPacket, from: string): void {
    // The payload is a view of the chunk it was read in; only text is a copy.
    const content = readPayload(payload);
    const body = typeof content.body === 'string' ? content.body : Uint8Array.from(content.body);
    const { kind } = content;
    this.#hub.mirrorRetained(topic, new Message({ from, to: topic, kind, body, timestampMs: this.#clock.now() }));
  }

  /** `$direct/<recipient>/<sender>`: aedes serves MQTT clients that read their inbox. */
  #passDirect(packet: BrokerPacket): void {
    const end = packet.topic.indexOf('/', DIRECT.length);
    const recipient = decodeLevel(packet.topic.slice(DIRECT.length, end));
    const session = this.#session(recipient);
    const isHere = session !== undefined && !this.#frames()?.isAway(session);
    if (session?.hasInbox) return;
    if (isHere) session.deliver(this.#message(packet, recipient));
    else this.#hub.send(this.#message(packet, recipient), FROM_EXCHANGE);
  }

  /** `$frames/<sender>/up`. */
  #passFrame(packet: BrokerPacket): void {
    const session = this.#session(packet.clientId as string);
    if (session !== undefined) this.#frames()?.receive(packet, session);
  }

  #message(packet: BrokerPacket, to: string): Message {
    const { kind, body } = readPayload(packet.payload);
    return new Message({ from: packet.clientId as string, to, kind, body, timestampMs: this.#clock.now() });
  }
}
