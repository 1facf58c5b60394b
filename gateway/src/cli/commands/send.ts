import { GatewayError } from '../../common/errors.ts';
import { quote, tryScanObject } from '../../common/json/scan.ts';
import { printable } from '../../common/printable.ts';
import { channelToSendTo, clientName } from '../channel-argument.ts';
import { CrossCommClient, freshId, gatewayUrl, type ServerReceipt } from '../crosscomm-client.ts';
import { EXIT, type Shell, say, warn } from '../shell.ts';

export interface SendOptions {
  url?: string;
  from?: string;
  json?: boolean;
}

/** `crosscomm send`: one message to a channel or client, and the gateway's word how many have it. */
export async function send(shell: Shell, channel: string, text: string, options: SendOptions): Promise<number> {
  const to = channelToSendTo(channel);
  const from = options.from === undefined ? freshId() : clientName(options.from);
  const client = await CrossCommClient.connect(gatewayUrl(options.url, shell.env), from, shell.env);
  try {
    if (options.from !== undefined) await refuseNameInUse(client, from);
    await client.login();
    client.askForReceipts();
    const kind = isObject(text) ? 'dict' : 'text';
    const id = client.send(to, kind, kind === 'dict' ? text.trim() : quote(text));
    const known = await client.listClients();
    const receipt = client.receiptOf(id);
    refuseUnsent(to, from, receipt);
    if (kind === 'text' && text.trimStart().startsWith('{')) warn(shell, notJson(text));
    if (known.some((other) => other.id === to && !other.online)) {
      warn(shell, `The client ${printable(to)} is offline, and whoever is offline misses what is sent to it.`);
    }
    const { delivered = null, refused = null, reason = null } = receipt ?? {};
    say(
      shell,
      options.json
        ? JSON.stringify({ event: 'sent', msg_id: id, from, to, kind, delivered, refused, reason })
        : `Sent to ${printable(to)}${heard(receipt)}.`,
    );
    return EXIT.fine;
  } finally {
    await client.close();
  }
}

/** In CrossComm the newest login of a name wins, so borrowing one in use would throw its owner out. */
async function refuseNameInUse(client: CrossCommClient, id: string): Promise<void> {
  const known = await client.listClients();
  if (!known.some((other) => other.id === id && other.online)) return;
  throw new GatewayError('PEER_NAME_TAKEN', `The name ${id} is in use by a client that is online: choose another.`);
}

/** Throws where the gateway did not take the message at all. */
function refuseUnsent(to: string, from: string, receipt: ServerReceipt | undefined): void {
  if (receipt?.reason === 'not_allowed' && receipt.delivered === 0) {
    throw new GatewayError('PEER_NOT_ALLOWED', `The gateway does not let ${from} send to ${printable(to)}.`);
  }
  if (receipt?.reason === 'bad_name') {
    throw new GatewayError('PEER_BAD_NAME', `The gateway says that nothing can be sent to ${printable(to)}.`);
  }
}

/** Why a recipient did not get it, by the gateway's word for it. */
const REASONS: Record<string, string> = {
  not_allowed: 'it may not have it',
  too_large: 'its protocol does not carry so much',
  queue_full: 'it does not read fast enough',
  closed: 'it has just gone',
};

/** How many have it, as the rest of a sentence; nothing where the server does not say. */
function heard(receipt: ServerReceipt | undefined): string {
  if (!receipt) return '';
  const { delivered, refused, reason } = receipt;
  if (delivered === 0 && refused === 0) return '; nobody listens to it';
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
