import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Service } from './services.ts';

export interface ResponderParts {
  services: readonly Service[];
  clock: Clock;
  log: Log;
}

/**
 * By which services are announced. Resolves when they are, to what takes them back, or rejects.
 *
 * @param ended is called when it has ended by itself
 */
export type Responder = (parts: ResponderParts, ended: () => void) => Promise<() => Promise<void>>;
