/** Time limits and rules for OOCSI clients, by TCP and WebSocket. */
export interface OocsiOptions {
  /** A client that was silent for this long is pinged, and again after each further such time. */
  pingAfterMs: number;
  /** A client that was silent for this long is removed. */
  timeoutMs: number;
  /** How long the older of two clients with one handle has to show that it is there. */
  takeoverMs: number;
  /** How long a new connection has to say its handle. */
  handshakeTimeoutMs: number;
  /** A client that comes back with other digits of the same pattern is taken for the same client. Default: no. */
  stickyPattern?: boolean;
}
