import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isFromHere, isLoopback } from '../common/loopback.ts';
import { Networks } from '../common/networks.ts';
import { plainAddress } from '../common/peer-address.ts';

/** Headers of a proxy, which passes on what others ask. */
export const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/**
 * Who asks by HTTP where a proxy stands between. Only the proxies of `http.trustedProxies` are believed whom they pass on
 * (X-Forwarded-For, the last address that is none of theirs). What came through any proxy does not come from this machine.
 */
export class ClientAddresses {
  readonly #trusted: Networks | undefined;

  /** @param trustedProxies addresses and networks */
  constructor(trustedProxies: readonly string[] = []) {
    this.#trusted = trustedProxies.length > 0 ? new Networks(trustedProxies) : undefined;
  }

  /**
   * The address behind a proxy; `via 127.0.0.1` where that is not known, which is no address of this machine. Undefined where no proxy
   * is known of, so that it is the address of the socket.
   */
  behind({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string | undefined {
    const near = plainAddress(socket.remoteAddress ?? '');
    if (this.#trusted?.has(near)) return this.#forwardedBy(this.#trusted, headers['x-forwarded-for']) ?? `via ${near}`;
    return isFromHere(socket) && PROXY_HEADERS.some((name) => headers[name] !== undefined) ? `via ${near}` : undefined;
  }

  #forwardedBy(trusted: Networks, header: string | string[] | undefined): string | undefined {
    const addresses = String(header ?? '').split(',');
    for (const written of addresses.reverse()) {
      const address = plainAddress(written.trim());
      if (isIP(address) === 0) return undefined;
      if (!trusted.has(address)) return isLoopback(address) ? undefined : address;
    }
    return undefined;
  }
}
