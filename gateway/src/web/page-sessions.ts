import { createHash } from 'node:crypto';
import type { Admission } from '../access/admission.ts';
import type { Principal } from '../access/principal.ts';
import { makeToken } from '../access/tokens.ts';
import type { Clock } from '../common/clock.ts';

/** How long a page stays signed in after it was used last. */
export const SESSION_MS = 12 * 60 * 60 * 1000;
/** How many one account has at once; the one that was used least lately makes room. */
const MAX_OF_ACCOUNT = 20;
const MAX_SESSIONS = 2000;

interface PageSession {
  principal: Principal;
  /** By the monotonic clock. */
  usedMs: number;
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
    this.#sessions.set(key, { principal, usedMs: this.#clock.monotonicMs(), stop });
    return secret;
  }

  /** Who has this secret; it is used by that. undefined where it is no one's, or was not used for too long. */
  find(secret: string): Principal | undefined {
    const key = keyOf(secret);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    this.#sessions.delete(key);
    if (this.#isOver(session)) {
      session.stop();
      return undefined;
    }
    session.usedMs = this.#clock.monotonicMs();
    this.#sessions.set(key, session);
    return session.principal;
  }

  /** Signs out. What was opened by this session and is still open, such as a WebSocket, ends. */
  close(secret: string): void {
    const key = keyOf(secret);
    const principal = this.#sessions.get(key)?.principal;
    this.#end(key);
    principal?.revoke();
  }

  #isOver({ usedMs }: PageSession): boolean {
    return this.#clock.monotonicMs() - usedMs >= SESSION_MS;
  }

  #makeRoom(account: string | undefined): void {
    const own: string[] = [];
    for (const [key, session] of this.#sessions) {
      if (this.#isOver(session)) this.#end(key);
      else if (session.principal.account === account) own.push(key);
    }
    const [oldest] = own.length >= MAX_OF_ACCOUNT ? own : this.#sessions.keys();
    if (oldest !== undefined && (own.length >= MAX_OF_ACCOUNT || this.#sessions.size >= MAX_SESSIONS)) {
      this.#end(oldest);
    }
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
