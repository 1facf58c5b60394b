import { AedesEngine } from './aedes/engine.ts';
import type { EngineHost, EngineSession, MqttEngine } from './contract.ts';
import type { EngineOptions } from './options.ts';

/** Opens the broker core, with what is on disk of earlier runs. Returns its host, which `createHost` makes for it. */
export async function openMqttEngine<S extends EngineSession, H extends EngineHost<S>>(
  options: EngineOptions,
  createHost: (engine: MqttEngine<S>) => H,
): Promise<H> {
  const engine = new AedesEngine(options, createHost);
  await engine.open();
  return engine.host;
}
