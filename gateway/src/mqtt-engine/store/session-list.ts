import type { OrderedDb } from './ordered-db.ts';
import { idIn, keyOf, rangeOf, SESSIONS } from './session-keys.ts';

export interface SessionListParts {
  db: OrderedDb;
  /** How many there may be. */
  maxSessions: number;
  /** How long the gateway has run, in all its runs. */
  monotonicMs(): number;
  isOnline(id: string): boolean;
  /** The account of the client that is online under this id; undefined for one without, and where it is not online. */
  accountOf(id: string): string | undefined;
  /** Whether the client's session is more than its name: it has subscriptions, or anything waits for it or for its release. */
  holdsAnything(id: string): boolean;
  /** Takes all else that is a client's out of memory and off the disk, together with `key`. */
  takeAway(id: string, key: string): Promise<void>;
}

/** What is known of a session. */
interface Kept {
  /** When its client was here last, in milliseconds that the gateway has run. */
  readonly seenMs: number;
  /** To which account it belongs; undefined: to none. */
  readonly account: string | undefined;
}

/** Which day a client was here last is enough to know: a client that comes and goes must not wear out the disk. */
const SEEN_MS = 86_400_000;

/** The sessions that outlive their connections: whose they are, and when their clients were here last. */
export class SessionList {
  readonly #parts: SessionListParts;
  readonly #sessions = new Map<string, Kept>();
  /** Sessions whose end is being written. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(parts: SessionListParts) {
    this.#parts = parts;
  }

  /** Loads what an earlier run left. False where that wrote no sessions down: then whoever has anything has one. */
  async load(): Promise<boolean> {
    for await (const [key, value] of this.#parts.db.entries(rangeOf(SESSIONS))) {
      // Sessions of earlier versions have no account.
      const [seenMs, account] = value.toString().split(' ');
      this.#sessions.set(idIn(`${key}:`, SESSIONS), { seenMs: Number(seenMs) || 0, account });
    }
    return this.#sessions.size > 0;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** The account that a session belongs to; undefined for one of no account, and where there is none. */
  accountOf(id: string): string | undefined {
    return this.#sessions.get(id)?.account;
  }

  /** A client of `account` comes: ends the session that another account's client has left under its id. */
  claim(id: string, account: string | undefined): void {
    const session = this.#sessions.get(id);
    // Whoever waits for the end of it, see `ended`, is told of a failure.
    if (session !== undefined && session.account !== account) this.end(id).catch(ignore);
  }

  /** True where the client has a session or there is room for one: where all are taken, the oldest that holds nothing ends. */
  mayKeep(id: string): boolean {
    return this.has(id) || this.#sessions.size < this.#parts.maxSessions || this.#makeRoom();
  }

  /** Notes that the client of a session is here; from now on it has one. */
  seen(id: string): void {
    const nowMs = this.#parts.monotonicMs();
    const before = this.#sessions.get(id);
    if (before !== undefined && nowMs - before.seenMs < SEEN_MS) return;
    const account = before === undefined ? this.#parts.accountOf(id) : before.account;
    this.#sessions.set(id, { seenMs: nowMs, account });
    const text = `${Math.round(nowMs)}${account === undefined ? '' : ` ${account}`}`;
    this.#parts.db.put(keyOf(SESSIONS, id), Buffer.from(text)).catch(ignore);
  }

  /** Ends the sessions of accounts that are gone; whoever of theirs is still here is about to go. */
  endOf(isGone: (account: string) => boolean): void {
    for (const [id, { account }] of [...this.#sessions]) {
      if (account !== undefined && isGone(account)) this.end(id).catch(ignore);
    }
  }

  /** Ends the sessions of clients that are away for longer than `expiryMs`; their ids. */
  async expire(expiryMs: number): Promise<string[]> {
    const before = this.#parts.monotonicMs() - expiryMs;
    const expired: string[] = [];
    for (const id of [...this.#sessions.keys()]) {
      // Who is here when the power fails was here a day ago at most, as far as the disk knows.
      if (this.#parts.isOnline(id)) this.seen(id);
      else if ((this.#sessions.get(id)?.seenMs ?? before) < before) {
        await this.end(id);
        expired.push(id);
      }
    }
    return expired;
  }

  /** Ends a session, if there is one, with all that waits for it (MQTT-3.1.2-6). */
  async endIfAny(id: string): Promise<void> {
    if (this.has(id) || this.#ending.has(id)) await this.end(id);
  }

  end(id: string): Promise<void> {
    let ending = this.#ending.get(id);
    if (ending === undefined) {
      this.#sessions.delete(id);
      ending = this.#parts.takeAway(id, keyOf(SESSIONS, id)).finally(() => this.#ending.delete(id));
      this.#ending.set(id, ending);
    }
    return ending;
  }

  /** Resolves when no end of this client's session is being written. */
  async ended(id: string): Promise<void> {
    await this.#ending.get(id);
  }

  #makeRoom(): boolean {
    for (const id of this.#sessions.keys()) {
      if (this.#parts.holdsAnything(id) || this.#parts.isOnline(id)) continue;
      this.end(id).catch(ignore);
      return true;
    }
    return false;
  }
}

function ignore(): void {}
