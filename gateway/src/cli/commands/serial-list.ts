import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../../common/printable.ts';
import { silentLog } from '../../telemetry/log.ts';
import { isUsbPortName, stableId } from '../../transports/serial/identity.ts';
import { listSystemPorts, PortCatalogue } from '../../transports/serial/port-list.ts';
import { EXIT, paintOf, type Shell, say } from '../shell.ts';
import { aligned } from '../text.ts';

const DIRECTORY = '/dev';

/** `crosscomm serial list`: the USB serial ports there are, and the names they join with. */
export async function serialList(shell: Shell, options: { json?: boolean }): Promise<number> {
  const names = await readdir(DIRECTORY).catch(() => []);
  const paths = names
    .filter(isUsbPortName)
    .sort()
    .map((name) => join(DIRECTORY, name));
  const catalogue = new PortCatalogue({ directory: DIRECTORY, list: listSystemPorts, log: silentLog });
  const ports = (await catalogue.describe(paths)).map(({ facts }) => ({
    id: stableId(facts),
    path: facts.byIdName ? catalogue.byIdPath(facts.byIdName) : facts.path,
    device: facts.path,
    usb: facts.vendorId ? `${facts.vendorId}:${facts.productId ?? '????'}` : null,
    manufacturer: facts.manufacturer ?? null,
  }));
  if (options.json) {
    for (const port of ports) say(shell, JSON.stringify(port));
  } else if (ports.length === 0) {
    say(shell, 'There is no USB serial port. Is the board plugged in, by a cable that carries data?');
  } else {
    const rows = ports.map(({ id, path, device, usb, manufacturer }) => [
      printable(id),
      device,
      usb ?? '-',
      // What a board says of itself.
      printable(manufacturer ?? '-'),
      path === device ? '' : path,
    ]);
    const [head = '', ...lines] = aligned([['CLIENT ID', 'PORT', 'USB', 'MAKER', 'STABLE PATH'], ...rows]);
    say(shell, paintOf(shell).bold(head));
    for (const line of lines) say(shell, line);
  }
  return EXIT.fine;
}
