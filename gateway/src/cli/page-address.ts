import { isLoopback } from '../common/loopback.ts';
import type { Status } from '../web/status-route.ts';
import { reachable } from './addresses.ts';
import { askGateway } from './ask-gateway.ts';
import { placeConfig } from './operator-place.ts';
import type { Reach, ReachOptions } from './reach.ts';
import { callOf, type Shell } from './shell.ts';

/** Where a browser of another machine reaches the pages of a gateway. */
export interface PageAddress {
  /** `https://192.168.1.10:9898`; undefined where none reaches them. */
  address?: string;
  /** A sentence about it for whoever tells others. */
  hint?: string;
}

/**
 * Where others reach the pages of a gateway: by TLS where it takes that, as what they are shown may be a secret. Rejects with a GatewayError
 * where the gateway does not answer.
 */
export async function pageAddress(shell: Shell, gateway: Reach, options: ReachOptions): Promise<PageAddress> {
  const { protocol, hostname, port } = new URL(gateway.url);
  const { doors } = (await askGateway(shell, gateway.url, 'GET', '/status', gateway)) as Status;
  const { http } = doors as { http?: { host: string; port: number; tls?: string } };
  const scheme = protocol === 'wss:' || http?.tls !== undefined ? 'https' : 'http';
  const hint = scheme === 'https' ? certificateHint(shell, options) : {};
  // The address by which this command reaches the gateway may be one that only this machine has.
  if (!isLoopback(hostname) || http === undefined) return { address: `${scheme}://${hostname}:${port}`, ...hint };
  if (isLoopback(http.host)) {
    return { hint: `Only programs on this machine reach ${http.host}: set http.host to let others in.` };
  }
  return { address: `${scheme}://${reachable(http.host)}:${http.port}`, ...hint };
}

/** What the browser says of a certificate that the gateway made itself, where its configuration is to be had here. */
function certificateHint(shell: Shell, options: ReachOptions): Pick<PageAddress, 'hint'> {
  try {
    if (!placeConfig(shell, options).tls.auto) return {};
  } catch {
    // Of another machine, or of another user.
    return {};
  }
  const command = callOf(shell.env, 'tls export --qr');
  return { hint: `A browser warns until it knows this gateway: "${command}" shows where it gets the certificate.` };
}
