import { GatewayError } from '../common/errors.ts';
import { errorIn } from '../common/http-error.ts';
import type { RunningGateway } from './operator-place.ts';
import type { Shell } from './shell.ts';
import { unreachable } from './unreachable.ts';

/** How long it may take until the answer begins. */
const BEGIN_MS = 60_000;

/** What a gateway sends. */
export interface GatewayStream {
  pieces: AsyncIterable<Uint8Array>;
  /** How many bytes that will be, where the gateway says so. */
  bytes: number | undefined;
  /** Nobody wants the rest. */
  close(): void;
}

/**
 * The bytes that a running gateway answers to a GET, as they come. They end with an error where the gateway breaks off.
 *
 * @throws GatewayError GATEWAY_UNREACHABLE where none answers, or the gateway's own error
 */
export async function streamOfGateway(
  { env, ended }: Shell,
  { url, secret }: RunningGateway,
  path: string,
): Promise<GatewayStream> {
  const { protocol, host } = new URL(url);
  const base = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), BEGIN_MS);
  let response: Response;
  try {
    response = await fetch(`${base}${path}`, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.any([late.signal, ended]),
    });
  } catch (cause) {
    throw unreachable(env, base, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (response.ok && response.body) {
    const length = response.headers.get('content-length');
    const close = (): void => late.abort();
    return { pieces: response.body, bytes: length === null ? undefined : Number(length), close };
  }
  const error = errorIn(await response.json().catch(() => undefined));
  if (error) throw new GatewayError(error.code, error.message);
  throw unreachable(env, base, { reason: `what is there answers ${response.status}` });
}
