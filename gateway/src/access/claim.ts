import type { Proof, SignedIn } from '../common/signed-in.ts';
import type { Protocol } from '../hub/session.ts';

/** Who a newcomer says it is, and its credentials. */
export interface Claim {
  /** The client id; undefined if it needs none, as it only asks or reads. */
  id?: string | undefined;
  protocol: Protocol;
  /** The address it comes from, with or without a port, or the serial port. */
  peer: string;
  /** The user name that it gave: an account, or an id that an account owns. Without it, the account is the one that owns `id`. */
  account?: string | undefined;
  /** The password or token that it gave. */
  secret?: string | undefined;
  /** Its secret must be right, also where nobody asked for one. Without it, one that nobody asked for is ignored. */
  insists?: boolean | undefined;
  /** SHA-256 of the client certificate by which it proved itself to TLS, hexadecimal, lower case. */
  certificate?: string | undefined;
  /** It is plugged into this machine. */
  isCable?: boolean | undefined;
  /** It comes from elsewhere, whatever `peer` says: through a proxy. */
  isRemote?: boolean | undefined;
  /** It has proved itself before: a web page that has signed in. What it brings now counts instead. */
  signedIn?: SignedIn | undefined;
  /** The web page that asks, which may not join without a credential of its own: one of another origin than the gateway's, such as `https://a.example`. */
  page?: string | undefined;
  /** True when nobody waits for the answer any more: no answer is given then, and no work should be done for it. */
  isGone(): boolean;
}

/** The proof that was accepted, or why the claim is refused. */
export type Proven =
  | { proof: Proof; account?: string | undefined; credential?: string | undefined; reason?: undefined }
  | { reason: 'password' | 'not_allowed' | 'too_many' | 'busy'; why: string };

/** Checks a claim, whose name is an allowed one. It may be asynchronous. */
export type Prove = (claim: Claim) => Proven | Promise<Proven>;
