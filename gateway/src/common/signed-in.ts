/**
 * How a client has proved who it is. `none`: not at all; `key`: by an access key of its account; `cable`: by being plugged in; `operator`: with the secret that the gateway wrote
 * into its data folder.
 */
export type Proof = 'none' | 'password' | 'token' | 'certificate' | 'key' | 'cable' | 'operator';

/** Who proved itself before it opened this connection: a web page of the gateway's own that has signed in. For rooms that know no accounts. */
export interface SignedIn {
  readonly account: string | undefined;
  readonly proof: Proof;
  readonly credential: string | undefined;
  /** It is over, as its account, its credential or its session ended. */
  readonly isRevoked: boolean;
  /** Calls `end` when it is over, until the returned function is called; at once if it is. */
  onRevoked(end: () => void): () => void;
}
