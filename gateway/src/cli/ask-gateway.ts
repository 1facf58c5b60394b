import { GatewayError } from '../common/errors.ts';
import { errorIn } from '../common/http-error.ts';
import type { Shell } from './shell.ts';
import { unreachable } from './unreachable.ts';

const TIMEOUT_MS = 5000;

/**
 * What a running gateway answers to an HTTP request. `url` as `gatewayUrl` gives it, `path` with its slash.
 *
 * @throws GatewayError GATEWAY_UNREACHABLE where none answers, or the gateway's own error
 */
export async function askGateway(shell: Shell, url: string, method: string, path: string): Promise<unknown> {
  const { protocol, host } = new URL(url);
  const base = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${base}${path}`, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
    answer = await response.json();
  } catch (cause) {
    throw unreachable(shell.env, base, { cause });
  }
  if (response.ok) return answer;
  const error = errorIn(answer);
  if (error) throw new GatewayError(error.code, error.message);
  throw unreachable(shell.env, base, { reason: `what is there answers ${response.status}` });
}
