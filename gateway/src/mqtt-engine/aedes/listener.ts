import type { Log } from '../../common/log.ts';
import type { EngineHost, QoS } from '../contract.ts';
import type { MqttStore } from '../store/store.ts';
import { ownerOf } from './client.ts';
import { faultOf, isGoneError } from './faults.ts';
import type { AedesPersistence } from './persistence.ts';
import type { CoreClient, CoreEvents, CorePacket } from './private.ts';

export interface ListenerParts<S> {
  host: EngineHost<S>;
  store: MqttStore;
  persistence: AedesPersistence;
  log: Log;
  /** How long aedes waits for a CONNECT. */
  handshakeTimeoutMs: number;
}

/** A subscription as it was answered; above QoS 2 it was refused. */
type Answered = { topic: string; qos: number };

/** What follows from what aedes tells. */
export class Listener<S> {
  readonly #parts: ListenerParts<S>;

  constructor(parts: ListenerParts<S>) {
    this.#parts = parts;
  }

  events(): CoreEvents {
    const { host, log } = this.#parts;
    return {
      subscribe: (subscriptions, core) => this.#subscribed(core, subscriptions),
      unsubscribe: (filters, core) => this.#unsubscribed(core, filters),
      ping: (_packet, core) => {
        const { session } = ownerOf<S>(core);
        if (session !== undefined) host.heard(session);
      },
      clientError: (core, error) => this.#explain(core, error),
      connectionError: (core, error) => this.#explain(core, error),
      error: (error) => {
        const context = { code: 'DATA_DIR_UNUSABLE' as const, err: error };
        log.error(context, 'The MQTT broker could not write to its database; is the disk full?');
      },
    };
  }

  #subscribed(core: CoreClient, subscriptions: readonly Answered[]): void {
    const { session, isLive } = ownerOf<S>(core);
    if (session === undefined || !isLive) return;
    const granted = subscriptions.filter(({ qos }) => qos <= 2);
    void this.#sendRetained(core, granted);
    this.#parts.host.subscribed(
      session,
      granted.map(({ topic }) => topic),
    );
  }

  /** What a session on disk had of them is forgotten already, before aedes hands messages round no more. */
  #unsubscribed(core: CoreClient, filters: readonly string[]): void {
    if (core.closed || !ownerOf<S>(core).isLive) return;
    for (const filter of filters) this.#parts.store.subscriptions.delete(core.id, filter);
  }

  /**
   * Sends what is retained, for each new subscription at its QoS, as fast as the client reads. What takes the place of a message
   * meanwhile comes to it live.
   */
  async #sendRetained(core: CoreClient, subscriptions: readonly Answered[]): Promise<void> {
    const { persistence, store } = this.#parts;
    const found = subscriptions.flatMap(({ topic, qos }) =>
      store.retained.match(topic).map((packet) => ({ packet, qos: Math.min(qos, packet.qos) as QoS })),
    );
    for (const { packet, qos } of found) {
      if (core.closed) return;
      const message = store.retained.read(packet);
      if (message === undefined) continue;
      const { topic, payload } = message;
      // Without a number of the broker's it is never taken for a duplicate.
      const copy: CorePacket = { cmd: 'publish', topic, payload, qos, retain: true };
      if (qos > 0 && !core.clean) {
        copy.messageId = persistence.addRetained(core, message, qos);
        if (copy.messageId === undefined) continue;
      }
      await new Promise<void>((resolve) => core.deliverQoS(copy, resolve));
    }
  }

  /** Tells the log why aedes ended a connection. */
  #explain(core: CoreClient, error: Error): void {
    const { conn } = core;
    if (conn.reported || isGoneError(error, conn.destroyed)) return;
    conn.reported = true;
    const { code, what, reason } = faultOf(error, this.#parts.handshakeTimeoutMs);
    if (reason !== undefined) conn.reason = reason;
    this.#parts.host.report(core.id ?? conn.peer, code, what);
  }
}
