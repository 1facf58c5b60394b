import { silentLog } from '../common/log.ts';
import { parseConfigText } from '../config/load.ts';
import { configForm, configFormOf } from './config.ts';
import { createGateway, type GatewayOptions } from './gateway.ts';
import type { Listeners } from './listeners.ts';

/** A gateway that runs in this process. */
export interface RunningGateway {
  /** Where it listens. */
  readonly doors: Listeners;
  /** Says goodbye on every wire, saves, and closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts a gateway in this process. `configuration` is what crosscomm.yaml would hold; relative folders start from the current one.
 * Without a `log` it says nothing.
 *
 * @throws GatewayError where the configuration is wrong or a listener cannot be opened; nothing is open then
 */
export async function startGateway(
  configuration: object = {},
  options: Partial<GatewayOptions> = {},
): Promise<RunningGateway> {
  const form = options.protocols ? configFormOf(options.protocols) : configForm;
  const config = parseConfigText(form, JSON.stringify(configuration), 'the configuration', process.cwd());
  const gateway = createGateway(config, { log: silentLog, ...options });
  const doors = await gateway.start();
  return { doors, stop: () => gateway.stop() };
}
