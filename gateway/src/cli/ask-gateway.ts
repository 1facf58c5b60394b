import { GatewayError } from '../common/errors.ts';
import { errorIn } from '../common/http-error.ts';
import type { Shell } from './shell.ts';
import { unreachable } from './unreachable.ts';

const TIMEOUT_MS = 5000;

export interface AskOptions {
  /** Whose secret it is, where it is no token. */
  account?: string | undefined;
  /** The credential by which the command proves itself; by default what the URL has. */
  secret?: string | undefined;
  /** What is sent as JSON. */
  body?: unknown;
  /** How long the answer may take; 5 s where it is left out. */
  timeoutMs?: number | undefined;
}

/**
 * What a running gateway answers to an HTTP request. `url` as `gatewayUrl` gives it, `path` with its slash.
 *
 * undefined where it answers nothing.
 *
 * @throws GatewayError GATEWAY_UNREACHABLE where none answers, or the gateway's own error
 */
export async function askGateway(
  shell: Shell,
  url: string,
  method: string,
  path: string,
  { body, timeoutMs = TIMEOUT_MS, ...credential }: AskOptions = {},
): Promise<unknown> {
  const { protocol, host } = new URL(url);
  const base = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...authorization(url, credential),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = response.status === 204 ? undefined : await response.json();
  } catch (cause) {
    throw unreachable(shell.env, base, { cause });
  }
  if (response.ok) return answer;
  const error = errorIn(answer);
  if (error) throw new GatewayError(error.code, error.message);
  throw unreachable(shell.env, base, { reason: `what is there answers ${response.status}` });
}

function authorization(
  url: string,
  { account, secret }: Pick<AskOptions, 'account' | 'secret'>,
): { authorization?: string } {
  const { username, password } = new URL(url);
  if (secret !== undefined && account === undefined) return { authorization: `Bearer ${secret}` };
  const user = secret === undefined ? decodeURIComponent(username) : (account ?? '');
  const word = secret ?? decodeURIComponent(password);
  if (word === '') return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}` };
}
