import type { Admission } from '../access/admission.ts';
import type { Clock } from '../hub/clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { Log } from '../observability/log.ts';

/** What every session is given, whatever it speaks. */
export interface SessionContext {
  hub: Hub;
  access: Admission;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  /** A number from 0 up to but not including 1. */
  random(): number;
}
