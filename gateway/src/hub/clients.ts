import { hasPassword } from './address.ts';
import { type ClientInfo, ClientRecord, NOTHING } from './client.ts';
import { detachText } from './detach.ts';
import { type ProtocolTable, traitsOf } from './protocol-traits.ts';
import type { Sequence } from './sequence.ts';
import type { Session } from './session.ts';

/** Clients counted. */
export interface ClientSummary {
  known: number;
  online: number;
  /** The last to come is the last. */
  newest: ClientInfo[];
}

/** What a client table needs from outside. */
export interface ClientTableParts {
  /** How many offline clients are remembered. */
  maxOffline: number;
  protocols: ProtocolTable;
  /** Counts channels that open as well. */
  order: Sequence;
  /** Is told of each client that is forgotten because there are too many. */
  forgotten(id: string): void;
}

/**
 * Every client that is known, online or not. Offline clients are kept up to a maximum, then the ones seen longest ago
 * are forgotten: programs that make up a new id at each run would fill the memory within a year.
 */
export class ClientTable {
  readonly #records = new Map<string, ClientRecord>();
  readonly #parts: ClientTableParts;
  #online = 0;
  #version = 0;

  constructor(parts: ClientTableParts) {
    this.#parts = parts;
  }

  /** How many are online. */
  get online(): number {
    return this.#online;
  }

  /** How many are known, online or offline. */
  get size(): number {
    return this.#records.size;
  }

  /** Grows whenever a client comes, goes or is forgotten. */
  get version(): number {
    return this.#version;
  }

  get(id: string): ClientRecord | undefined {
    return this.#records.get(id);
  }

  /** The session that has `id` now. */
  session(id: string): Session | undefined {
    return this.#records.get(id)?.session;
  }

  /** Every session, the gateway's own included, the one that joined first at the front. */
  sessions(): Session[] {
    const sessions: Session[] = [];
    for (const { session } of this.#records.values()) if (session !== undefined) sessions.push(session);
    return sessions;
  }

  /** Brings a client online whose id no session has. Its record, made if it is new, moves to the end of the order of joining. */
  enter(session: Session, nowMs: number): ClientRecord {
    const { id, protocol } = session;
    const traits = traitsOf(this.#parts.protocols, protocol);
    const known = this.#records.get(id);
    const record = known ?? new ClientRecord(detachText(id), protocol, traits, nowMs);
    record.protocol = protocol;
    record.traits = traits;
    record.session = session;
    record.waiting = NOTHING;
    record.isHandedOver = false;
    record.transient = session.transient === true;
    record.origin = session.origin;
    record.joinedMs = nowMs;
    record.lastSeenMs = nowMs;
    record.order = this.#parts.order.next();
    if (known) this.#records.delete(id);
    this.#records.set(record.id, record);
    this.#online++;
    this.#version++;
    return record;
  }

  /** Takes a client that is online offline. */
  leave(record: ClientRecord): void {
    record.session = undefined;
    this.#online--;
    this.#version++;
  }

  /** Forgets the oldest offline clients where there are too many. */
  trim(): void {
    const { maxOffline, forgotten } = this.#parts;
    if (this.#records.size - this.#online <= maxOffline) return;
    this.#version++;
    for (const [id, record] of this.#records) {
      if (record.session) continue;
      this.#records.delete(id);
      forgotten(id);
      if (this.#records.size - this.#online <= maxOffline) return;
    }
  }

  /** Drops what is known of a client that is offline. */
  forget(id: string): void {
    if (this.#records.get(id)?.session !== undefined) return;
    this.#records.delete(id);
    this.#version++;
  }

  /**
   * Puts back what an earlier run of the gateway knew; all of it offline, and no more than the maximum. `nowMs` is of the
   * monotonic clock. If it is not stored when a client went, that run is taken to have ended when it last heard of any client. Subscriptions with
   * a password, which an older gateway wrote down, are left out.
   */
  restore(known: Iterable<ClientInfo>, nowMs: number): void {
    const clients = [...known];
    const endMs = clients.reduce((latest, { lastSeenMs }) => Math.max(latest, lastSeenMs), 0);
    for (const info of clients.slice(Math.max(0, clients.length - this.#parts.maxOffline))) {
      if (this.#records.has(info.id)) continue;
      const record = new ClientRecord(
        info.id,
        info.protocol,
        traitsOf(this.#parts.protocols, info.protocol),
        info.lastSeenMs,
      );
      record.joinedMs = info.joinedMs;
      record.origin = info.origin;
      record.account = info.account;
      record.leftMs = Math.min(info.leftMs ?? nowMs - (endMs - info.lastSeenMs), nowMs);
      record.waiting = [...new Set(info.subscriptions)].filter((address) => !hasPassword(address));
      this.#records.set(info.id, record);
    }
  }

  /** Those of one origin, the one that joined first at the front. */
  ofOrigin(origin: string): ClientRecord[] {
    return [...this.#records.values()].filter((record) => record.origin === origin);
  }

  /** The ids of the clients that are online, the gateway's own left out, the one that joined first at the front. */
  onlineIds(): string[] {
    return Array.from(this.onlineRecords(), ({ id }) => id);
  }

  /** The same, with all that is known of them. */
  *onlineRecords(): Generator<ClientRecord> {
    for (const record of this.#records.values()) {
      if (record.session !== undefined && !record.traits.isOfGateway) yield record;
    }
  }

  /** How many clients are known and online, the gateway's own left out, and the `most` that joined last of the latter. */
  summary(most: number): ClientSummary {
    let known = 0;
    const online: ClientRecord[] = [];
    for (const record of this.#records.values()) {
      if (!record.isListed) continue;
      known++;
      if (record.session !== undefined) online.push(record);
    }
    return { known, online: online.length, newest: online.slice(-most).map((record) => record.info()) };
  }

  /** Every client, the gateway's own and those that have gone for good left out, the one that joined first at the front. */
  list(): ClientInfo[] {
    const list: ClientInfo[] = [];
    for (const record of this.#records.values()) if (record.isListed) list.push(record.info());
    return list;
  }
}
