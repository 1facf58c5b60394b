import type { Config } from '../config/schema.ts';
import type { Doors } from '../gateway.ts';
import { isEveryAddress, localName, machineAddresses, reachable } from './addresses.ts';
import { callOf, paintOf, type Shell } from './shell.ts';
import { aligned } from './text.ts';
import { version } from './version.ts';

/** The one line of `crosscomm start --json`: which doors are open, and where. */
export function readyLine({ http, oocsi, mqtt, oss, serial }: Doors): string {
  const doors = { http: address(http), oocsi: address(oocsi), mqtt: address(mqtt), ...(oss && { oss: address(oss) }) };
  return JSON.stringify({ event: 'ready', ...doors, serial });
}

function address({ host, port }: { host: string; port: number }): { host: string; port: number } {
  return { host, port };
}

/** What a person wants to know of a gateway that has just started: where it listens, for whom, and how to go on. */
export async function readyTable(doors: Doors, config: Config, shell: Shell): Promise<string[]> {
  const paint = paintOf(shell);
  const { http, oocsi, mqtt, oss, serial } = doors;
  const at = ({ host, port }: { host: string; port: number }): string => `${reachable(host)}:${port}`;
  const rows = [
    ['CrossComm', `ws://${at(http)}`, 'pywayne and other CrossComm clients'],
    ['OOCSI', at(oocsi), 'Python, Java, Processing, ESP'],
    ['', `ws://${at(http)}/ws`, 'web pages'],
    ['MQTT', at(mqtt), 'ESP32, mosquitto_pub, Node-RED'],
    ['', `ws://${at(http)}/mqtt`, 'web pages'],
    ['HTTP', `http://${at(http)}`, 'PUT /objects/NAME, POST /send/NAME'],
    oss
      ? ['OSS', `http://${at(oss)}`, 'files; keys by crosscomm oss-keys']
      : ['OSS', 'closed', 'its port is taken; see oss.port in the configuration'],
    ...serialRows(serial, config),
  ];
  const url = http.port === 9898 && isNear(http.host) ? '' : ` --url ws://${at(http)}`;
  return [
    paint.bold(`CrossComm Gateway ${version()} is ready.`),
    '',
    ...aligned(rows).map((line) => `  ${line}`),
    '',
    ...(await otherNames([http, oocsi, mqtt])).map((line) => `  ${line}`),
    `  ${paint.dim('Data')}   ${config.dataDir}`,
    `  ${paint.dim('Listen')} ${callOf(shell.env, 'listen')}${url}`,
    `  ${paint.dim('Send')}   ${callOf(shell.env, 'send')} lights '{"on": true}'${url}`,
    `  ${paint.dim('Stop')}   Ctrl-C`,
    '',
  ];
}

/** By which names and addresses others find this machine, where it listens to others. */
async function otherNames(listeners: readonly { host: string }[]): Promise<string[]> {
  if (!listeners.some(({ host }) => isEveryAddress(host))) return [];
  const name = await localName();
  const names = [...(name === undefined ? [] : [name]), ...machineAddresses()];
  return names.length < 2 ? [] : [`Others reach this machine as ${names.join(', ')}.`, ''];
}

function serialRows(serial: Doors['serial'], { serial: { autoDetect } }: Config): string[][] {
  const rows = serial.map(({ id, path, state }, index) => [index === 0 ? 'Serial' : '', path, `${id}, ${state}`]);
  if (autoDetect) rows.push([rows.length === 0 ? 'Serial' : '', 'every USB port', 'boards join when plugged in']);
  return rows.length === 0 ? [['Serial', 'off', 'see serial in the configuration']] : rows;
}

function isNear(host: string): boolean {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === 'localhost';
}
