import { noCounts } from '../../common/client-counts.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Brought } from '../../transports/wire.ts';
import type { Version } from '../codec/packets.ts';
import type { EngineSession, Publication, QoS } from '../contract.ts';
import { Outgoing } from '../delivery/outgoing.ts';
import type { CoreParts } from '../delivery/parts.ts';
import type { Recipient } from '../delivery/recipient.ts';
import { depart, type Resident } from '../delivery/residence.ts';
import { RetainedFeed } from '../delivery/retained-feed.ts';
import type { Sender } from '../delivery/router.ts';
import { TAKES_MQTT_3 } from '../delivery/takes.ts';
import { EngineMessage } from '../message.ts';
import type { ReceivedIds, StoredSession } from '../store/contract.ts';
import type { Connection } from './connection.ts';
import type { CoreClient } from './private.ts';

/** A client as aedes hands it to its persistence. */
export type StoredClient = Pick<CoreClient, 'id'> & Partial<Pick<CoreClient, 'conn'>>;

/** One connection of aedes as the gateway sees it; `S` is what the engine's host has for it. */
export class AedesClient<S extends EngineSession> implements Resident<S>, Sender {
  readonly core: CoreClient;
  readonly brought: Brought;
  readonly counts = noCounts();
  session: S | undefined;
  stored: StoredSession | undefined;
  expiryMs = 0;
  pending = 0;
  /** Of a message of QoS 2 that it has not released. */
  received: Pick<ReceivedIds, 'has' | 'delete'> & { add(id: number): void } = new Set<number>();
  #outgoing: Outgoing | undefined;
  #feed: RetainedFeed<S> | undefined;
  #isOver = false;
  /** What it wrote, of filters that stand for others and that aedes has not answered yet. */
  #written: Map<string, string> | undefined;
  readonly #parts: CoreParts<S>;

  constructor(parts: CoreParts<S>, core: CoreClient, brought: Brought) {
    this.#parts = parts;
    this.core = core;
    this.brought = brought;
    core.conn.owner = this;
  }

  get id(): string {
    return this.core.id ?? '';
  }

  set id(id: string) {
    this.core.id = id;
  }

  /** It was let in, and is neither gone nor replaced. */
  get isLive(): boolean {
    return this.session !== undefined && !this.#isOver;
  }

  get connection(): Connection {
    return this.core.conn;
  }

  get peer(): string {
    return this.core.conn.peer;
  }

  get version(): Version {
    return this.core.version === 3 ? 3 : 4;
  }

  get isClean(): boolean {
    return this.core.clean;
  }

  get isConnected(): boolean {
    return this.#outgoing !== undefined && !this.#isOver;
  }

  get isClosed(): boolean {
    return this.core.closed;
  }

  get filters(): Iterable<string> {
    return this.#parts.index.of(this.id).filters();
  }

  get filterCount(): number {
    return this.#parts.index.of(this.id).size;
  }

  hasFilter(filter: string): boolean {
    return this.#parts.index.of(this.id).get(filter) !== undefined;
  }

  granted(topic: string): QoS | undefined {
    return this.#parts.index.of(this.id).granted(topic);
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes;
  }

  hasRoom(bytes: number): boolean {
    return this.connection.hasRoom(bytes);
  }

  send(publication: Publication): void {
    const { qos, retain } = publication;
    this.#parts.router.send(this.id, new EngineMessage(publication), { qos, retain, identifiers: undefined });
  }

  noteReason(reason: LeaveReason): void {
    this.connection.reason = reason;
  }

  end(done?: () => void): void {
    this.core.close(done);
  }

  replace(done: () => void): void {
    this.noteReason('replaced');
    this.leave(done);
    this.core.close();
  }

  get recipient(): Recipient | undefined {
    return this.#outgoing;
  }

  get outgoing(): Outgoing | undefined {
    return this.#outgoing;
  }

  /** Tells the log what it did; `what` ends a sentence that begins with who it is. */
  report(code: ErrorCode, what: string): void {
    this.#parts.host.report(this.id === '' ? this.peer : this.id, code, what);
  }

  /** It has its CONNACK: from now on it gets messages. */
  join(): void {
    if (!this.isLive || this.#outgoing !== undefined) return;
    this.#outgoing = new Outgoing(this.#parts, this, TAKES_MQTT_3);
    this.#outgoing.resume();
  }

  /** The filter that one which it asks for stands for. */
  plainFilter(written: string): string {
    const filter = this.#parts.host.plainFilter(written, this.session);
    if (filter !== written) {
      this.#written ??= new Map();
      this.#written.set(filter, written);
    }
    return filter;
  }

  /** What it wrote for a filter that was granted now. */
  takeWritten(filter: string): string {
    const written = this.#written?.get(filter);
    this.#written?.delete(filter);
    return written ?? filter;
  }

  /** It has subscribed: what is retained comes to it, as fast as it takes it. */
  feed(filter: string): void {
    const subscription = this.#parts.index.of(this.id).get(filter);
    if (subscription === undefined || subscription.shared !== undefined) return;
    this.#feed ??= new RetainedFeed(this.#parts, this);
    this.#feed.add(subscription, this.#parts.store.retained.match(filter));
  }

  mayReceive(topic: string): boolean {
    return this.#parts.host.mayReceive(this.session as S, topic);
  }

  /** It takes more. */
  goOn(): void {
    this.#outgoing?.goOn();
    this.#feed?.goOn();
  }

  /** Ends the connection because of a fault of ours. */
  broken(error: unknown): void {
    this.core.emit('error', error instanceof Error ? error : new Error(String(error)));
  }

  /** Takes it out; its connection is gone, or another one takes its place. `done` is called when its last will is published, if it is due. */
  leave(done: () => void = ignore): void {
    if (!this.isLive) {
      done();
      return;
    }
    this.#isOver = true;
    const { core, connection } = this;
    if (core._disconnected) this.#parts.wills.drop(this.id);
    const reason = core._disconnected ? 'left' : connection.reason;
    depart(this.#parts, this, { outgoing: this.#outgoing, reason, done });
  }
}

/** The engine's client that aedes' client is. */
export function clientOf<S extends EngineSession>(core: StoredClient): AedesClient<S> | undefined {
  return core.conn?.owner as AedesClient<S> | undefined;
}

function ignore(): void {}
