import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Admission } from '../access/admission.ts';
import type { Principal } from '../access/principal.ts';
import { makeToken } from '../access/tokens.ts';
import type { Clock } from '../common/clock.ts';

/** How long a page stays signed in after it was used last. */
export const SESSION_MS = 12 * 60 * 60 * 1000;
/**
 * How long a browser keeps the cookie after the last answer by HTTP, as long as any browser does. The gateway's own time is what counts: a page that only
 * has a WebSocket open gets no answer for months, and needs the cookie when that breaks.
 */
export const COOKIE_AGE_S = 400 * 24 * 60 * 60;
/** How many one account has at once; the one that was used least lately makes room. */
const MAX_OF_ACCOUNT = 20;
const MAX_SESSIONS = 2000;

interface PageSession {
  principal: Principal;
  /** By the monotonic clock; it is being used while anything is open. */
  usedMs: number;
  /** How many connections are open, and requests not answered to their end. */
  open: number;
  stop(): void;
}

/**
 * Where people are signed in with a browser, in memory only. A session ends with the account, and with the password or token that it was
 * opened with.
 */
export class PageSessions {
  readonly #access: Admission;
  readonly #clock: Clock;
  /** By the SHA-256 of what the cookie says, those used last at the end. */
  readonly #sessions = new Map<string, PageSession>();

  constructor(parts: { access: Admission; clock: Clock }) {
    this.#access = parts.access;
    this.#clock = parts.clock;
  }

  /** Opens a session for who has proved itself, and returns the secret of its cookie. */
  open(principal: Principal): string {
    this.#makeRoom(principal.account);
    const secret = makeToken();
    const key = keyOf(secret);
    const stop = this.#access.watch(principal, () => this.#sessions.delete(key));
    if (principal.isRevoked) return secret;
    this.#sessions.set(key, { principal, usedMs: this.#clock.monotonicMs(), open: 0, stop });
    return secret;
  }

  /**
   * Who has this secret; undefined where it is no one's, or was not used for too long. It is used by that, until `connection` closes: a
   * WebSocket, or an answer, which for a stream of events goes on for as long.
   */
  find(secret: string, connection?: Pick<EventEmitter, 'once'>): Principal | undefined {
    const key = keyOf(secret);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    if (this.#isOver(session)) {
      this.#end(key);
      return undefined;
    }
    this.#use(key, session);
    if (connection !== undefined) {
      session.open++;
      connection.once('close', () => {
        session.open--;
        this.#use(key, session);
      });
    }
    return session.principal;
  }

  /** Signs out. What was opened by this session and is still open, such as a WebSocket, ends. */
  close(secret: string): void {
    this.#signOut(keyOf(secret));
  }

  #signOut(key: string): void {
    const principal = this.#sessions.get(key)?.principal;
    this.#end(key);
    principal?.revoke();
  }

  #use(key: string, session: PageSession): void {
    if (this.#sessions.get(key) !== session) return;
    session.usedMs = this.#clock.monotonicMs();
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
  }

  #isOver({ usedMs, open }: PageSession): boolean {
    return open === 0 && this.#clock.monotonicMs() - usedMs >= SESSION_MS;
  }

  #makeRoom(account: string | undefined): void {
    const all: string[] = [];
    const own: string[] = [];
    for (const [key, session] of this.#sessions) {
      if (this.#isOver(session)) this.#end(key);
      else {
        all.push(key);
        if (session.principal.account === account) own.push(key);
      }
    }
    const full = own.length >= MAX_OF_ACCOUNT ? own : all.length >= MAX_SESSIONS ? all : [];
    const oldest = full.find((key) => this.#sessions.get(key)?.open === 0) ?? full[0];
    // What it has open ends, too: nobody could sign it out any more.
    if (oldest !== undefined) this.#signOut(oldest);
  }

  #end(key: string): void {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    session?.stop();
  }
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
