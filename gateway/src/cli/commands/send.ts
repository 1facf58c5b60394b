import { GatewayError } from '../../errors.ts';
import { quote, tryScanObject } from '../../json/scan.ts';
import { CrossCommClient, freshId, gatewayUrl } from '../crosscomm-client.ts';
import { EXIT, type Shell, say, warn } from '../shell.ts';

export interface SendOptions {
  url?: string;
  from?: string;
  json?: boolean;
}

/** `crosscomm send`: one message to a channel or client, and the gateway's word that it arrived there. */
export async function send(shell: Shell, channel: string, text: string, options: SendOptions): Promise<number> {
  const from = options.from ?? freshId();
  const client = await CrossCommClient.connect(gatewayUrl(options.url, shell.env), from, shell.env);
  try {
    if (options.from !== undefined) await refuseNameInUse(client, from);
    await client.login();
    const kind = isObject(text) ? 'dict' : 'text';
    const id = client.send(channel, kind, kind === 'dict' ? text.trim() : quote(text));
    const known = await client.listClients();
    if (known.some((other) => other.id === channel && !other.online)) {
      warn(shell, `The client ${channel} is offline, and whoever is offline misses what is sent to it.`);
    }
    say(
      shell,
      options.json
        ? JSON.stringify({ event: 'sent', msg_id: id, from, to: channel, kind })
        : `Sent to ${channel} as a ${kind}.`,
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

/** A text that is one JSON object is a dict; any other, numbers and lists too, is text, as from MQTT and serial. */
function isObject(text: string): boolean {
  return tryScanObject(text) !== undefined;
}
