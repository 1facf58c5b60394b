import type { ClientCounts } from '../../common/client-counts.ts';
import { addressOf } from '../../common/peer-address.ts';
import type { PublishPacket, QoS } from '../codec/packets.ts';
import { REASON, type ReasonCode } from '../codec/reason-codes.ts';
import { acknowledgement, explainedAcknowledgement } from '../codec/write.ts';
import type { EngineSession, PublishRefusal } from '../contract.ts';
import type { Sender } from '../delivery/router.ts';
import { EngineMessage } from '../message.ts';
import type { ReceivedIds } from '../store/contract.ts';
import { countLevels, MAX_TOPIC_LEVELS } from '../topic-names.ts';
import { ALIAS_MAXIMUM, RECEIVE_MAXIMUM } from './arrival.ts';
import type { CoreClient } from './core-client.ts';

/** How many messages of QoS 2 a client of MQTT 3 may leave unreleased; only their numbers are kept. */
const MAX_UNRELEASED = 65_535;

const BRIDGE_FULL: PublishRefusal = {
  reason: REASON.quotaExceeded,
  why: 'the outbox of a bridge to another broker is full',
};

/** What one client publishes: each message once, in its order, acknowledged when it is on disk where it belongs there. */
export class Incoming<S extends EngineSession> implements Sender {
  pending = 0;
  readonly counts: ClientCounts;
  readonly #client: CoreClient<S>;
  /** The packet ids of messages of QoS 2 that are not released; of a session on disk they are there. */
  #unstored: Set<number> | undefined;
  /** How many messages of QoS 1 wait for their acknowledgement. */
  #unacknowledged = 0;
  /** For how many reasons nothing more is read of it. */
  #holds = 0;
  /** The topics of its aliases, by number. */
  #aliases: string[] | undefined;
  /** Where its client is, for those of its messages that are to be retained. */
  #address: string | undefined;

  constructor(client: CoreClient<S>) {
    this.#client = client;
    this.counts = client.counts;
  }

  publish(packet: PublishPacket): void {
    const client = this.#client;
    const { qos, id } = packet;
    const topic = packet.alias === 0 ? packet.topic : this.#aliased(packet);
    if (topic === undefined) return;
    if (topic.length >= MAX_TOPIC_LEVELS && countLevels(topic) > MAX_TOPIC_LEVELS) {
      client.fail(REASON.badTopicName, `published to a topic of more than ${MAX_TOPIC_LEVELS} levels`);
      return;
    }
    if (qos === 2 && this.#received.has(id)) {
      // Whether it is on disk by now or not, its first one is on its way there.
      this.#afterCommit(() => this.#acknowledge(packet, REASON.success));
      return;
    }
    if (qos > 0 && this.#isOver(qos)) return;
    this.#ask(packet, this.#messageOf(packet, topic));
  }

  get #received(): ReceivedIds {
    if (this.#client.stored !== undefined) return this.#client.stored.received;
    this.#unstored ??= new Set();
    return this.#unstored;
  }

  /**
   * The client releases a message of QoS 2. One that came back may have released it over its last connection without
   * hearing of it: that is no error (MQTT 5, 3.7.2.1), and client libraries would take a reason above 0x7f for one.
   */
  release(id: number): void {
    const { version, connection, isResumed } = this.#client;
    if (!this.#received.has(id)) {
      connection.write(acknowledgement('pubcomp', id, version, isResumed ? REASON.success : REASON.idNotFound));
      return;
    }
    this.#received.delete(id);
    this.#afterCommit(() => connection.write(acknowledgement('pubcomp', id, version)));
  }

  #aliased({ topic, alias }: PublishPacket): string | undefined {
    const client = this.#client;
    if (alias > ALIAS_MAXIMUM) {
      client.fail(REASON.badTopicAlias, `used the topic alias ${alias}, above the ${ALIAS_MAXIMUM} allowed here`);
      return undefined;
    }
    this.#aliases ??= [];
    if (topic !== '') this.#aliases[alias] = topic;
    const known = this.#aliases[alias];
    if (known === undefined) client.fail(REASON.protocolError, 'used a topic alias that it has not told');
    return known;
  }

  /** True where the client has more under way than it may; its connection is ended. */
  #isOver(qos: QoS): boolean {
    const { version } = this.#client;
    const unreleased = (this.#client.stored?.received ?? this.#unstored)?.size ?? 0;
    const underWay = unreleased + this.#unacknowledged;
    if (version === 5 ? underWay < RECEIVE_MAXIMUM : qos === 1 || unreleased < MAX_UNRELEASED) return false;
    const most = version === 5 ? RECEIVE_MAXIMUM : MAX_UNRELEASED;
    this.#client.fail(REASON.receiveMaximumExceeded, `has more than ${most} messages under way`);
    return true;
  }

  #messageOf({ qos, retain, payload, expiryS, properties }: PublishPacket, topic: string): EngineMessage {
    const { id, session, peer, parts } = this.#client;
    let address: string | undefined;
    if (retain) {
      this.#address ??= addressOf(peer);
      address = this.#address;
    }
    return new EngineMessage({
      topic,
      payload,
      qos,
      retain,
      clientId: id,
      account: retain ? session?.account : undefined,
      address,
      properties,
      expiresAtMs: expiryS === undefined ? undefined : parts.clock.monotonicMs() + expiryS * 1000,
    });
  }

  #ask(packet: PublishPacket, message: EngineMessage): void {
    const { parts, session } = this.#client;
    const verdict = parts.host.mayPublish(message, session);
    if (!(verdict instanceof Promise)) {
      this.#decided(packet, message, verdict);
      return;
    }
    const goOn = this.#hold();
    verdict.then(
      (refusal) => {
        if (this.#client.isConnected) this.#decided(packet, message, refusal);
        goOn();
      },
      () => this.#client.end(),
    );
  }

  #decided(packet: PublishPacket, message: EngineMessage, refusal: PublishRefusal | undefined): void {
    const client = this.#client;
    if (refusal === undefined) this.#route(packet, message);
    else if (client.version === 5 || !refusal.isFatal) {
      // What was understood and goes nowhere is not done again either.
      if (packet.qos === 2 && refusal.reason < REASON.unspecified) this.#received.add(packet.id);
      this.#afterCommit(() => this.#refuse(packet, refusal));
    } else {
      client.noteReason('error');
      client.end();
    }
  }

  #route(packet: PublishPacket, message: EngineMessage): void {
    const { parts, stored } = this.#client;
    const { qos, id } = packet;
    if (qos === 2) {
      this.#received.add(id);
      if (stored !== undefined) parts.router.holdBack(this);
    } else if (qos === 1) this.#unacknowledged++;
    parts.router.publish(message, this, (error, count, wait) => {
      if (qos === 1) this.#unacknowledged--;
      if (error !== undefined) {
        this.#client.broken(error);
        return;
      }
      if (message.isRefused) this.#refuse(packet, BRIDGE_FULL);
      else if (qos > 0) this.#acknowledge(packet, count === 0 ? REASON.noMatchingSubscribers : REASON.success);
      // Reads no more before whoever gets its messages keeps up.
      if (wait !== undefined) wait.then(this.#hold());
    });
  }

  /** Reads no more until the returned function is called, and all others that were returned. */
  #hold(): () => void {
    const { connection } = this.#client;
    if (this.#holds++ === 0) connection.pause();
    return () => {
      if (--this.#holds === 0) connection.resume();
    };
  }

  #refuse(packet: PublishPacket, { reason, why }: PublishRefusal): void {
    const client = this.#client;
    const { qos, id } = packet;
    if (why === undefined || client.version !== 5) this.#acknowledge(packet, reason);
    else if (qos > 0) {
      const kind = qos === 1 ? 'puback' : 'pubrec';
      const make = (reasonString: string | undefined): Buffer =>
        reasonString === undefined
          ? acknowledgement(kind, id, 5, reason)
          : explainedAcknowledgement(kind, id, { reason, reasonString });
      client.connection.write(client.explained(why, make));
    }
  }

  #acknowledge({ qos, id }: PublishPacket, reason: ReasonCode): void {
    const { version, connection } = this.#client;
    if (qos === 0) return;
    connection.write(acknowledgement(qos === 1 ? 'puback' : 'pubrec', id, version, reason));
  }

  #afterCommit(then: () => void): void {
    const client = this.#client;
    const isStaged = client.parts.store.commit((error) => {
      if (error !== undefined) client.broken(error);
      else if (client.isConnected) then();
    });
    if (!isStaged) then();
  }
}
