import { resolve } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import type { RecordingEvent } from '../../transports/recording/events.ts';
import { askGateway, eventsOf } from '../ask-gateway.ts';
import { type Reach, type ReachOptions, reachOf } from '../reach.ts';
import { OLDER_PARTS, RecordingFile } from '../recording-file.ts';
import { EXIT, type Shell, UsageError, warn } from '../shell.ts';

export interface RecordOptions extends ReachOptions {
  client?: string[];
  minutes?: string;
  maxMb?: string;
}

const MAX_MINUTES = 24 * 60;
const DEFAULT_MB = 16;
/** What can be read again as one text. */
const MAX_MB = 100;

/** What came, as a person is told at the end. */
interface Tally {
  connections: number;
  messages: number;
  lost: number;
  isEnded: boolean;
  lastMs: number;
}

/** `crosscomm record`: keeps what chosen clients send and are sent in a file. */
export async function record(shell: Shell, path: string, options: RecordOptions): Promise<number> {
  const { client: clients = [], minutes, maxMb, ...reach } = options;
  if (clients.length === 0) throw new UsageError('Name at least one client: --client ID.');
  const length = numberOf('--minutes', minutes, 10, MAX_MINUTES);
  const maxBytes = numberOf('--max-mb', maxMb, DEFAULT_MB, MAX_MB) * 1_000_000;
  const at = await reachOf(shell, reach);
  await tellUnknown(shell, at, clients);
  const file = await RecordingFile.create(resolve(shell.cwd, path), maxBytes);
  const query = new URLSearchParams({ minutes: String(length) });
  for (const id of clients) query.append('client', id);
  const { url, account, secret } = at;
  const credential = { account, secret };
  const broken = new AbortController();
  const tally: Tally = { connections: 0, messages: 0, lost: 0, isEnded: false, lastMs: 0 };
  try {
    for await (const text of eventsOf(shell, url, `/api/v1/recording?${query}`, {
      ...credential,
      signal: broken.signal,
    })) {
      const event = JSON.parse(text) as RecordingEvent;
      if (event.is === 'recording') {
        warn(shell, begun(clients, path, length));
        // What came until then is still told; where even this fails, it is broken off.
        const end = (): void => {
          const ending = askGateway(shell, url, 'DELETE', `/api/v1/recording/${event.id}`, credential);
          ending.catch(() => broken.abort());
        };
        if (shell.ended.aborted) end();
        else shell.ended.addEventListener('abort', end, { once: true });
      }
      if (event.is === 'open') warn(shell, opened(event));
      count(tally, event);
      await file.write(event);
    }
  } catch (error) {
    const isEmpty = tally.lastMs === 0 && tally.connections === 0;
    // Killed, or out of reach: it is broken off as where the stream just ends.
    const isGone = error instanceof GatewayError && error.code === 'GATEWAY_UNREACHABLE' && !isEmpty;
    if (!isGone) {
      await (isEmpty ? file.remove() : file.close());
      throw error;
    }
  }
  await file.close();
  summarize(shell, path, tally, file.dropped);
  if (tally.isEnded) return EXIT.fine;
  throw new GatewayError(
    'GATEWAY_UNREACHABLE',
    'The gateway broke the recording off; what came until then is in the file.',
  );
}

function numberOf(flag: string, text: string | undefined, usual: number, most: number): number {
  if (text === undefined) return usual;
  const number = Number(text);
  if (number > 0 && number <= most) return number;
  throw new UsageError(`${flag} is a number above 0, at most ${most}, not "${printable(text)}".`);
}

/** A name with a mistake in it would be waited for in vain. */
async function tellUnknown(shell: Shell, { url, account, secret }: Reach, clients: readonly string[]): Promise<void> {
  for (const id of clients) {
    try {
      await askGateway(shell, url, 'GET', `/api/v1/clients/${encodeURIComponent(id)}`, { account, secret });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'PEER_NOT_FOUND') throw error;
      warn(shell, `The gateway knows no client ${printable(id)} yet; it is recorded when it comes.`);
    }
  }
}

function begun(clients: readonly string[], path: string, minutes: number): string {
  const who = clients.map(printable).join(', ');
  return `Recording ${who} to ${path}, for ${minutes} minute${minutes === 1 ? '' : 's'} or until Ctrl-C.`;
}

function opened({ client, protocol, peer, inMiddle }: Extract<RecordingEvent, { is: 'open' }>): string {
  const who = `${printable(client)}, by ${protocol} from ${printable(peer)}`;
  if (!inMiddle) return `${who}: recorded from its beginning.`;
  return `${who}: recorded from now on, without how it joined; to replay it, have it connect again.`;
}

function count(tally: Tally, event: RecordingEvent): void {
  if ('t' in event) tally.lastMs = event.t;
  if (event.is === 'open') tally.connections++;
  if (event.is === 'in' || event.is === 'out') tally.messages++;
  if (event.is === 'lost') tally.lost += event.events;
  if (event.is === 'end') tally.isEnded = true;
}

function summarize(shell: Shell, path: string, { connections, messages, lost }: Tally, dropped: number): void {
  const each = connections === 1 ? '1 connection' : `${connections} connections`;
  warn(shell, `${path} has ${each}, with ${messages} pieces of what was sent and received.`);
  if (lost > 0) warn(shell, `${lost} pieces are missing: there was too much at once for this command.`);
  if (dropped > 0) {
    warn(
      shell,
      `The beginning is missing: a recording has ${OLDER_PARTS + 1} files at most. --max-mb makes them larger.`,
    );
  }
  warn(
    shell,
    'Passwords and tokens are blanked. What messages contain is not: look at it before you give it to others.',
  );
}
