import { AedesEngine } from './aedes/engine.ts';
import type { EngineHost, EngineSession, MqttEngine } from './contract.ts';
import type { EngineOptions } from './options.ts';
import { OrderedDb } from './store/ordered-db.ts';

const RUN_KEY = 'crosscomm:run';

/** Opens the broker core, with what is on disk of earlier runs. Returns its host, which `createHost` makes for it. */
export async function openMqttEngine<S extends EngineSession, H extends EngineHost<S>>(
  options: EngineOptions,
  createHost: (engine: MqttEngine<S>) => H,
): Promise<H> {
  const db = new OrderedDb(options.db, (key) => {
    const what = key.slice(0, key.indexOf(':')) || 'a value';
    const message = `A value of the MQTT broker on the disk (${what}) is not what was written and is left out; the SD card may be failing.`;
    options.damaged(message);
  });
  const run = await nextRun(db);
  const engine = new AedesEngine(options, db, `run-${String(run).padStart(10, '0')}`, createHost);
  await engine.open();
  return engine.host;
}

/** Queued messages are sorted by the run first, so a later run's must sort after an earlier run's. */
async function nextRun(db: OrderedDb): Promise<number> {
  const run = Number((await db.get(RUN_KEY))?.toString() ?? 0) + 1;
  await db.put(RUN_KEY, Buffer.from(String(run)));
  return run;
}
