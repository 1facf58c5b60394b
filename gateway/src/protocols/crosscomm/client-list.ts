import type { Rights } from '../../access/rights.ts';
import type { ClientInfo } from '../../hub/client.ts';
import type { Hub } from '../../hub/hub.ts';
import { formatSeconds } from './codec.ts';

/** The list must fit into one frame of these clients; this leaves room for the rest of the frame. */
const MAX_LIST_BYTES = 1_000_000;
/** How old the times in a list may be. */
const FRESH_MS = 1000;

interface Lists {
  madeMs: number;
  all: string | undefined;
  online: string | undefined;
}

const lists = new WeakMap<Hub, Lists>();

/**
 * The content of a `list_clients_response`: a JSON string, raw, that holds the JSON of the list. Clients of every
 * protocol are in it, and a client is online there exactly while messages reach it. Lists are remembered until
 * somebody comes or goes, at most a second by `nowMs` (monotonic), so that asking for them over and over is cheap. `rights`: what who asks
 * may know of, and what it calls that.
 */
export function clientListContent(
  hub: Hub,
  onlyOnline: boolean,
  nowMs: number,
  rights?: Pick<Rights, 'sees' | 'shown'>,
): string {
  const { sees, shown } = rights ?? {};
  if (sees !== undefined) {
    const seen = hub.clients().filter(({ id }) => sees(id));
    return build(shown === undefined ? seen : seen.map((client) => ({ ...client, id: shown(client.id) })), onlyOnline);
  }
  let known = lists.get(hub);
  if (known === undefined) {
    const made: Lists = { madeMs: nowMs, all: undefined, online: undefined };
    const forget = (): void => {
      made.all = undefined;
      made.online = undefined;
    };
    hub.events.on('join', forget);
    hub.events.on('leave', forget);
    hub.events.on('came', forget);
    hub.events.on('went', forget);
    lists.set(hub, made);
    known = made;
  }
  if (nowMs - known.madeMs >= FRESH_MS) {
    known.madeMs = nowMs;
    known.all = undefined;
    known.online = undefined;
  }
  const which = onlyOnline ? 'online' : 'all';
  known[which] ??= build(hub.clients(), onlyOnline);
  return known[which];
}

function build(clients: ClientInfo[], onlyOnline: boolean): string {
  const listed = onlyOnline ? clients.filter(({ online }) => online) : clients;
  const content = write(listed, listed.length, onlyOnline);
  if (Buffer.byteLength(content) <= MAX_LIST_BYTES) return content;
  // Too many for one frame: those who are online first, as many as fit; the count stays true.
  const ordered = [...listed].sort((one, other) => Number(other.online) - Number(one.online));
  let bytes = 100;
  let count = 0;
  for (const client of ordered) {
    bytes += Buffer.byteLength(JSON.stringify(entry(client))) + 2;
    if (bytes > MAX_LIST_BYTES) break;
    count++;
  }
  return write(ordered.slice(0, count), listed.length, onlyOnline);
}

function write(clients: readonly ClientInfo[], count: number, onlyOnline: boolean): string {
  const entries = clients.map(entry).join(', ');
  return JSON.stringify(`{"clients": [${entries}], "total_count": ${count}, "only_show_online": ${onlyOnline}}`);
}

function entry({ id, online, lastSeenMs, joinedMs }: ClientInfo): string {
  return (
    `{"client_id": ${JSON.stringify(id)}, "status": "${online ? 'online' : 'offline'}", ` +
    `"last_heartbeat": ${formatSeconds(lastSeenMs)}, "login_time": ${formatSeconds(joinedMs)}}`
  );
}
