/** Why a connection is ended by the gateway. */
export interface StreamFault {
  code: 'PEER_MALFORMED' | 'PEER_TOO_LARGE' | 'PEER_TOO_SLOW' | 'PEER_TOO_MANY' | 'PEER_TIMEOUT';
  /** What the peer did, as the end of a sentence that begins with its name. */
  message: string;
}

/** Others need the memory: see `IncomingBudget`. */
export const TOO_MUCH_HELD: StreamFault = {
  code: 'PEER_TOO_MANY',
  message: 'was disconnected: too much of packets that were not complete was held at once, most of it of its address',
};
