import type { AdmittedSession, Principal } from '../../access/principal.ts';
import { isMadeUpId } from '../../common/made-up-ids.ts';
import type { Message } from '../../hub/message.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import type { Broker, BrokerClient } from '../../mqtt-engine/aedes/core.ts';
import type { QoS } from '../../mqtt-engine/store/subscriptions.ts';
import { mqttPayload } from './payload.ts';
import { DIRECT, directTopic } from './topics.ts';

/** One MQTT client's connection as the hub sees it. Channels reach it through the egress, direct messages through here. */
export class MqttSession implements AdmittedSession {
  readonly id: string;
  readonly protocol = 'mqtt';
  readonly transient: boolean;
  readonly client: BrokerClient;
  /** It has left the hub, or another connection of the same client took its place. */
  isOver = false;
  /** Filters that were granted, with their quality of service. */
  readonly #filters = new Map<string, QoS>();
  /** Those of them that have wildcards, split into levels. */
  #patterns: Map<string, readonly string[]> | undefined;
  /** The lowest quality of service of any of them. */
  #lowest: QoS = 2;
  readonly #broker: Broker;

  /** `isNameless`: the client gave no id, and has one of the gateway's. */
  constructor(broker: Broker, client: BrokerClient, isNameless: boolean) {
    this.id = client.id;
    // Whoever has a session on disk comes back to it, whatever made its id.
    this.transient = client.clean && (isNameless || isMadeUpId(client.id));
    this.client = client;
    this.#broker = broker;
  }

  get principal(): Principal | undefined {
    return this.isOver ? undefined : this.client.conn.principal;
  }

  get peer(): string {
    return this.client.conn.peer;
  }

  /** True where it reads what is sent to it on `$direct/<id>/...`. */
  get hasInbox(): boolean {
    for (const filter of this.#filters.keys()) if (filter.startsWith(DIRECT)) return true;
    return false;
  }

  /**
   * A direct message: to the client's inbox, or, where it did not subscribe to that, to the topic that has its name.
   * `closed` where it reads neither.
   */
  deliver(message: Message): Delivery {
    if (this.isOver || !this.client.connected) return 'closed';
    const payload = mqttPayload.of(message);
    const inbox = directTopic(this.id, message.from);
    const qos = this.granted(inbox);
    const topic = qos === undefined ? this.id : inbox;
    const granted = qos ?? this.granted(topic);
    if (granted === undefined) return 'closed';
    const isKept = granted > 0 && !this.client.clean;
    if (!isKept && !this.client.conn.hasRoom(topic.length + payload.length)) return 'queue_full';
    const publication = { topic, payload, qos: granted > 0 ? 1 : 0, retain: false } as const;
    if (qos !== undefined) this.#broker.publish(publication, ignore);
    else this.client.publish({ cmd: 'publish', ...publication }, ignore);
    return 'delivered';
  }

  /** Writes to the client itself, of quality 0. False where it is behind, gone, or did not subscribe to the topic. */
  write(topic: string, payload: Buffer): boolean {
    if (this.isOver || !this.client.connected || this.granted(topic) === undefined) return false;
    if (!this.client.conn.hasRoom(topic.length + payload.length)) return false;
    this.client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false }, ignore);
    return true;
  }

  close(reason: LeaveReason): void {
    this.client.conn.reason = reason;
    // A client that is replaced is closed by whoever replaces it, who waits for the end of it.
    if (reason !== 'replaced') this.client.close();
  }

  /** Notes that it subscribed to a filter. */
  grant(filter: string, qos: QoS): void {
    this.#filters.set(filter, qos);
    if (isPattern(filter)) {
      this.#patterns ??= new Map();
      this.#patterns.set(filter, filter.split('/'));
    }
    this.#lowest = Math.min(2, ...this.#filters.values()) as QoS;
  }

  /** Notes that it does not subscribe to a filter any more. */
  revoke(filter: string): void {
    this.#filters.delete(filter);
    this.#patterns?.delete(filter);
    this.#lowest = Math.min(2, ...this.#filters.values()) as QoS;
  }

  hasFilter(filter: string): boolean {
    return this.#filters.has(filter);
  }

  get filterCount(): number {
    return this.#filters.size;
  }

  /** The quality of service at which it gets a message that was published to `topic` at `qos`. */
  lowered(topic: string, qos: QoS): QoS {
    if (qos <= this.#lowest) return qos;
    const granted = this.#filters.size === 1 ? this.#lowest : this.granted(topic);
    return granted === undefined || granted > qos ? qos : granted;
  }

  /** The highest quality of service at which it subscribed to anything that matches `topic` (MQTT-3.3.5-1). */
  granted(topic: string): QoS | undefined {
    let best = this.#filters.get(topic);
    if (this.#patterns === undefined) return best;
    for (const [filter, levels] of this.#patterns) {
      const qos = this.#filters.get(filter) as QoS;
      if ((best === undefined || best < qos) && matchesPattern(levels, topic)) best = qos;
    }
    return best;
  }
}

function ignore(): void {}
