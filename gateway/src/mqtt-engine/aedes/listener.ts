import type { Log } from '../../common/log.ts';
import type { EngineHost, EngineSession } from '../contract.ts';
import type { KeptSubscriptions } from '../store/kept-subscriptions.ts';
import { clientOf } from './client.ts';
import { faultOf, isGoneError } from './faults.ts';
import type { CoreClient, CoreEvents } from './private.ts';

export interface ListenerParts<S> {
  host: EngineHost<S>;
  subscriptions: KeptSubscriptions;
  log: Log;
  /** How long aedes waits for a CONNECT. */
  handshakeTimeoutMs: number;
}

/** A subscription as it was answered; above QoS 2 it was refused. */
type Answered = { topic: string; qos: number };

/** What follows from what aedes tells. */
export class Listener<S extends EngineSession> {
  readonly #parts: ListenerParts<S>;

  constructor(parts: ListenerParts<S>) {
    this.#parts = parts;
  }

  events(): CoreEvents {
    const { host, subscriptions, log } = this.#parts;
    return {
      connackSent: ({ returnCode }, core) => {
        if (returnCode === 0) clientOf(core)?.join();
      },
      subscribe: (subscriptions, core) => this.#subscribed(core, subscriptions),
      unsubscribe: (filters, core) => {
        const client = clientOf<S>(core);
        // Where the session is on disk, they were taken out there: see `AedesPersistence`.
        if (client?.isLive) for (const filter of filters) subscriptions.delete(client.id, filter);
      },
      ping: (_packet, core) => {
        const session = clientOf<S>(core)?.session;
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
    const client = clientOf<S>(core);
    if (client?.session === undefined || !client.isLive) return;
    const granted = subscriptions.filter(({ qos }) => qos <= 2).map(({ topic }) => topic);
    for (const filter of granted) client.feed(filter);
    const written = granted.map((filter) => client.takeWritten(filter));
    this.#parts.host.subscribed(client.session, written);
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
