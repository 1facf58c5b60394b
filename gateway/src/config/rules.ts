import { isLoopback } from '../common/loopback.ts';
import { invalid, type Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** What no single key shows: keys that contradict one another, and doors open to everybody without a word about it. */
export function ruleProblems(config: Config): Problem[] {
  return [...openDoors(config), ...samePorts(config), ...sameSerialPorts(config)];
}

const ANONYMOUS_DOORS = ['http', 'oocsi', 'mqtt'] as const;

/** Where pages are served: by the address of HTTP where they have none of their own; nowhere without a folder. */
export function pagesAddress({
  pages,
  http,
}: Pick<Config, 'pages' | 'http'>): { host: string; port: number } | undefined {
  return pages.folder === undefined ? undefined : { host: pages.host ?? http.host, port: pages.port };
}

/** By the section of the configuration that has a listener's host and port. */
type Listeners = [section: string, address: { host: string; port?: number | undefined }][];

function anonymousListeners(config: Config): Listeners {
  const pages = pagesAddress(config);
  return [
    ...ANONYMOUS_DOORS.map((door): Listeners[0] => [door, config[door]]),
    ...(pages ? [['pages', pages] as Listeners[0]] : []),
  ];
}

function openDoors(config: Config): Problem[] {
  if (config.auth.anonymous === 'allow') return [];
  const open = anonymousListeners(config).filter(
    ([section, { host }]) => !isLoopback(host) && isNamed(config, section),
  );
  return open.map(([section, { host }]) => ({
    code: 'CONFIG_NOT_LOOPBACK',
    path: [section, 'host'],
    what:
      `is ${host}, which other machines can reach: to let anyone who reaches it join, write ` +
      `"auth: {anonymous: allow}" into the configuration (or start with --auth-anonymous allow), otherwise use 127.0.0.1`,
  }));
}

/** Pages that have no address of their own follow http, which is told of then. */
function isNamed({ pages }: Config, section: string): boolean {
  return section !== 'pages' || pages.host !== undefined;
}

function samePorts(config: Config): Problem[] {
  const taken = new Map<string, string>();
  // The OSS door serves nobody without an access key.
  return [...anonymousListeners(config), ['oss', config.oss] as Listeners[0]].flatMap(([door, { host, port }]) => {
    if (port === 0) return [];
    const address = `${host}:${port}`;
    const other = taken.get(address);
    taken.set(address, door);
    return other ? [invalid([door, 'port'], `is ${port}, as ${other}.port is; give each door a port of its own`)] : [];
  });
}

function sameSerialPorts(config: Config): Problem[] {
  return (['path', 'name'] as const).flatMap((key) => {
    const seen = new Map<string, number>();
    return config.serial.ports.flatMap((port, index) => {
      const value = port[key];
      if (value === undefined) return [];
      const first = seen.get(value);
      seen.set(value, first ?? index);
      if (first === undefined) return [];
      return [invalid(['serial', 'ports', index, key], `is ${value}, as serial.ports[${first}].${key} is`)];
    });
  });
}
