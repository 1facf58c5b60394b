import { GatewayError } from '../errors.ts';
import { callOf } from './shell.ts';

/** That no gateway answers at `url`, and what to do. `reason` is half a sentence. */
export function unreachable(
  env: NodeJS.ProcessEnv,
  url: string,
  { reason, cause }: { reason?: string; cause?: unknown },
): GatewayError {
  const why = reason === undefined ? '' : ` (${reason})`;
  return new GatewayError(
    'GATEWAY_UNREACHABLE',
    `No gateway answers at ${url}${why}: start one with "${callOf(env, 'start')}", or name another with --url.`,
    { cause },
  );
}
