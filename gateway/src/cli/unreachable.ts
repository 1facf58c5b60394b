import { GATEWAY_PORT } from '../common/gateway-address.ts';
import { GatewayError } from '../errors.ts';
import { callOf } from './shell.ts';

/** That no gateway answers at `url`, and what to do. `reason` is half a sentence. */
export function unreachable(
  env: NodeJS.ProcessEnv,
  url: string,
  { reason, cause }: { reason?: string; cause?: unknown },
): GatewayError {
  const why = reason === undefined ? '' : ` (${reason})`;
  // Whoever leaves the port out means the gateway's own, which a URL does not.
  const named = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = named?.protocol === 'ws:' || named?.protocol === 'http:';
  const port =
    isPlain && named.port === ''
      ? ` This is port 80; a gateway's own is ${GATEWAY_PORT}: --url ${named.hostname}.`
      : '';
  return new GatewayError(
    'GATEWAY_UNREACHABLE',
    `No gateway answers at ${url}${why}: start one with "${callOf(env, 'start')}", or name another with --url.${port}`,
    { cause },
  );
}
