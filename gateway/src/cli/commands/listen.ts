import { GatewayError } from '../../common/errors.ts';
import { decodeString, isJson, quote, writeObject } from '../../common/json/scan.ts';
import { printable } from '../../common/printable.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import { channelToListenTo, nameIn } from '../channel-argument.ts';
import { CrossCommClient, type Frame, freshId, gatewayUrl, type ServerReceipt } from '../crosscomm-client.ts';
import { EXIT, paintOf, type Shell } from '../shell.ts';
import { clippedInside, padded, widthOf } from '../text.ts';

export interface ListenOptions {
  url?: string;
  json?: boolean;
}

const EVERYTHING = '#';

/** `crosscomm listen`: prints messages until the person ends it. */
export async function listen(shell: Shell, channels: readonly string[], options: ListenOptions): Promise<number> {
  const wanted = channels.length === 0 ? [EVERYTHING] : channels.map(channelToListenTo);
  const client = await CrossCommClient.connect(gatewayUrl(options.url, shell.env), freshId(), shell.env);
  try {
    const isWanted = filterOf(wanted);
    const format = options.json ? jsonLine : linesForPeople(shell);
    client.onMessage = (frame) => {
      if (!isWanted(frame.to) || shell.ended.aborted) return;
      if (shell.stdout.write(`${format(frame)}\n`)) return;
      client.pause();
      shell.stdout.once('drain', () => client.resume());
    };
    await client.login();
    client.askForReceipts();
    const id = client.subscribe(wanted);
    // The answer to this comes after the subscription was made.
    await client.listClients();
    refuseUnheard(wanted, client.receiptOf(id));
    if (!options.json && shell.stderr.isTTY) {
      const what = channels.length === 0 ? 'every channel' : channels.join(', ');
      shell.stderr.write(
        `${paintOf(shell, shell.stderr).dim(`Listening to ${what} as ${client.id}; Ctrl-C ends it.`)}\n`,
      );
    }
    const reason = await Promise.race([client.closed, aborted(shell.ended)]);
    if (reason === undefined) return EXIT.fine;
    throw new GatewayError('GATEWAY_UNREACHABLE', `The gateway at ${client.url} closed the connection: ${reason}.`);
  } finally {
    await client.close();
  }
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
  bad_name: 'no channel can have this name, or its functions cannot be read',
  too_many: 'a client may not listen to so many (clients.maxSubscriptions)',
};

/** Throws where the gateway does not let this client have all that is wanted: it would wait for what never comes. */
function refuseUnheard(wanted: readonly string[], receipt: ServerReceipt | undefined): void {
  const { refused = 0, reason = null } = receipt ?? {};
  if (refused === 0) return;
  const what = wanted.length === 1 ? nameIn(wanted[0] ?? '') : `${refused} of these channels`;
  throw new GatewayError(
    reason === 'too_many' ? 'PEER_TOO_MANY' : 'PEER_NOT_ALLOWED',
    `The gateway does not let you listen to ${printable(what)}: ${REASONS[reason ?? ''] ?? reason}.`,
  );
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Text as text, everything else as the JSON it is. */
function contentOf({ kind, content }: Frame): string {
  return kind !== 'dict' && content.startsWith('"') ? decodeString(content) : content;
}

/** One line of JSON. What is no JSON in the message, such as Python's NaN, is given as a text. */
export function jsonLine(frame: Frame): string {
  const inner = frame.kind === 'json' ? contentOf(frame) : frame.content;
  return writeObject([
    { name: 'msg_id', raw: quote(frame.id) },
    { name: 'from', raw: quote(frame.from) },
    { name: 'to', raw: quote(frame.to) },
    { name: 'kind', raw: quote(frame.kind) },
    { name: 'content', raw: isJson(inner) ? inner.trim() : quote(inner) },
    { name: 'timestamp', raw: String(frame.timestamp) },
    { name: 'object_key', raw: frame.objectKey },
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
function linesForPeople(shell: Shell): (frame: Frame) => string {
  const paint = paintOf(shell);
  const { isTTY = false, columns } = shell.stdout;
  const share = Math.floor(((columns || DEFAULT_COLUMNS) - OTHER_COLUMNS) / 3);
  const most = Math.min(MAX_NAME_COLUMNS, Math.max(MIN_NAME_COLUMNS, share));
  const widths = { from: 8, to: 8 };
  const column = (name: 'from' | 'to', text: string): string => {
    widths[name] = Math.max(widths[name], Math.min(widthOf(text), most));
    return padded(isTTY ? clippedInside(text, widths[name]) : text, widths[name]);
  };
  return (frame) => {
    const from = paint.cyan(column('from', printable(frame.from)));
    const to = paint.green(column('to', printable(frame.to)));
    const key = frame.objectKey === 'null' ? '' : ` ${paint.dim(printable(frame.objectKey))}`;
    const arrow = paint.dim('->');
    return `${paint.dim(clock(frame.timestamp))}  ${from} ${arrow} ${to}  ${paint.dim(frame.kind.padEnd(5))} ${printable(contentOf(frame))}${key}`;
  };
}

/** The time of day, local, to the millisecond. */
function clock(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
