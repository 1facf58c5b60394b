import { CrossCommError, type Message, type Status } from '@crosscomm/client';
import { GatewayError } from '../../common/errors.ts';
import { isJson, quote, writeObject } from '../../common/json/scan.ts';
import { printable } from '../../common/printable.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import { channelToListenTo, nameIn, wildcardHint } from '../channel-argument.ts';
import { asGuest, closing, type Guest } from '../guest.ts';
import type { ReachOptions } from '../reach.ts';
import { EXIT, paintOf, type Shell, warn } from '../shell.ts';
import { clippedInside, padded, widthOf } from '../text.ts';
import { timeOfDay } from '../time-of-day.ts';

export interface ListenOptions extends ReachOptions {
  json?: boolean;
}

const EVERYTHING = '#';

/** `crosscomm listen`: prints messages until the person ends it. */
export async function listen(shell: Shell, channels: readonly string[], options: ListenOptions): Promise<number> {
  const wanted = channels.length === 0 ? [EVERYTHING] : channels.map(channelToListenTo);
  for (const hint of wanted.map(wildcardHint)) if (hint !== undefined) warn(shell, hint);
  const isWanted = filterOf(wanted);
  const format = options.json ? jsonLine : linesForPeople(shell);
  return await asGuest(shell, options, async ({ client, url }) => {
    const ended = new Promise<Status>((resolve) => {
      client.statusListener((status) => status.state === 'offline' && resolve(status));
    });
    let isPaused = false;
    client.messageListener({}, (message) => {
      if (!isWanted(message.toClientId) || shell.ended.aborted) return;
      // What was read before the pause still comes.
      if (shell.stdout.write(`${format(message)}\n`) || isPaused) return;
      isPaused = true;
      client.pause();
      shell.stdout.once('drain', () => {
        isPaused = false;
        client.resume();
      });
    });
    await subscribe(client, wanted);
    if (!options.json && shell.stderr.isTTY) {
      const what = channels.length === 0 ? 'every channel' : channels.join(', ');
      shell.stderr.write(
        `${paintOf(shell, shell.stderr).dim(`Listening to ${what} as ${client.clientId}; Ctrl-C ends it.`)}\n`,
      );
    }
    const end = await Promise.race([ended, aborted(shell.ended)]);
    if (end === undefined) return EXIT.fine;
    const why = end.closed ? closing(end.closed) : end.reason;
    throw new GatewayError('GATEWAY_UNREACHABLE', `The gateway at ${url} closed the connection: ${why}.`);
  });
}

/** True for the channels asked for. Messages to `all` and to this client arrive too, and are shown with everything. */
function filterOf(wanted: readonly string[]): (channel: string) => boolean {
  if (wanted.includes(EVERYTHING)) return () => true;
  const names = new Set(wanted.map(nameIn));
  const patterns = [...names].filter(isPattern).map((pattern) => pattern.split('/'));
  return (channel) => names.has(channel) || patterns.some((levels) => matchesPattern(levels, channel));
}

const REASONS: Record<string, string> = {
  not_allowed: 'it is private, or has another password',
  name_invalid: 'no channel can have this name, or its functions cannot be read',
  too_many: 'a client may not listen to so many (clients.maxSubscriptions)',
};

/** Throws GatewayError where the gateway does not let this client have all that is wanted: it would wait for what never comes. */
async function subscribe(client: Guest['client'], wanted: readonly string[]): Promise<void> {
  try {
    // A server that says nothing to a subscription has made it when it answers the second.
    await Promise.all([client.subscribe(wanted, () => {}), client.listClients({ onlyShowOnline: false })]);
  } catch (error) {
    if (!(error instanceof CrossCommError) || error.channels === undefined) throw error;
    const { code, channels } = error;
    throw new GatewayError(
      code === 'too_many' ? 'PEER_TOO_MANY' : 'PEER_NOT_ALLOWED',
      `The gateway does not let you listen to ${printable(channels.map(nameIn).join(', '))}: ${REASONS[code] ?? code}.`,
    );
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Text as text, everything else as the JSON it is. */
function contentOf({ msgType, json }: Message): string {
  return msgType !== 'dict' && msgType !== 'json' && json.startsWith('"') ? JSON.parse(json) : json;
}

/** One line of JSON. What is no JSON in the message, such as Python's NaN, is given as a text. */
export function jsonLine(message: Message): string {
  const { json } = message;
  return writeObject([
    { name: 'msg_id', raw: quote(message.msgId) },
    { name: 'from', raw: quote(message.fromClientId) },
    { name: 'to', raw: quote(message.toClientId) },
    { name: 'kind', raw: quote(message.msgType) },
    { name: 'content', raw: isJson(json) ? json.trim() : quote(json) },
    { name: 'timestamp', raw: String(message.timestamp) },
    { name: 'object_key', raw: message.ossKey === null ? 'null' : quote(message.ossKey) },
  ]);
}

const DEFAULT_COLUMNS = 80;
/** What a line has beside the two names and the content. */
const OTHER_COLUMNS = 26;
const MIN_NAME_COLUMNS = 12;
const MAX_NAME_COLUMNS = 32;

/**
 * Time, from, to, kind and content in columns, which grow with the names that were seen, to a third of the terminal at most. A name
 * that is longer is cut in the middle on a terminal, and only there: whoever reads the lines by a program has it whole.
 */
function linesForPeople(shell: Shell): (message: Message) => string {
  const paint = paintOf(shell);
  const { isTTY = false, columns } = shell.stdout;
  const share = Math.floor(((columns || DEFAULT_COLUMNS) - OTHER_COLUMNS) / 3);
  const most = Math.min(MAX_NAME_COLUMNS, Math.max(MIN_NAME_COLUMNS, share));
  const widths = { from: 8, to: 8 };
  const column = (name: 'from' | 'to', text: string): string => {
    widths[name] = Math.max(widths[name], Math.min(widthOf(text), most));
    return padded(isTTY ? clippedInside(text, widths[name]) : text, widths[name]);
  };
  return (message) => {
    const from = paint.cyan(column('from', printable(message.fromClientId)));
    const to = paint.green(column('to', printable(message.toClientId)));
    const key = message.ossKey === null ? '' : ` ${paint.dim(printable(quote(message.ossKey)))}`;
    const arrow = paint.dim('->');
    const kind = paint.dim(message.msgType.padEnd(5));
    return `${paint.dim(timeOfDay(message.timestamp * 1000))}  ${from} ${arrow} ${to}  ${kind} ${printable(contentOf(message))}${key}`;
  };
}
