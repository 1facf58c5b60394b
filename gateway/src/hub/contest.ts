import type { Protocol } from './session.ts';

/** Two connections want one client id. */
export interface Contest {
  id: string;
  /** The newcomer's. */
  protocol: Protocol;
  /** Where the two come from, with their ports, as far as it is known. */
  peers: readonly (string | undefined)[];
  /** The newcomer was refused; else it took the place of the other. */
  isRefused: boolean;
}
