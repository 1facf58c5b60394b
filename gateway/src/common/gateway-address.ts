import { isIPv6 } from 'node:net';

/** The port of a gateway where nobody chose another. */
export const GATEWAY_PORT = 9898;

/** An address with a scheme of its own: `ws://...`. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The address of a gateway from what a person wrote: a host (`localhost`, `pi.local`, `192.168.1.5`, `::1`) with or without a port,
 * which is 9898 where none is named, or a URL, whose port is its scheme's own where none is named. `http:` is as good as `ws:`, which
 * speaks to the same port.
 *
 * @returns undefined where it is none of these, or its scheme is not among `schemes`, such as `ws:`
 */
export function gatewayAddress(text: string, schemes: readonly string[] = ['ws:', 'wss:']): URL | undefined {
  const isUrl = HAS_SCHEME.test(text);
  const written = isUrl ? text.replace(/^http/i, 'ws') : `ws://${isIPv6(text) ? `[${text}]` : text}`;
  // A number alone would be read as the address 0.0.38.170.
  const url = /^\d+$/.test(text) || !URL.canParse(written) ? undefined : new URL(written);
  if (!url || url.hostname === '' || !schemes.includes(url.protocol)) return undefined;
  url.hash = '';
  if (!isUrl && !hasPort(written)) url.port = String(GATEWAY_PORT);
  return url;
}

/** Whether a URL names its port; URL leaves one out that is its scheme's own. */
function hasPort(written: string): boolean {
  const [authority = ''] = written.replace(HAS_SCHEME, '').split(/[/?]/, 1);
  return /:\d+$/.test(authority);
}
