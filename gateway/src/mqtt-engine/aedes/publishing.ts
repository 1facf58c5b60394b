import { addressOf } from '../../common/peer-address.ts';
import type { EngineSession } from '../contract.ts';
import type { CoreParts } from '../delivery/parts.ts';
import { EngineMessage } from '../message.ts';
import { countLevels, MAX_TOPIC_LEVELS } from '../topic-names.ts';
import { type AedesClient, clientOf } from './client.ts';
import type { CoreClient, CorePacket, Done } from './private.ts';

/** Hands what clients of aedes publish to everyone, each message once and in its order. */
export class Publishing<S extends EngineSession> {
  readonly #parts: CoreParts<S>;

  constructor(parts: CoreParts<S>) {
    this.#parts = parts;
  }

  /** The message that a packet is, of which its host may change the topic. */
  take(packet: CorePacket, { id, session, peer }: AedesClient<S>): EngineMessage {
    const { topic, payload, qos, retain } = packet;
    packet.message = new EngineMessage({
      ...{ topic, payload, qos, retain, clientId: id },
      account: retain ? session?.account : undefined,
      address: retain ? addressOf(peer) : undefined,
    });
    return packet.message;
  }

  /** aedes acknowledges QoS 1 before it publishes: such a message is published before that, and must be on disk where it belongs there. */
  beforeAcknowledged(packet: CorePacket, client: AedesClient<S>, done: Done): void {
    if (packet.qos !== 1) done(null);
    else {
      packet.isPublished = true;
      this.#route(packet, client, done);
    }
  }

  /** What aedes itself publishes, for its clients or for itself. */
  publish(packet: CorePacket, core: CoreClient | null, done: Done): void {
    if (packet.isDropped || packet.isPublished) {
      // aedes would read on at once, in the middle of what it reads.
      setImmediate(done, null);
      return;
    }
    if (countLevels(packet.topic) > MAX_TOPIC_LEVELS) {
      done(new Error('topic has too many levels'));
      return;
    }
    const client = core === null ? undefined : clientOf<S>(core);
    if (client !== undefined && packet.qos === 2) {
      client.received.add(packet.messageId ?? 0);
      if (client.stored !== undefined) this.#parts.router.holdBack(client);
    }
    this.#route(packet, client, done);
  }

  #route(packet: CorePacket, client: AedesClient<S> | undefined, done: Done): void {
    const { topic, payload, qos = 0, retain = false } = packet;
    const message = packet.message ?? new EngineMessage({ topic, payload, qos, retain });
    this.#parts.router.publish(message, client, (error, _count, wait) => {
      if (error !== undefined) done(error as Error);
      else if (wait === undefined) done(null);
      else wait.then(() => done(null));
    });
  }
}
