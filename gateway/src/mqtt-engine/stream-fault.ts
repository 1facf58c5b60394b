/** Why a connection is ended by the gateway. */
export interface StreamFault {
  code: 'PEER_MALFORMED' | 'PEER_TOO_LARGE' | 'PEER_TOO_SLOW' | 'PEER_TIMEOUT';
  /** What the peer did, as the end of a sentence that begins with its name. */
  message: string;
}
