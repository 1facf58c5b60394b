import type { Protocol, Session } from '../hub/session.ts';

/** By what somebody has shown who it is. `none`: by nothing, it is anybody. `password`: by that of the name it goes by. */
export type Proof = 'none' | 'password';

/** A session that somebody who was admitted has. */
export interface AdmittedSession extends Session {
  /** Who it is now. */
  readonly principal: Principal | undefined;
}

export interface PrincipalInit {
  /** The client id; '' where it has none, as it only asks or reads. */
  id: string;
  protocol: Protocol;
  /** The address it comes from, with or without a port, or the serial port. */
  peer: string;
  proof: Proof;
  /** Whose credential it has brought; undefined: anonymous. */
  account?: string | undefined;
}

/**
 * Who somebody is that was admitted, and by which proof. What it may do is asked for each time, so that a rule which changes holds
 * at once. A session holds its principal from its admission to its end.
 */
export class Principal {
  readonly id: string;
  readonly protocol: Protocol;
  readonly peer: string;
  readonly proof: Proof;
  readonly account: string | undefined;
  /** The session that it came online by; undefined before, and where it never does. */
  session: AdmittedSession | undefined;
  #isRevoked = false;

  constructor({ id, protocol, peer, proof, account }: PrincipalInit) {
    this.id = id;
    this.protocol = protocol;
    this.peer = peer;
    this.proof = proof;
    this.account = account;
  }

  /** True where its admission was taken back: it does not come online any more. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** Takes its admission back, and ends the session that it is online by. */
  revoke(): void {
    this.#isRevoked = true;
    const { session } = this;
    this.session = undefined;
    if (session?.principal === this) session.close('revoked');
  }
}
