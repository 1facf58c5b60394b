import { type Delivery, JsonText } from '@crosscomm/client';
import { GatewayError } from '../../common/errors.ts';
import { tryScanObject } from '../../common/json/scan.ts';
import { printable } from '../../common/printable.ts';
import { channelToSendTo, clientName } from '../channel-argument.ts';
import { asGuest } from '../guest.ts';
import type { ReachOptions } from '../reach.ts';
import { EXIT, type Shell, say, warn } from '../shell.ts';

export interface SendOptions extends ReachOptions {
  from?: string;
  json?: boolean;
}

/** `crosscomm send`: one message to a channel or client, and the gateway's word how many have it. */
export async function send(shell: Shell, channel: string, text: string, options: SendOptions): Promise<number> {
  const to = channelToSendTo(channel);
  const id = options.from === undefined ? {} : { id: clientName(options.from) };
  const kind = isObject(text) ? 'dict' : 'text';
  return await asGuest(shell, { ...options, ...id }, async ({ client }) => {
    const from = client.clientId;
    const [delivery, { clients }] = await Promise.all([
      client.send(to, kind === 'dict' ? new JsonText(text) : text),
      // A server without receipts has the message when it answers this.
      client.listClients({ onlyShowOnline: false }),
    ]);
    refuseUnsent({ to, from, text }, delivery);
    if (kind === 'text' && text.trimStart().startsWith('{')) warn(shell, notJson(text));
    if (clients.some(({ clientId, status }) => clientId === to && status === 'offline')) {
      warn(shell, `The client ${printable(to)} is offline, and whoever is offline misses what is sent to it.`);
    }
    const { msgId, delivered = null, refused = null } = delivery;
    const report = { event: 'sent', msg_id: msgId, from, to, kind, delivered, refused, reason: reasonOf(delivery) };
    say(shell, options.json ? JSON.stringify(report) : `Sent to ${printable(to)}${heard(delivery)}.`);
    return EXIT.fine;
  });
}

/** Throws where the gateway did not take the message at all. */
function refuseUnsent({ to, from, text }: { to: string; from: string; text: string }, delivery: Delivery): void {
  const { delivered, msgId, reason } = delivery;
  if (reason === 'too_large' && msgId === undefined) {
    const bytes = Buffer.byteLength(text);
    throw new GatewayError(
      'PEER_TOO_LARGE',
      `The message has ${bytes} bytes without what goes around it, and CrossComm carries at most 1 MiB.`,
    );
  }
  if (reason === 'not_allowed' && delivered === 0) {
    throw new GatewayError('PEER_NOT_ALLOWED', `The gateway does not let ${from} send to ${printable(to)}.`);
  }
  if (reason === 'name_invalid') {
    throw new GatewayError('PEER_BAD_NAME', `The gateway says that nothing can be sent to ${printable(to)}.`);
  }
}

/** The gateway's own words, where the client has others. */
const WORDS: Record<string, string> = { name_invalid: 'bad_name', offline: 'closed', storage_full: 'store_full' };

/** Why somebody did not get it, by the gateway's word for it; null where everybody did. */
function reasonOf({ reason }: Delivery): string | null {
  return reason === undefined ? null : (WORDS[reason] ?? reason);
}

/** Why a recipient did not get it, by the gateway's word for it. */
const REASONS: Record<string, string> = {
  not_allowed: 'it may not have it',
  too_large: 'its protocol does not carry so much',
  queue_full: 'it does not read fast enough',
  closed: 'it has just gone',
  timeout: 'its gateway does not answer',
};

/** How many have it, as the rest of a sentence; nothing where the server does not say. */
function heard(delivery: Delivery): string {
  const { delivered, refused = 0 } = delivery;
  if (delivered === undefined) return '';
  if (delivered === 0 && refused === 0) return '; nobody listens to it';
  const reason = reasonOf(delivery);
  const why = REASONS[reason ?? ''] ?? reason;
  const missed = refused === 0 ? '' : `, ${refused} could not${why ? ` (${why})` : ''}`;
  return `: ${delivered === 0 ? 'nobody' : delivered} heard it${missed}`;
}

/** A text that is one JSON object is a dict; any other, numbers and lists too, is text, as from MQTT and serial. */
function isObject(text: string): boolean {
  return tryScanObject(text) !== undefined;
}

/** What begins as JSON and is none was hardly meant as text: most often the shell has taken its quotes. */
function notJson(text: string): string {
  let why = 'it is no object';
  try {
    JSON.parse(text);
  } catch (error) {
    why = printable((error as Error).message);
  }
  return `The text begins with { and is not JSON, so it was sent as text (${why}). Names and texts stand in double quotes, and all of it in single ones: '{"led": 1}'`;
}
