import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../app/config.ts';
import { GatewayError } from '../../common/errors.ts';
import { silentLog } from '../../common/log.ts';
import { printable } from '../../common/printable.ts';
import { isAllowed, isUsbPortName, type PortFacts, stableId, uniqueId } from '../../transports/serial/identity.ts';
import { listSystemPorts, PortCatalogue } from '../../transports/serial/port-list.ts';
import type { Status } from '../../web/status-route.ts';
import { askGateway } from '../ask-gateway.ts';
import { configFile } from '../config-file.ts';
import { runningGateway } from '../operator-place.ts';
import { EXIT, type Shell, say, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface SerialListOptions {
  config?: string;
  json?: boolean;
}

/**
 * What the gateway does with a port: it has it from the configuration, it finds it, or it leaves it alone; or it is not there. `not approved`:
 * a running gateway has it, and waits until somebody lets its board join.
 */
type State = 'configured' | 'found' | 'not used' | 'missing' | 'not approved';

interface ListedPort {
  id: string;
  /** What the configuration is to name. */
  path: string;
  /** Null where nothing is plugged in. */
  device: string | null;
  usb: string | null;
  manufacturer: string | null;
  state: State;
}

/** `crosscomm serial list`: the ports of the configuration and the USB serial ports there are, and the names they join with. */
export async function serialList(shell: Shell, options: SerialListOptions): Promise<number> {
  const { serial, dataDir } = portConfig(shell, options.config);
  const ports = await listPorts(serial);
  if (serial.approve) await markUnapproved(shell, dataDir, ports);
  if (options.json) {
    for (const port of ports) say(shell, JSON.stringify(port));
  } else if (ports.length === 0) {
    say(shell, 'There is no USB serial port. Is the board plugged in, by a cable that carries data?');
  } else {
    const rows = ports.map(({ id, state, path, device, usb, manufacturer }) => [
      printable(id),
      state,
      device ?? '-',
      usb ?? '-',
      // What a board says of itself.
      printable(manufacturer ?? '-'),
      path === device ? '' : path,
    ]);
    sayTable(shell, ['CLIENT ID', 'STATE', 'PORT', 'USB', 'MAKER', 'STABLE PATH'], rows);
  }
  return EXIT.fine;
}

/** What of the configuration is about ports. One that was not named and is wrong is not in the way of whoever is about to mend it. */
function portConfig(shell: Shell, named: string | undefined): Pick<Config, 'serial' | 'dataDir'> {
  const { file } = configFile(shell, named);
  try {
    return loadConfig({ file, cwd: shell.cwd, isLookUp: true });
  } catch (error) {
    if (named !== undefined || !(error instanceof GatewayError)) throw error;
    warn(shell, `The configuration is left out: ${error.message} [${error.code}]`);
    return loadConfig({ cwd: shell.cwd, isLookUp: true });
  }
}

/** Asks the gateway that runs, if one does, whose boards wait. */
async function markUnapproved(shell: Shell, dataDir: string, ports: ListedPort[]): Promise<void> {
  const gateway = await runningGateway(shell, dataDir).catch(() => undefined);
  if (gateway === undefined) return;
  const { url, secret } = gateway;
  const status = await askGateway(shell, url, 'GET', '/status', { secret }).catch(() => undefined);
  const { doors = {} } = (status ?? {}) as Partial<Status>;
  const { serial = [] } = doors as { serial?: { path: string; state: string }[] };
  const waiting = new Set(serial.filter(({ state }) => state === 'unapproved').map(({ path }) => path));
  for (const port of ports) {
    // The gateway knows a port of the configuration by the path that stands there.
    if ([port.path, port.device].some((path) => path !== null && waiting.has(path))) port.state = 'not approved';
  }
}

/** As the gateway does it: what the configuration names goes by its name, also where it is a USB port. */
async function listPorts(serial: Config['serial']): Promise<ListedPort[]> {
  const { deviceDirectory: directory } = serial;
  const catalogue = new PortCatalogue({ directory, list: listSystemPorts, log: silentLog });
  const names = await readdir(directory).catch(() => []);
  const usb = names
    .filter(isUsbPortName)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .map((name) => join(directory, name));
  const targets = await Promise.all(serial.ports.map(({ path }) => realpath(path).catch(() => undefined)));
  const plugged = [...new Set([...targets.filter((target) => target !== undefined), ...usb])];
  const described = (await catalogue.describe(plugged)).map(({ facts }) => facts);
  const taken = new Set(serial.ports.flatMap(({ name }) => name ?? []));
  const idOf = (facts: PortFacts): string => {
    const id = uniqueId(stableId(facts), (each) => taken.has(each));
    taken.add(id);
    return id;
  };
  const configured = serial.ports.map(({ path, name }, index): ListedPort => {
    const facts = described.find((each) => each.path === targets[index]);
    const id = name ?? idOf({ ...facts, path });
    return { id, ...about(facts), path, state: facts ? 'configured' : 'missing' };
  });
  const others = described.filter(({ path }) => !targets.includes(path));
  const found = others.map((facts): ListedPort => {
    const isUsed = serial.autoDetect && isAllowed(facts, serial);
    const path = facts.byIdName ? catalogue.byIdPath(facts.byIdName) : facts.path;
    return { id: idOf(facts), ...about(facts), path, state: isUsed ? 'found' : 'not used' };
  });
  return [...configured, ...found];
}

function about(facts: PortFacts | undefined): Pick<ListedPort, 'device' | 'usb' | 'manufacturer'> {
  return {
    device: facts?.path ?? null,
    usb: facts?.vendorId ? `${facts.vendorId}:${facts.productId ?? '????'}` : null,
    manufacturer: facts?.manufacturer ?? null,
  };
}
