import { GatewayError } from '../common/errors.ts';
import { askGateway } from './ask-gateway.ts';
import { URL_VARIABLE } from './gateway-url.ts';
import { runningGateway } from './operator-place.ts';
import { isOfThisMachine, type Reach, type ReachOptions, reachOf } from './reach.ts';
import type { Shell } from './shell.ts';

/** A small machine that has much to do takes some seconds to make a key. */
const TIMEOUT_MS = 30_000;

export type MeantOptions = Pick<ReachOptions, 'config' | 'dataDir' | 'url'>;

/**
 * The gateway that a command is for which works on files where none runs: the one that `--url` names, or CROSSCOMM_URL where no flag says
 * otherwise; else the one that runs with this data folder. undefined: none does.
 *
 * @throws GatewayError where the one that was named does not answer; one of this machine may be at rest, unless `--url` names it
 */
export async function gatewayMeant(shell: Shell, options: MeantOptions, dataDir: string): Promise<Reach | undefined> {
  return isNamed(shell, options) ? await gatewayNamed(shell, options) : await runningGateway(shell, dataDir);
}

/** The same, of one that was named; undefined: none was, or it is one of this machine and at rest. */
export async function gatewayNamed(shell: Shell, options: MeantOptions): Promise<Reach | undefined> {
  if (!isNamed(shell, options)) return undefined;
  const { url } = options;
  const reach = await reachOf(shell, options);
  try {
    await askGateway(shell, reach.url, 'GET', '/healthz');
  } catch (error) {
    const isAtRest = error instanceof GatewayError && error.code === 'GATEWAY_UNREACHABLE';
    if (isAtRest && url === undefined && isOfThisMachine(new URL(reach.url).hostname)) return undefined;
    throw error;
  }
  return reach;
}

/** Whether the person has named a gateway by its address. */
function isNamed({ env }: Shell, { url, config, dataDir }: MeantOptions): boolean {
  return url !== undefined || (config === undefined && dataDir === undefined && Boolean(env[URL_VARIABLE]));
}

/** What that gateway answers to a request of the API. Rejects with its errors. */
export function askApi(
  shell: Shell,
  { url, account, secret }: Reach,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const sent = body === undefined ? {} : { body };
  return askGateway(shell, url, method, `/api/v1${path}`, { account, secret, timeoutMs: TIMEOUT_MS, ...sent });
}
