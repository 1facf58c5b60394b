import type { Metrics } from '../common/metrics.ts';
import { version } from '../common/version.ts';
import type { Vitals } from '../observability/vitals.ts';
import type { Readiness } from '../web/health-route.ts';

/** Whether a gateway can do its work: it is starting until `begin`, and stopping from `end` on. */
export class GatewayReadiness {
  readonly #vitals: Pick<Vitals, 'storeFault'>;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';

  constructor(metrics: Metrics, vitals: Pick<Vitals, 'storeFault'>) {
    this.#vitals = vitals;
    const help = 'Whether the gateway can do its work, as GET /readyz says it: 1 or 0.';
    metrics.gauge({ name: 'crosscomm_ready', help }, () => (this.state === 'ready' ? 1 : 0));
    const info: { version: string } = { version: version() };
    metrics.gauge<'version'>(
      { name: 'crosscomm_build_info', help: 'The version of the gateway.', labels: ['version'] },
      () => [[info, 1]],
    );
  }

  get state(): Readiness {
    if (this.#phase !== 'ready') return this.#phase;
    return this.#vitals.storeFault === undefined ? 'ready' : 'unwritable';
  }

  begin(): void {
    this.#phase = 'ready';
  }

  end(): void {
    this.#phase = 'stopping';
  }
}
