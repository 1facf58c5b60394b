import type { Config } from '../app/config.ts';
import type { ListenerAddress, Listeners } from '../app/listeners.ts';
import { protocols } from '../app/protocols.ts';
import { GATEWAY_PORT } from '../common/gateway-address.ts';
import { isLoopback } from '../common/loopback.ts';
import { outsideAddresses } from '../common/own-addresses.ts';
import { version } from '../common/version.ts';
import { sectionValues } from '../config/section.ts';
import type { Guide, GuideRow, ProtocolDefinition } from '../protocols/contract.ts';
import { isEveryAddress, localName, reachable } from './addresses.ts';
import { callOf, paintOf, type Shell } from './shell.ts';
import { described, wrapped } from './text.ts';

/** The one line of `crosscomm start --json`: which listeners are open, and where. */
export function readyLine(listeners: Listeners): string {
  const states = Object.entries(listeners).map(([name, state]) => [name, isAddress(state) ? address(state) : state]);
  return JSON.stringify({ event: 'ready', ...Object.fromEntries(states) });
}

function address({ host, port, tls }: ListenerAddress): ListenerAddress {
  return { host, port, ...(tls && { tls }) };
}

function isAddress(state: Listeners[string]): state is ListenerAddress {
  return state !== undefined && !Array.isArray(state);
}

const DEFAULT_COLUMNS = 80;
const INDENT = '  ';

/**
 * What a person wants to know of a gateway that has just started: where it listens, for whom, and how to go on. No line is wider than
 * the terminal, but for an address or a folder that alone is so.
 */
export async function readyTable(
  listeners: Listeners,
  config: Config,
  shell: Shell,
  definitions: readonly ProtocolDefinition[] = protocols,
): Promise<string[]> {
  const paint = paintOf(shell);
  const { http, pages, oss } = listeners;
  const columns = (shell.stdout.columns || DEFAULT_COLUMNS) - INDENT.length;
  const rows: GuideRow[] = [
    ...definitions.flatMap(({ guide }) => (guide ? addressRows(guide, listeners) : [])),
    ['HTTP', `${schemeOf(http)}://${at(http)}`, 'in a browser: the dashboard'],
    ...(http.tls === 'accepted' ? [['', `https://${at(http)}`, 'the same by TLS; wss:// too'] satisfies GuideRow] : []),
    ['', '/objects/, /send/', 'PUT files, POST messages'],
    ['', '/examples/', 'web pages to begin with'],
    ...(pages ? [['Pages', `${schemeOf(pages)}://${at(pages)}`, 'your own (pages.folder)'] satisfies GuideRow] : []),
    oss
      ? ['OSS', `${schemeOf(oss)}://${at(oss)}`, 'files, for those with a key (oss-keys)']
      : ['OSS', 'closed', 'its port is taken; see oss.port'],
    ...definitions.flatMap((definition) => portRows(definition, listeners, config)),
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
    ...(await whoReaches(shell, Object.values(listeners).filter(isAddress), columns)),
    `${paint.dim('Data')}   ${config.dataDir}`,
    ...call('Listen', 'listen'),
    ...call('Send  ', `send lights '{"on": true}'`),
    `${paint.dim('Stop')}   Ctrl-C`,
  ];
  const ready = paint.bold(`CrossComm Gateway ${version()} is ready.`);
  return [ready, '', ...lines.map((line) => (line === '' ? '' : `${INDENT}${line}`)), ''];
}

/** That nobody else reaches this machine; or by which names and addresses others find it, where it listens on all of them. */
async function whoReaches({ env }: Shell, listeners: readonly { host: string }[], columns: number): Promise<string[]> {
  if (listeners.every(({ host }) => isLoopback(host))) {
    return [...wrapped(`This machine only; "${callOf(env, 'setup')}" lets others in.`, columns), ''];
  }
  if (!listeners.some(({ host }) => isEveryAddress(host))) return [];
  const name = await localName();
  const names = [...(name === undefined ? [] : [name]), ...outsideAddresses()];
  return names.length < 2 ? [] : [...wrapped(`Others reach this machine as ${names.join(', ')}.`, columns), ''];
}

function at({ host, port }: ListenerAddress): string {
  return `${reachable(host)}:${port}`;
}

/** `http` or `ws`, with the `s` where TLS is the only way. */
function schemeOf({ tls }: ListenerAddress, scheme = 'http'): string {
  return tls === 'required' ? `${scheme}s` : scheme;
}

/** The ways to a protocol that are open, the first with its label. */
function addressRows({ label, ways }: Guide, listeners: Listeners): GuideRow[] {
  const open = ways.flatMap((way): [value: string, note: string][] => {
    if ('webSocket' in way)
      return [
        [`${schemeOf(listeners.http, 'ws')}://${at(listeners.http)}${way.webSocket.replace(/\/$/, '')}`, way.who],
      ];
    const state = listeners[way.listener];
    return isAddress(state) ? [[at(state), state.tls === 'required' ? `${way.who}; by TLS only` : way.who]] : [];
  });
  return open.map(([value, note], index) => [index === 0 ? label : '', value, note]);
}

function portRows({ guide, section }: ProtocolDefinition, listeners: Listeners, config: Config): GuideRow[] {
  if (!guide?.rows || !section) return [];
  const state = listeners[section.key];
  return guide.rows(Array.isArray(state) ? state : [], sectionValues(config, section.key));
}

function isNear(host: string): boolean {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === 'localhost';
}
