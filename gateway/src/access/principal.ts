import type { Protocol, Session } from '../hub/session.ts';

/** How a client has proved who it is. `none`: not at all. `password`: with the password of its name. */
export type Proof = 'none' | 'password';

/** The session of an admitted client. */
export interface AdmittedSession extends Session {
  /** Who it is now. */
  readonly principal: Principal | undefined;
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
}

/**
 * Who an admitted client is, and how it has proved that. What it may do is asked each time, so that a changed rule takes effect at once.
 * A session holds its principal from its admission until it ends.
 */
export class Principal {
  readonly id: string;
  readonly protocol: Protocol;
  readonly peer: string;
  readonly proof: Proof;
  readonly account: string | undefined;
  /** Its session while it is online; undefined before, and if it never comes online. */
  session: AdmittedSession | undefined;
  #isRevoked = false;

  constructor({ id, protocol, peer, proof, account }: PrincipalInit) {
    this.id = id;
    this.protocol = protocol;
    this.peer = peer;
    this.proof = proof;
    this.account = account;
  }

  /** True if its admission was taken back: it cannot come online any more. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** Takes its admission back, and closes its session. */
  revoke(): void {
    this.#isRevoked = true;
    const { session } = this;
    this.session = undefined;
    if (session?.principal === this) session.close('revoked');
  }
}
