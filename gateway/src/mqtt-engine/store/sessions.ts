import type { Clock } from '../../common/clock.ts';
import type { Sessions } from './contract.ts';
import type { Disk } from './disk.ts';
import { KeptSession, type SessionRecord } from './kept-session.ts';
import { keyOf, SESSIONS } from './session-keys.ts';
import type { QueueParts } from './session-queue.ts';

export interface SessionTableParts {
  disk: Disk;
  clock: Clock;
  queues: QueueParts;
  /** How many there may be. */
  maxSessions: number;
  /** How long any of them lasts after its client has gone, at most, in milliseconds. */
  maxExpiryMs: number;
  /** Whether the client has subscriptions on disk. */
  hasSubscriptions(id: string): boolean;
  /** Takes the subscriptions of a session that ends out of memory and off the disk. */
  dropSubscriptions(id: string): void;
  /** The session of a client that is away has ended, as its time was over. */
  expired(id: string): void;
}

/** Which day a client was here last is enough to know: a client that comes and goes must not wear out the disk. */
const SEEN_MS = 86_400_000;
/** A session that lasts for less is on disk with the moment at which its client left. */
const EXACT_BELOW_MS = 10 * SEEN_MS;
/** How often it is written that the clients which are here are here. */
const SEEN_CHECK_MS = 3_600_000;

/** The sessions that outlive their connections, in memory and on disk; what waits for them is only on disk. */
export class SessionTable implements Sessions {
  readonly #parts: SessionTableParts;
  /** The oldest first. */
  readonly #sessions = new Map<string, KeptSession>();
  readonly #listeners: ((id: string) => void)[] = [];
  #stop: () => void = () => {};

  constructor(parts: SessionTableParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: string): KeptSession | undefined {
    return this.#sessions.get(id);
  }

  all(): Iterable<KeptSession> {
    return this.#sessions.values();
  }

  mayKeep(id: string): boolean {
    return this.#sessions.has(id) || this.#sessions.size < this.#parts.maxSessions || this.#makeRoom();
  }

  claim(id: string, account: string | undefined): void {
    const session = this.#sessions.get(id);
    if (session !== undefined && session.account !== account) this.end(id);
  }

  open(id: string, account: string | undefined, expiryMs: number): KeptSession {
    this.claim(id, account);
    const known = this.#sessions.get(id);
    const session = known ?? this.#add(id, account, expiryMs);
    const wasAway = session.leftMs !== undefined;
    session.enter();
    const isChanged = known === undefined || session.expiryMs !== expiryMs || (wasAway && this.#isExact(session));
    session.expiryMs = expiryMs;
    this.#seen(session, isChanged);
    return session;
  }

  left(id: string, expiryMs: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    if (expiryMs <= 0) {
      this.end(id);
      return;
    }
    session.leave(this.#parts.clock.monotonicMs());
    const isChanged = session.expiryMs !== expiryMs || session.isSending;
    session.expiryMs = expiryMs;
    session.isSending = false;
    this.#seen(session, isChanged || this.#isExact(session));
    this.#expireLater(session, this.#lastsFor(session));
  }

  end(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#parts.disk.del(keyOf(SESSIONS, id));
    this.#parts.dropSubscriptions(id);
    session.end();
    for (const listener of this.#listeners) listener(id);
  }

  endOf(isGone: (account: string) => boolean): void {
    for (const { id, account } of [...this.#sessions.values()]) {
      if (account !== undefined && isGone(account)) this.end(id);
    }
  }

  onEnd(listener: (id: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes in a session that an earlier run left, of its record; undefined: one of which only other things are on disk. */
  restore(id: string, record: SessionRecord | undefined): KeptSession {
    const session = this.#add(id, record?.account, record?.expiryMs ?? Number.POSITIVE_INFINITY);
    const nowMs = this.#parts.clock.monotonicMs();
    session.seenMs = record?.seenMs ?? nowMs;
    session.leftMs = record?.leftMs;
    session.sentSeq = record?.sentSeq ?? Number.POSITIVE_INFINITY;
    if (record === undefined) session.write();
    return session;
  }

  /** Everything is loaded: sessions begin to expire. */
  start(): void {
    const { clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const session of [...this.#sessions.values()]) {
      session.resume();
      // Who was here when the gateway ended leaves now, where a day more or less counts.
      const left = this.#isExact(session) ? (session.leftMs ?? nowMs) : session.seenMs;
      const isNew = session.leftMs === undefined && this.#isExact(session);
      session.leave(left);
      if (isNew) session.write();
      this.#expireLater(session, left + this.#lastsFor(session) - nowMs);
    }
    this.#stop = clock.every(SEEN_CHECK_MS, () => {
      for (const session of this.#sessions.values()) if (session.isHere) this.#seen(session, false);
    });
  }

  stop(): void {
    this.#stop();
    for (const session of this.#sessions.values()) session.stopExpiry();
  }

  #add(id: string, account: string | undefined, expiryMs: number): KeptSession {
    const session = new KeptSession({ id, account, expiryMs }, this.#parts);
    this.#sessions.set(id, session);
    return session;
  }

  /** Writes when the client was here, if that is long ago on disk, or `isChanged` says that there is more to write. */
  #seen(session: KeptSession, isChanged: boolean): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (!isChanged && nowMs - session.seenMs < SEEN_MS) return;
    session.seenMs = nowMs;
    session.write();
  }

  #isExact(session: KeptSession): boolean {
    return this.#lastsFor(session) < EXACT_BELOW_MS;
  }

  #lastsFor({ expiryMs }: KeptSession): number {
    return Math.min(expiryMs, this.#parts.maxExpiryMs);
  }

  #expireLater(session: KeptSession, afterMs: number): void {
    if (afterMs === Number.POSITIVE_INFINITY) return;
    session.expireBy(
      this.#parts.clock.after(Math.max(0, afterMs), () => {
        this.end(session.id);
        this.#parts.expired(session.id);
      }),
    );
  }

  #makeRoom(): boolean {
    for (const session of this.#sessions.values()) {
      const { id, isHere, queue, received } = session;
      if (isHere || queue.count > 0 || received.size > 0 || this.#parts.hasSubscriptions(id)) continue;
      this.end(id);
      return true;
    }
    return false;
  }
}
