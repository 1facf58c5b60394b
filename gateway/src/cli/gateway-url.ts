import { GATEWAY_PORT, gatewayAddress } from '../common/gateway-address.ts';
import { printable } from '../common/printable.ts';
import { UsageError } from './shell.ts';

const DEFAULT_URL = `ws://127.0.0.1:${GATEWAY_PORT}`;

/** The environment variable that names the gateway where `--url` does not. */
export const URL_VARIABLE = 'CROSSCOMM_URL';

const FORMS = { schemes: ['ws:', 'wss:'], like: `${DEFAULT_URL}, or HOST:PORT` };

/**
 * The address of the gateway that a command is to speak to, by `gatewayAddress`, from `--url` or the environment.
 *
 * @throws UsageError where it is none
 */
export function gatewayUrl(given: string | undefined, env: NodeJS.ProcessEnv): string {
  return gatewayUrlOf(given, env, FORMS).href;
}

/** The same for a command that knows other schemes; `like` says how an address is written. */
export function gatewayUrlOf(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
  { schemes, like }: { schemes: readonly string[]; like: string },
): URL {
  const text = given ?? (env[URL_VARIABLE] || DEFAULT_URL);
  const url = gatewayAddress(text, schemes);
  if (url) return url;
  throw new UsageError(`"${printable(text)}" is not the address of a gateway: write it like ${like}.`);
}

/** The address for messages: a URL may hold a name and a password, which are nobody's business. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
