import { type Clock, systemClock } from '../common/clock.ts';
import { ClockTrust } from '../common/clock-trust.ts';
import { GatewayClock } from '../common/gateway-clock.ts';
import { GroupCommit, type WritableDb } from '../common/group-commit.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { askTimedatectl } from '../common/timedatectl.ts';
import { showDisk } from '../observability/disk-metrics.ts';
import { Incidents } from '../observability/incidents.ts';
import { MetricsRegistry } from '../observability/metrics.ts';
import { Vitals } from '../observability/vitals.ts';
import { countWrites } from '../storage/count-writes.ts';
import { LevelHubStore } from '../storage/hub-store.ts';
import { RunningTime } from '../storage/running-time.ts';
import type { OnClose } from './closers.ts';
import { openDataDirectory } from './data-directory.ts';

/** How long the start waits to hear whether the clock is right. */
const FIRST_ANSWER_MS = 300;

/** What outlives the process, and what everything is measured by and counted in. */
export interface Storage {
  db: Database;
  /** For what has to be on disk together. */
  writes: GroupCommit;
  clock: GatewayClock;
  incidents: Incidents;
  metrics: MetricsRegistry;
  vitals: Vitals;
  store: LevelHubStore;
}

export interface StorageOptions {
  dataDir: string;
  log: Log;
  /** Default: the machine's, which is asked whether it is right. */
  clock?: Clock | undefined;
  /** Default: one of its own. */
  metrics?: MetricsRegistry | undefined;
}

/** Opens the database. Throws a GatewayError where that cannot be. */
export async function openStorage({ dataDir, log, ...options }: StorageOptions, onClose: OnClose): Promise<Storage> {
  const metrics = options.metrics ?? new MetricsRegistry();
  const trust = options.clock ? undefined : await trustInClock(log, onClose);
  const damage: string[] = [];
  const damaged = (sentence: string) => damage.push(sentence);
  const db = await openDataDirectory({ dataDir, log, clock: options.clock, damaged });
  onClose(() => db.close());
  const writes = countWrites(db, metrics);
  showDisk(metrics, dataDir);
  const runningTime = new RunningTime(db, log);
  const machine = options.clock ?? systemClock;
  const clock = new GatewayClock(machine, trust ?? machine, await runningTime.load());
  runningTime.keep(clock);
  onClose(() => runningTime.close());
  const vitals = new Vitals({ clock, metrics, dataDir, storeFault: () => writes.fault });
  onClose(() => vitals.stop());
  const incidents = new Incidents(clock, log, metrics);
  // In one report, as the log would be spared a second one so soon.
  if (damage.length > 0) {
    incidents.report({ door: 'store', who: 'the database', code: 'DATA_DAMAGED', message: damage.join(' ') });
  }
  const store = new LevelHubStore(db, { log, clock });
  onClose(() => store.close());
  const together = new GroupCommit(db as unknown as WritableDb);
  onClose(() => together.settled());
  return { db, writes: together, clock, incidents, metrics, vitals, store };
}

/** What asks the system whether its clock is right, once it has had the time for a first answer. */
async function trustInClock(log: Log, onClose: OnClose): Promise<ClockTrust> {
  const trust = new ClockTrust({ clock: systemClock, log, ask: () => askTimedatectl() });
  onClose(() => trust.stop());
  const asked = trust.start();
  await Promise.race([asked, new Promise<void>((resolve) => systemClock.after(FIRST_ANSWER_MS, resolve))]);
  return trust;
}
