import { type Closing, CrossCommError, CrossCommService } from '@crosscomm/client';
import { GatewayError } from '../common/errors.ts';
import { errorIn } from '../common/http-error.ts';
import { makeUpId } from '../common/made-up-ids.ts';
import { shownUrl } from './gateway-url.ts';
import { type ReachOptions, reachOf, TOKEN_VARIABLE, urlWithCredential } from './reach.ts';
import type { Shell } from './shell.ts';
import { unreachable } from './unreachable.ts';

const ANSWER_TIMEOUT_MS = 5000;
const HEARTBEAT_SECONDS = 20;

export interface GuestOptions extends ReachOptions {
  /** The client id; by default one is made up, which the gateway does not remember. */
  id?: string;
}

/** A command as a client of a running gateway. */
export interface Guest {
  client: CrossCommService;
  /** Where the gateway is, for messages: without a password. */
  url: string;
}

/**
 * Runs a command as a client that a running gateway has taken in. It speaks CrossComm's text, in which numbers stay as they are written
 * and messages have their ids and times. What the client throws, then or in `run`, comes as a GatewayError.
 *
 * @throws GatewayError GATEWAY_UNREACHABLE where no gateway answers; the gateway's own error, or PEER_NAME_TAKEN or PEER_NOT_ALLOWED,
 *   where it does not take the client in
 */
export async function asGuest<T>(
  shell: Shell,
  { id, ...options }: GuestOptions,
  run: (guest: Guest) => Promise<T>,
): Promise<T> {
  const reach = await reachOf(shell, options, 'token');
  const url = urlWithCredential(reach);
  const client = new CrossCommService({
    url,
    ...(reach.ca === undefined ? {} : { ca: reach.ca }),
    clientId: id ?? freshId(),
    protocol: 'crosscomm',
    reconnect: false,
    // Borrowing a name in use would throw its owner out; an id that was made up is not.
    takeOver: id === undefined,
    loginTimeoutMs: ANSWER_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_SECONDS,
  });
  const guest = { client, url: shownUrl(url) };
  try {
    await client.login();
    return await run(guest);
  } catch (error) {
    throw error instanceof CrossCommError ? gatewayError(shell, guest, error) : error;
  } finally {
    await client.logout();
  }
}

/** How a gateway closed a connection, as the end of a sentence. */
export function closing({ code, reason }: Closing): string {
  return reason || `code ${code}`;
}

/** An id for a command that did not choose one. */
function freshId(): string {
  return makeUpId('cli', { random: Math.random, digits: 6 });
}

/** What the client could not do, as the command says it. */
function gatewayError({ env }: Shell, { client, url }: Guest, error: CrossCommError): GatewayError {
  const { code, reason, cause, closed = client.status.closed } = error;
  const refusal = errorIn({ error: cause });
  if (refusal) return new GatewayError(refusal.code, refusal.message);
  if (closed)
    return new GatewayError('PEER_NOT_ALLOWED', `The gateway at ${url} closed the connection: ${closing(closed)}.`);
  switch (code) {
    case 'unreachable':
      return unreachable(env, url, { ...(reason === undefined ? {} : { reason }), cause });
    case 'timeout':
      return unreachable(env, url, { reason: 'it does not answer in the CrossComm protocol' });
    case 'id_taken':
      return new GatewayError(
        'PEER_NAME_TAKEN',
        `The name ${client.clientId} is in use by a client that is online: choose another.`,
      );
    default: {
      // The gateway knows nothing of the environment, in which a command takes its secret.
      const hint = /\btoken$/.test(reason ?? '') ? ` Put an account's token into ${TOKEN_VARIABLE}.` : '';
      return new GatewayError(
        'PEER_NOT_ALLOWED',
        `The gateway will not have ${client.clientId}: ${reason ?? 'it gives no reason'}.${hint}`,
      );
    }
  }
}
