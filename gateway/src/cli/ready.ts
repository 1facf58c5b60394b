import type { Config } from '../config/schema.ts';
import type { Doors } from '../gateway.ts';
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

/** What a person wants to know of a gateway that has just started: its doors, who comes in by which, and how to go on. */
export function readyTable(doors: Doors, config: Config, shell: Shell): string[] {
  const paint = paintOf(shell);
  const { http, oocsi, mqtt, oss, serial } = doors;
  const at = `${urlHost(http.host)}:${http.port}`;
  const rows = [
    ['CrossComm', `ws://${at}`, 'pywayne and other CrossComm clients'],
    ['OOCSI', `${urlHost(oocsi.host)}:${oocsi.port}`, 'Python, Java, Processing, ESP boards'],
    ['', `ws://${at}/ws`, 'web pages'],
    ['MQTT', `${urlHost(mqtt.host)}:${mqtt.port}`, 'ESP32 sketches, mosquitto_pub, Node-RED'],
    ['', `ws://${at}/mqtt`, 'web pages'],
    ['HTTP', `http://${at}`, 'PUT /objects/NAME, GET /channels, POST /send/CHANNEL'],
    oss
      ? ['OSS', `http://${urlHost(oss.host)}:${oss.port}`, 'files of pywayne; oss-keys makes its keys']
      : ['OSS', 'closed', 'its port is taken; see oss.port in the configuration'],
    ...serialRows(serial, config),
  ];
  const url = http.port === 9898 && isNear(http.host) ? '' : ` --url ws://${at}`;
  return [
    paint.bold(`CrossComm Gateway ${version()} is ready.`),
    '',
    ...aligned(rows).map((line) => `  ${line}`),
    '',
    `  ${paint.dim('Data')}   ${config.dataDir}`,
    `  ${paint.dim('Listen')} ${callOf(shell.env, 'listen')}${url}`,
    `  ${paint.dim('Send')}   ${callOf(shell.env, 'send')} lights '{"on": true}'${url}`,
    `  ${paint.dim('Stop')}   Ctrl-C`,
    '',
  ];
}

function serialRows(serial: Doors['serial'], { serial: { autoDetect } }: Config): string[][] {
  const rows = serial.map(({ id, path, state }, index) => [index === 0 ? 'Serial' : '', path, `${id}, ${state}`]);
  if (autoDetect) rows.push([rows.length === 0 ? 'Serial' : '', 'every USB port', 'boards join when plugged in']);
  return rows.length === 0 ? [['Serial', 'off', 'see serial in the configuration']] : rows;
}

/** An IPv6 address needs brackets before a port. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isNear(host: string): boolean {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === 'localhost';
}
