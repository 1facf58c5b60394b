import type { Doors } from '../app/gateway.ts';
import { GATEWAY_PORT } from '../common/gateway-address.ts';
import { isLoopback } from '../common/loopback.ts';
import { outsideAddresses } from '../common/own-addresses.ts';
import type { Config } from '../config/schema.ts';
import { isEveryAddress, localName, reachable } from './addresses.ts';
import { callOf, paintOf, type Shell } from './shell.ts';
import { described, wrapped } from './text.ts';
import { version } from './version.ts';

/** The one line of `crosscomm start --json`: which doors are open, and where. */
export function readyLine({ http, oocsi, mqtt, pages, oss, serial }: Doors): string {
  const doors = { http: address(http), oocsi: address(oocsi), mqtt: address(mqtt) };
  const optional = { ...(pages && { pages: address(pages) }), ...(oss && { oss: address(oss) }) };
  return JSON.stringify({ event: 'ready', ...doors, ...optional, serial });
}

function address({ host, port }: { host: string; port: number }): { host: string; port: number } {
  return { host, port };
}

type Row = [label: string, value: string, note: string];

const DEFAULT_COLUMNS = 80;
const INDENT = '  ';

/**
 * What a person wants to know of a gateway that has just started: where it listens, for whom, and how to go on. No line is wider than
 * the terminal, but for an address or a folder that alone is so.
 */
export async function readyTable(doors: Doors, config: Config, shell: Shell): Promise<string[]> {
  const paint = paintOf(shell);
  const { http, oocsi, mqtt, pages, oss, serial } = doors;
  const columns = (shell.stdout.columns || DEFAULT_COLUMNS) - INDENT.length;
  const at = ({ host, port }: { host: string; port: number }): string => `${reachable(host)}:${port}`;
  const rows: Row[] = [
    ['CrossComm', `ws://${at(http)}`, 'pywayne and other CrossComm clients'],
    ['OOCSI', at(oocsi), 'Python, Java, Processing, ESP'],
    ['', `ws://${at(http)}/ws`, 'web pages'],
    ['MQTT', at(mqtt), 'ESP32, mosquitto_pub, Node-RED'],
    ['', `ws://${at(http)}/mqtt`, 'web pages'],
    ['HTTP', `http://${at(http)}`, 'in a browser: who is here'],
    ['', '/objects/, /send/', 'PUT files, POST messages'],
    ['', '/examples/', 'web pages to begin with'],
    ...(pages ? [['Pages', `http://${at(pages)}`, 'your own (pages.folder)'] satisfies Row] : []),
    oss
      ? ['OSS', `http://${at(oss)}`, 'files, for those with a key (oss-keys)']
      : ['OSS', 'closed', 'its port is taken; see oss.port'],
    ...serialRows(serial, config),
  ];
  const url = http.port === GATEWAY_PORT && isNear(http.host) ? '' : `--url ws://${at(http)}`;
  const call = (label: string, line: string): string[] => {
    const whole = `${callOf(shell.env, line)} ${url}`.trimEnd();
    const fits = label.length + 1 + whole.length <= columns;
    // A shell goes on in the next line behind a backslash.
    const lines = fits || url === '' ? [whole] : [`${callOf(shell.env, line)} \\`, url];
    return lines.map((text, index) => `${index === 0 ? paint.dim(label) : ' '.repeat(label.length)} ${text}`);
  };
  const lines = [
    ...described(rows, columns),
    '',
    ...(await whoReaches([http, oocsi, mqtt, ...(pages ? [pages] : []), ...(oss ? [oss] : [])], columns)),
    `${paint.dim('Data')}   ${config.dataDir}`,
    ...call('Listen', 'listen'),
    ...call('Send  ', `send lights '{"on": true}'`),
    `${paint.dim('Stop')}   Ctrl-C`,
  ];
  const ready = paint.bold(`CrossComm Gateway ${version()} is ready.`);
  return [ready, '', ...lines.map((line) => (line === '' ? '' : `${INDENT}${line}`)), ''];
}

/** That nobody else reaches this machine; or by which names and addresses others find it, where it listens on all of them. */
async function whoReaches(listeners: readonly { host: string }[], columns: number): Promise<string[]> {
  if (listeners.every(({ host }) => isLoopback(host))) {
    return [...wrapped('This machine only; "http: {host: 0.0.0.0}" in crosscomm.yaml lets others in.', columns), ''];
  }
  if (!listeners.some(({ host }) => isEveryAddress(host))) return [];
  const name = await localName();
  const names = [...(name === undefined ? [] : [name]), ...outsideAddresses()];
  return names.length < 2 ? [] : [...wrapped(`Others reach this machine as ${names.join(', ')}.`, columns), ''];
}

function serialRows(serial: Doors['serial'], { serial: { autoDetect } }: Config): Row[] {
  const rows = serial.map(({ id, path, state }): Row => ['', path, `${id}, ${state}`]);
  if (autoDetect) rows.push(['', 'every USB port', 'boards join when plugged in']);
  const [first, ...others] = rows;
  if (!first) return [['Serial', 'off', 'see serial in the configuration']];
  return [['Serial', first[1], first[2]], ...others];
}

function isNear(host: string): boolean {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === 'localhost';
}
