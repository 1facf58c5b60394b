import type { Pairings } from '../access/pairing.ts';
import type { ApprovePort } from '../transports/listeners.ts';

/** What lets new devices in, by a code, and new boards at serial ports. */
export interface Boards {
  pairings: Pairings;
  approve: ApprovePort;
}
