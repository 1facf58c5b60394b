import type { Counter } from '../../common/metrics.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Brought } from '../../transports/wire.ts';
import type { EngineClient, Publication, QoS } from '../contract.ts';
import type { ClientFilters } from '../store/client-filters.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import type { Connection } from './connection.ts';
import type { CoreClient } from './private.ts';

export interface ClientParts {
  index: SubscriptionIndex;
  /** Counts what is sent to it alone. */
  sent: Counter;
  brought: Brought;
}

/** One connection of aedes as the gateway sees it; `S` is what the engine's host has for it. */
export class AedesClient<S> implements EngineClient {
  readonly core: CoreClient;
  readonly brought: Brought;
  /** What its host made for it when it was let in. */
  session: S | undefined;
  /** It is gone for everybody else, or another connection took its place. */
  isOver = false;
  readonly #index: SubscriptionIndex;
  readonly #sent: Counter;

  constructor(core: CoreClient, { index, sent, brought }: ClientParts) {
    this.core = core;
    this.brought = brought;
    this.#index = index;
    this.#sent = sent;
    core.conn.owner = this;
  }

  /** It was let in, and is neither gone nor replaced. */
  get isLive(): boolean {
    return this.session !== undefined && !this.isOver;
  }

  get #subscribed(): ClientFilters {
    return this.#index.of(this.core.id);
  }

  get connection(): Connection {
    return this.core.conn;
  }

  get peer(): string {
    return this.core.conn.peer;
  }

  get isClean(): boolean {
    return this.core.clean;
  }

  get isConnected(): boolean {
    return this.core.connected;
  }

  get isClosed(): boolean {
    return this.core.closed;
  }

  get filters(): Iterable<string> {
    return this.#subscribed.filters();
  }

  get filterCount(): number {
    return this.#subscribed.size;
  }

  hasFilter(filter: string): boolean {
    return this.#subscribed.get(filter) !== undefined;
  }

  granted(topic: string): QoS | undefined {
    return this.#subscribed.granted(topic);
  }

  lowered(topic: string, qos: QoS): QoS {
    return this.#subscribed.lowered(topic, qos);
  }

  hasRoom(bytes: number): boolean {
    return this.core.conn.hasRoom(bytes);
  }

  send(publication: Publication): void {
    this.#sent.value++;
    this.core.publish({ cmd: 'publish', ...publication }, ignore);
  }

  noteReason(reason: LeaveReason): void {
    this.core.conn.reason = reason;
  }

  end(done?: () => void): void {
    this.core.close(done);
  }
}

/** The engine's client that aedes' client is. */
export function ownerOf<S>(core: CoreClient): AedesClient<S> {
  return core.conn.owner as AedesClient<S>;
}

function ignore(): void {}
