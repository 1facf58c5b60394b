import { findGateways } from '@crosscomm/client';
import { printable } from '../../common/printable.ts';
import { EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface DiscoverOptions {
  json?: boolean;
  seconds?: string;
}

const DEFAULT_SECONDS = 2;
const MOST_SECONDS = 60;
const TITLES = ['NAME', 'ADDRESS', 'HOST', 'TLS', 'VERSION'];

/** `crosscomm discover`: the gateways that announce themselves in this network; exit code 1 where there is none. */
export async function discover(shell: Shell, { json = false, seconds }: DiscoverOptions): Promise<number> {
  const found = await findGateways({ timeoutMs: 1000 * secondsOf(seconds) });
  if (json) for (const gateway of found) say(shell, JSON.stringify(gateway));
  else if (found.length > 0) {
    const rows = found.map(({ name, host, port, hostName, tls, version = '' }) => [
      ...[name, `${host}:${port}`, hostName, tls, version],
    ]);
    sayTable(
      shell,
      TITLES,
      rows.map((row) => row.map(printable)),
    );
  }
  if (found.length > 0) return EXIT.fine;
  warn(
    shell,
    'No gateway answered. One that listens on 127.0.0.1 only cannot be found by others; see http.host in its configuration.',
  );
  return EXIT.failed;
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SECONDS;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new UsageError(`--seconds is a number up to ${MOST_SECONDS}, not "${printable(text)}".`);
}
