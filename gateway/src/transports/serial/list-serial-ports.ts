import { join } from 'node:path';
import type { Log } from '../../common/log.ts';
import { isAllowed, type SerialConfig, stableId, uniqueId } from './identity.ts';
import { type ListPorts, listSystemPorts, PortCatalogue } from './port-list.ts';
import { PortWatcher } from './port-watcher.ts';

/** A serial port as a person wants to see it. */
export interface SerialPortDescription {
  path: string;
  /** The id of its client: configured, or made from what the board says of itself. */
  id: string;
  /** The stable path to write into a configuration; undefined where the system has none for it. */
  byIdPath: string | undefined;
  /** Four hex digits. */
  vendorId: string | undefined;
  productId: string | undefined;
  manufacturer: string | undefined;
  serialNumber: string | undefined;
  /** Whether the gateway would open it. */
  allowed: boolean;
}

/** The serial ports that are there now: USB ones, and those that are configured. Opens none of them. Never rejects. */
export async function listSerialPorts(
  config: SerialConfig,
  log: Log,
  list: ListPorts = listSystemPorts,
): Promise<SerialPortDescription[]> {
  const directory = config.deviceDirectory;
  const paths: string[] = [];
  const configuredPaths = config.ports.map((port) => port.path);
  const watcher = new PortWatcher(
    { directory, autoDetect: true, configuredPaths, log },
    { appeared: (found) => paths.push(...found), vanished: () => {} },
  );
  await watcher.scan();
  if (paths.length === 0) return [];
  const ids = new Set<string>();
  const described = await new PortCatalogue({ directory, list, log }).describe(paths);
  return described.map(({ facts }) => {
    const configured = config.ports.find((port) => port.path === facts.path);
    const id = configured?.name ?? uniqueId(stableId(facts), (taken) => ids.has(taken));
    ids.add(id);
    return {
      path: facts.path,
      id,
      byIdPath: facts.byIdName === undefined ? undefined : join(directory, 'serial', 'by-id', facts.byIdName),
      vendorId: facts.vendorId,
      productId: facts.productId,
      manufacturer: facts.manufacturer,
      serialNumber: facts.serialNumber,
      allowed: configured !== undefined || (config.autoDetect && isAllowed(facts, config)),
    };
  });
}
