import type { Proof, SignedIn } from '../common/signed-in.ts';
import type { Hearer, Protocol, Session } from '../hub/session.ts';
import type { Meter } from './meter.ts';
import type { Namespace } from './namespace.ts';
import type { Rights } from './rights.ts';

/** The session of an admitted client. */
export interface AdmittedSession extends Session {
  /** Who it is now. */
  readonly principal: Principal | undefined;
  /** What waits for it to read, in bytes; undefined where that is not known. */
  readonly waitingBytes?: number | undefined;
  /** How many subscriptions it has that the hub does not know. */
  readonly ownSubscriptions?: number;
  /** Its subscription to this address has ended, as it may not have it any more: it is told where its protocol has a word for that. */
  lost?(address: string): void;
}

export interface PrincipalInit {
  /** The client id; '' if it has none, as it only asks or reads. */
  id: string;
  protocol: Protocol;
  /** The address it comes from, with or without a port, or the serial port. */
  peer: string;
  proof: Proof;
  /** The account of its credentials; undefined if it is anonymous. */
  account?: string | undefined;
  /** Which of the account's tokens or certificates, or the hash of the password that was right; undefined without an account. */
  credential?: string | undefined;
  rights: Rights;
  /** The names of its account; undefined: it has none of its own. */
  namespace?: Namespace | undefined;
}

/**
 * Who an admitted client is, how it has proved that, and what it may do. `Admission` gives it other rights when a rule changes, so that this
 * takes effect at once. A session holds its principal from its admission until it ends.
 */
export class Principal implements Hearer, SignedIn {
  readonly id: string;
  readonly protocol: Protocol;
  readonly peer: string;
  readonly proof: Proof;
  readonly account: string | undefined;
  readonly credential: string | undefined;
  /** What its client calls what others call otherwise; undefined: nothing. */
  readonly names: Namespace | undefined;
  /** What it may do now. */
  rights: Rights;
  /** After how many changes of accounts and roles its rights were made; for `Reviews`. */
  reviewedAt = 0;
  /** What its account has used of its quota; undefined if nothing limits it. */
  meter: Meter | undefined;
  /** Its session while it is online; undefined before, and if it never comes online. */
  session: AdmittedSession | undefined;
  /** Who came first of those whose session it has taken over, one after the other: the hub still asks that one. */
  #first: Principal | undefined;
  /** Who has the session now that it came with. */
  #successor: Principal | undefined;
  #isRevoked = false;
  #watchers: Set<() => void> | undefined;

  constructor({ id, protocol, peer, proof, account, credential, rights, namespace }: PrincipalInit) {
    this.id = id;
    this.protocol = protocol;
    this.peer = peer;
    this.proof = proof;
    this.account = account;
    this.credential = credential;
    this.rights = rights;
    this.names = namespace;
  }

  /** What a channel, a client or a topic filter that its client names is called by all others. */
  outward(written: string): string {
    return this.names === undefined ? written : this.names.outward(written);
  }

  /** What its client calls what is called `name` by all others. */
  inward(name: string): string {
    return this.names === undefined ? name : this.names.inward(name);
  }

  /** True if its admission was taken back: it cannot come online any more. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** True while anybody is to be told of its end. */
  get isWatched(): boolean {
    return this.#watchers !== undefined && this.#watchers.size > 0;
  }

  /** Whether what is sent to this channel may reach whoever has its session now. */
  hears(channel: string): boolean {
    return (this.#successor ?? this).rights.hears(channel);
  }

  /** Takes over the session of another principal of its account and id, which came by an earlier connection: its subscriptions ask this one now. */
  succeed(former: Principal): void {
    const first = former.#first ?? former;
    this.#first = first;
    first.#successor = this;
  }

  /** Calls `end` when its admission is taken back, until the returned function is called; at once if it was already. */
  onRevoked(end: () => void): () => void {
    if (this.#isRevoked) {
      end();
      return () => {};
    }
    this.#watchers ??= new Set();
    const watchers = this.#watchers;
    watchers.add(end);
    return () => watchers.delete(end);
  }

  /** Takes its admission back, and closes its session. */
  revoke(): void {
    if (this.#isRevoked) return;
    this.#isRevoked = true;
    const { session } = this;
    this.session = undefined;
    if (session?.principal === this) session.close('revoked');
    const watchers = this.#watchers;
    this.#watchers = undefined;
    for (const end of watchers ?? []) end();
  }
}
