/** How OOCSI clients are treated, by whatever wire. */
export interface OocsiOptions {
  /** A client from which nothing came for so long is pinged, and again after each such time. */
  pingAfterMs: number;
  /** A client from which nothing came for so long is removed. */
  timeoutMs: number;
  /** How long the older of two clients with one handle has to show that it is there. */
  takeoverMs: number;
  /** How long a new connection has to say its handle. */
  handshakeTimeoutMs: number;
  /** A client that comes back by other digits of the same pattern counts as the same. Default: no. */
  stickyPattern?: boolean;
}
