import { GatewayError } from '../common/errors.ts';
import { errorIn } from '../common/http-error.ts';
import type { Shell } from './shell.ts';
import { unreachable } from './unreachable.ts';

const TIMEOUT_MS = 5000;
const DATA = 'data: ';

export interface AskOptions {
  /** Whose secret it is, where it is no token. */
  account?: string | undefined;
  /** The credential by which the command proves itself; by default what the URL has. */
  secret?: string | undefined;
  /** What is sent as JSON. */
  body?: unknown;
  /** What is sent as it is, in its place. */
  file?: Uint8Array | undefined;
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
  { body, file, timeoutMs = TIMEOUT_MS, ...credential }: AskOptions = {},
): Promise<unknown> {
  const base = baseOf(url);
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
      ...(file === undefined ? {} : { body: file as Uint8Array<ArrayBuffer> }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = response.status === 204 ? undefined : await response.json();
  } catch (cause) {
    throw unreachable(shell.env, base, { cause });
  }
  if (response.ok) return answer;
  throw refusalOf(shell, base, response, answer);
}

/**
 * The text that a running gateway answers to a GET: a file that is no JSON. Rejects as `askGateway` does.
 */
export async function textOfGateway(
  shell: Shell,
  url: string,
  path: string,
  credential: Pick<AskOptions, 'account' | 'secret'>,
): Promise<string> {
  const base = baseOf(url);
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(`${base}${path}`, { headers: authorization(url, credential), signal });
    text = await response.text();
  } catch (cause) {
    throw unreachable(shell.env, base, { cause });
  }
  if (response.ok) return text;
  throw refusalOf(shell, base, response, jsonOf(text));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is asked of a gateway that answers with events. */
export interface EventsOptions extends Pick<AskOptions, 'account' | 'secret'> {
  /** Ends them. */
  signal: AbortSignal;
  /** A file that is posted. */
  file?: Uint8Array;
}

/**
 * The data of the server-sent events that a running gateway answers with, until it or `signal` ends them.
 *
 * @throws GatewayError as `askGateway` does; where the connection breaks, GATEWAY_UNREACHABLE
 */
export async function* eventsOf(
  shell: Shell,
  url: string,
  path: string,
  { signal, file, ...credential }: EventsOptions,
): AsyncGenerator<string> {
  const base = baseOf(url);
  try {
    const headers = authorization(url, credential);
    const posted = file && { method: 'POST', body: file as Uint8Array<ArrayBuffer> };
    const type = file && { 'content-type': 'application/octet-stream' };
    const response = await fetch(`${base}${path}`, { ...posted, headers: { ...headers, ...type }, signal });
    if (!response.ok || response.body === null) {
      throw refusalOf(shell, base, response, await response.json().catch(() => undefined));
    }
    let rest = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith(DATA)) yield line.slice(DATA.length);
    }
  } catch (cause) {
    if (signal.aborted) return;
    throw cause instanceof GatewayError ? cause : unreachable(shell.env, base, { cause });
  }
}

function baseOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
}

function refusalOf(shell: Shell, base: string, { status }: Response, answer: unknown): GatewayError {
  const error = errorIn(answer);
  if (error) return new GatewayError(error.code, error.message);
  return unreachable(shell.env, base, { reason: `what is there answers ${status}` });
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
