import type { Clock } from '../common/clock.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { ObjectStore } from '../objects/contract.ts';
import type { Finding } from '../observability/finding.ts';
import { diskSpeedFinding } from '../observability/machine/disk-speed.ts';
import { diskWearFinding } from '../observability/machine/disk-wear.ts';
import { readKernelLog } from '../observability/machine/kernel-log.ts';
import { electricFindings } from '../observability/machine/power.ts';
import { serialAccessFindings } from '../observability/machine/serial-access.ts';
import type { Vitals } from '../observability/vitals.ts';
import type { Listeners } from './listeners.ts';

export interface ExamineParts {
  config: Pick<BaseConfig, 'dataDir' | 'objects'>;
  clock: Clock;
  vitals: Pick<Vitals, 'disk'>;
  store: Pick<ObjectStore, 'list'>;
  listeners(): Listeners | undefined;
}

/** The disk is written to for it, so that it is not asked more often. */
const SPEED_MS = 60_000;
/** How long a store may take to answer at all. */
const STORE_MS = 5000;

/** Looks at what the gateway does not know anyway: its machine, its ports. */
export class Examination {
  readonly #parts: ExamineParts;
  #speed: { finding: Promise<Finding>; atMs: number } | undefined;

  constructor(parts: ExamineParts) {
    this.#parts = parts;
  }

  async findings(): Promise<Finding[]> {
    const { vitals } = this.#parts;
    const [speed, disk, electric, serial, store] = await Promise.all([
      this.#diskSpeed(),
      vitals.disk(),
      readKernelLog().then((log) => electricFindings(log)),
      serialAccessFindings((this.#parts.listeners()?.serial ?? []).map(({ path }) => path)),
      this.#storeFindings(),
    ]);
    return [speed, diskWearFinding(disk), ...electric, ...serial, ...store, ...this.#listenerFindings()];
  }

  #diskSpeed(): Promise<Finding> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#speed === undefined || nowMs - this.#speed.atMs >= SPEED_MS) {
      this.#speed = { finding: diskSpeedFinding(this.#parts.config.dataDir), atMs: nowMs };
    }
    return this.#speed.finding;
  }

  /** Whether a store that is elsewhere answers now. */
  async #storeFindings(): Promise<Finding[]> {
    const { config, store, clock } = this.#parts;
    if (config.objects.store === 'local') return [];
    const code = 'object_store';
    const values = { endpoint: config.objects.endpoint };
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(STORE_MS, () => reject(new Error(`no answer in ${STORE_MS / 1000} s`)));
    });
    try {
      await Promise.race([store.list({ limit: 1 }), late]);
      return [{ code, level: 'ok', values, sentence: 'The object store in the network answers.' }];
    } catch (error) {
      const reason = (error as Error).message.replace(/\.$/, '');
      const sentence = `The object store in the network cannot be used: ${reason}.`;
      const advice = `Look at the network, at objects.endpoint and objects.bucket, and at the ${config.objects.store === 's3' ? 'AWS' : 'OSS'}_ variables of the environment. What was accepted waits and is not lost.`;
      return [{ code, level: 'fault', values: { ...values, reason }, sentence, advice }];
    } finally {
      cancel();
    }
  }

  #listenerFindings(): Finding[] {
    const open = Object.entries(this.#parts.listeners() ?? {}).flatMap(([name, state]) =>
      state !== undefined && 'port' in state ? [`${name} ${state.port}`] : [],
    );
    const names = open.join(', ');
    const all: Finding = {
      ...{ code: 'listeners', level: 'ok', values: { names }, sentence: `These listeners are open: ${names}.` },
    };
    if (this.#parts.listeners()?.oss !== undefined) return [all];
    const sentence = 'The listener for OSS clients is closed, as another program has its port.';
    const advice = 'If you need it, end that program ("ss -ltnp" shows it), or choose another port: oss.port.';
    return [
      all,
      { code: 'listener_closed', level: 'warning', subject: 'oss', values: { name: 'oss' }, sentence, advice },
    ];
  }
}
