import { readFile } from 'node:fs/promises';
import { GatewayError } from '../common/errors.ts';
import type { BaseConfig } from '../config/schema.ts';
import { sectionValues } from '../config/section.ts';
import { Bridges } from '../integrations/mqtt-bridge/bridges.ts';
import type { BridgePort } from '../protocols/bridge-port.ts';
import type { SessionContext } from '../protocols/context.ts';
import { TextNotes } from '../storage/text-notes.ts';
import type { OnClose } from './closers.ts';
import type { Storage } from './storage.ts';

export interface BridgeParts {
  config: BaseConfig;
  context: SessionContext;
  storage: Pick<Storage, 'db'>;
  /** Of MQTT here; undefined where the gateway does not speak it. */
  port: BridgePort | undefined;
  /** Those that are in no file, by the name of the bridge. */
  passwords: ReadonlyMap<string, string> | undefined;
}

/** Passes messages to and from other brokers. What is to go there is kept from now on; `start` begins to seek them. */
export async function openBridges(parts: BridgeParts, onClose: OnClose): Promise<Bridges> {
  const { config, context, storage, port, passwords } = parts;
  if (port === undefined)
    throw new GatewayError('CONFIG_INVALID', 'Bridges need MQTT, which this gateway does not speak.');
  const { maxPacketBytes } = sectionValues(config, 'mqtt') as { maxPacketBytes: number };
  const bridges = new Bridges({
    ...context,
    ...{ config: config.bridges, port, maxPacketBytes },
    notes: new TextNotes(storage.db, 'bridges'),
    password: async ({ name, passwordFile }) =>
      passwordFile === undefined ? passwords?.get(name) : (await readFile(passwordFile, 'utf8')).trim(),
    report: (incident) => context.incidents.report(incident),
  });
  onClose(() => bridges.stop());
  await bridges.begin();
  return bridges;
}
