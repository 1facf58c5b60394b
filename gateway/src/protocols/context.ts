import type { Admission } from '../access/admission.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Hub } from '../hub/hub.ts';
import type { Incidents } from '../observability/incidents.ts';

/** What every session is given, whatever it speaks. */
export interface SessionContext {
  hub: Hub;
  access: Admission;
  clock: Clock;
  incidents: Incidents;
  /** Where what it counts is made known; take from it once what is counted with, not for each message. */
  metrics: Metrics;
  log: Log;
  /** A number from 0 up to but not including 1. */
  random(): number;
}
