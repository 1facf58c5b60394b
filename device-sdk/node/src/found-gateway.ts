import { CrossCommError } from './error.ts';
import type { CrossCommOptions } from './options.ts';
import { DEFAULT_IP, DEFAULT_PORT } from './server-address.ts';

/** A gateway that announces itself. */
export interface FoundGateway {
  /** Such as `CrossComm on raspberrypi`. */
  name: string;
  /** Its address. */
  host: string;
  /** Of CrossComm, WebSockets and HTTP. */
  port: number;
  /** Such as `raspberrypi.local`. */
  hostName: string;
  version?: string | undefined;
  /** Whether that port takes TLS. */
  tls: 'no' | 'accepted' | 'required';
}

/** How gateways are looked for. */
export interface FindOptions {
  /** How long they may take to answer, in milliseconds. Default 2000. */
  timeoutMs?: number;
}

/** The `ip` of somebody who leaves it to the client to find a gateway. */
export const AUTO = 'auto';

/**
 * The options with the address of the one gateway that was found, where `ip` is `auto`, with or without credentials before it. Where none was found,
 * there may be one that only this machine reaches.
 *
 * @throws CrossCommError `unreachable` where there are several: nobody knows which is meant
 */
export function optionsFor(options: CrossCommOptions, found: readonly FoundGateway[]): CrossCommOptions {
  const before = (options.ip ?? '').slice(0, -AUTO.length);
  const [gateway, ...others] = found;
  if (gateway === undefined) return { ...options, ip: before + DEFAULT_IP, port: options.port ?? DEFAULT_PORT };
  if (others.length > 0) {
    const list = found.map(({ name, host, port }) => `${name} (${host}:${port})`).join(', ');
    throw new CrossCommError('unreachable', `There are ${found.length} gateways: say by \`ip\` which. ${list}`);
  }
  const { host, port, tls } = gateway;
  return { ...options, ip: before + host, port, secure: options.secure ?? tls === 'required' };
}

/** Whether a gateway is to be looked for. */
export function isAuto({ ip, url }: Pick<CrossCommOptions, 'ip' | 'url'>): boolean {
  return url === undefined && (ip === AUTO || ip?.endsWith(`@${AUTO}`) === true);
}
