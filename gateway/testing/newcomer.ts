import type { FreshClone } from './fresh-clone.ts';
import type { Terminal } from './terminal.ts';

/** Someone at home has the usual ports; tests that run side by side do not. */
export const FREE_PORTS =
  '--http-port 0 --oocsi-port 0 --mqtt-port 0 --oss-port 0 --oocsi-tls-port 0 --mqtt-tls-port 0 --no-serial-auto-detect';

/** How long a start may take, the first of which builds, on a machine that runs everything else at once. */
const START_MS = 150_000;

/** Types the README's command and waits for the last line of the table. */
export async function startGateway(clone: FreshClone, flags = FREE_PORTS): Promise<Terminal> {
  const terminal = clone.type(`${clone.tells('README.md', 'npm start')} -- ${flags}`);
  await terminal.see(/Ctrl-C/, START_MS);
  return terminal;
}

/** The ports that the table at the start shows. */
export function portsOf(table: string): { http: number; oocsi: number; mqtt: number; oss: number } {
  const port = (row: RegExp): number => {
    const [, digits] = row.exec(table) ?? [];
    if (digits === undefined) throw new Error(`the table has no ${row}:\n${table}`);
    return Number(digits);
  };
  return {
    http: port(/HTTP +http:\/\/[^\s/]*?:(\d+)/),
    oocsi: port(/OOCSI +\S*?:(\d+)/),
    mqtt: port(/MQTT +\S*?:(\d+)/),
    oss: port(/OSS +http:\/\/\S*?:(\d+)/),
  };
}
