import type { Decision } from '../../access/decisions.ts';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import type { ClientCounts } from '../../common/client-counts.ts';
import { isMadeUpId } from '../../common/made-up-ids.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason, Protocol } from '../../hub/session.ts';
import type { EngineClient, EngineSession, MqttEngine, Published, PublishRefusal } from '../../mqtt-engine/contract.ts';
import { ownNames } from './own-names.ts';
import { mqttPayload, propertiesOf } from './payload.ts';
import { DIRECT, directTopic } from './topics.ts';

/** Calls of MQTT clients, and for them: see `MqttCalls`. */
export interface Calls {
  take(message: Published, session: MqttSession): PublishRefusal;
  deliver(message: Message, session: MqttSession): Delivery | undefined;
  left(session: MqttSession): void;
}

export interface MqttSessionInit {
  /** Who it is. */
  principal: Principal;
  /** The client gave no id, and has one of the gateway's. */
  isNameless: boolean;
  client: EngineClient;
  engine: Pick<MqttEngine<unknown>, 'publish'>;
  /** What is a call, or the answer to one. */
  calls: Calls;
}

/** One MQTT client's connection as the hub sees it. Channels reach it through the engine, direct messages through here. */
export class MqttSession implements AdmittedSession, EngineSession {
  readonly id: string;
  readonly protocol: Protocol;
  readonly transient: boolean;
  readonly names: ReturnType<typeof ownNames>;
  readonly client: EngineClient;
  /** Who it is, also when it is over: its last will is published then. */
  readonly owner: Principal;
  /** It has left the hub, or another connection of the same client took its place. */
  isOver = false;
  /** What was decided about the topic that it published to last, if there is nothing else to ask about that topic. */
  sending: Decision | undefined;
  /** The channel that it published to last, where whoever may send everywhere may send to it. */
  freeTopic: string | undefined;
  readonly #engine: Pick<MqttEngine<unknown>, 'publish'>;
  readonly #calls: Calls;

  constructor({ principal, isNameless, client, engine, calls }: MqttSessionInit) {
    const { id } = principal;
    this.id = id;
    this.owner = principal;
    this.names = ownNames(principal.names);
    this.protocol = principal.protocol;
    // Whoever has a session on disk comes back to it, whatever made its id.
    this.transient = client.isClean && (isNameless || isMadeUpId(principal.inward(id)));
    this.client = client;
    this.#engine = engine;
    this.#calls = calls;
  }

  get principal(): Principal | undefined {
    return this.isOver ? undefined : this.owner;
  }

  get account(): string | undefined {
    return this.owner.account;
  }

  get peer(): string {
    return this.client.peer;
  }

  get counts(): ClientCounts {
    return this.client.counts;
  }

  get waitingBytes(): number {
    return this.client.queuedBytes;
  }

  get ownSubscriptions(): number {
    return this.client.filterCount;
  }

  /** True where it reads what is sent to it on `$direct/<id>/...`. */
  get hasInbox(): boolean {
    for (const filter of this.client.filters) if (filter.startsWith(DIRECT)) return true;
    return false;
  }

  /**
   * A direct message: to the client's inbox, or, where it did not subscribe to that, to the topic that has its name.
   * `closed` where it reads neither.
   */
  deliver(message: Message): Delivery {
    const { client } = this;
    if (this.isOver || !client.isConnected) return 'closed';
    const asCall = this.#calls.deliver(message, this);
    if (asCall !== undefined) return asCall;
    const payload = mqttPayload.of(message);
    const inbox = directTopic(this.id, message.from);
    const qos = client.granted(inbox);
    const topic = qos === undefined ? this.id : inbox;
    const granted = qos ?? client.granted(topic);
    // The inbox is its own; the topic with its name is one that others have, too.
    if (granted === undefined || (qos === undefined && !this.owner.hears(topic))) return 'closed';
    const isKept = granted > 0 && !client.isClean;
    if (!isKept && !client.hasRoom(topic.length + payload.length)) return 'queue_full';
    const properties = propertiesOf(message);
    const publication = { topic, payload, qos: granted > 0 ? 1 : 0, retain: false, properties } as const;
    if (qos !== undefined) this.#engine.publish(publication);
    else client.send(publication);
    return 'delivered';
  }

  /** Writes to the client itself, of QoS 0. False where it is behind, gone, or did not subscribe to the topic. */
  write(topic: string, payload: Buffer): boolean {
    const { client } = this;
    if (this.isOver || !client.isConnected || client.granted(topic) === undefined) return false;
    if (!client.hasRoom(topic.length + payload.length)) return false;
    client.send({ topic, payload, qos: 0, retain: false });
    return true;
  }

  close(reason: LeaveReason, isElsewhere = false): void {
    this.client.noteReason(reason);
    // A client that is replaced here is closed by the engine, which waits for the end of it.
    if (reason !== 'replaced' || isElsewhere) this.client.end();
  }
}
