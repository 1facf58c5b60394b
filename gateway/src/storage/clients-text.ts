import { clientIdFault } from '../common/names.ts';
import type { ClientInfo } from '../hub/client.ts';
import { GATEWAY_PROTOCOL, type Protocol } from '../hub/session.ts';

const HEADER = '# The clients that this CrossComm gateway knows. It is rewritten while the gateway runs.\n';

/**
 * A YAML mapping from client id to a flow mapping, one client per line. Each line is also a member of a JSON object, so that our own file
 * can be read quickly. The keys `status` and `last_seen` are CrossComm's; times are in seconds since 1970, except `left`, which is by the
 * clock that never steps.
 */
export function writeClients(clients: Iterable<ClientInfo>): string {
  let text = HEADER;
  for (const client of clients) {
    const name = quote(client.id);
    text += name.length > LONGEST_PLAIN_KEY ? `? ${name}\n: ` : `${name}: `;
    text += `${writeClientText(client)}\n`;
  }
  return text;
}

/** One client without its id, as a JSON object and a flow mapping of YAML. */
export function writeClientText(client: ClientInfo): string {
  const { online, lastSeenMs, joinedMs, leftMs, origin, account, protocol, subscriptions } = client;
  const list = subscriptions.length === 0 ? '' : subscriptions.map(quote).join(', ');
  const from = origin === undefined ? '' : `"origin": ${quote(origin)}, `;
  const whose = account === undefined ? '' : `"account": ${quote(account)}, `;
  const left = leftMs === undefined ? '' : `"left": ${seconds(leftMs)}, `;
  return (
    `{"status": "${online ? 'online' : 'offline'}", "last_seen": ${seconds(lastSeenMs)}, ` +
    `"protocol": ${quote(protocol)}, "joined": ${seconds(joinedMs)}, ${left}${from}${whose}"subscriptions": [${list}]}`
  );
}

/** Reads what `writeClientText` wrote. Throws if it is anything else. */
export function readClientText(id: string, text: string): ClientInfo {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new TypeError('this is not what is kept of a client');
  return readClient(id, new Map(Object.entries(value)));
}

/** YAML allows 1024 characters up to the colon of a key on the same line. */
const LONGEST_PLAIN_KEY = 1000;

/** Characters that YAML 1.1 does not allow unescaped, or takes for a line break, and that JSON leaves as they are. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Most names: nothing in them needs another form. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A string that JSON and both versions of YAML read the same way. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Always with a decimal point, as PyYAML would read a number without one as an integer. */
function seconds(ms: number): string {
  if (!Number.isFinite(ms)) return '0.0';
  if (!Number.isSafeInteger(ms) || ms < 0) return (ms / 1000).toFixed(3);
  // Nearly all times are whole milliseconds.
  const whole = Math.floor(ms / 1000);
  return `${whole}.${String(ms - 1000 * whole).padStart(3, '0')}`;
}

/** Reads a file that `writeClients` or a pywayne server wrote, or any YAML of the same shape. Throws an Error if it is anything else. */
export async function readClients(text: string): Promise<ClientInfo[]> {
  return readOwn(text) ?? readYaml(text);
}

/** Reads our own lines; undefined if there is any other line. */
function readOwn(text: string): ClientInfo[] | undefined {
  if (!text.startsWith(HEADER)) return undefined;
  const clients: ClientInfo[] = [];
  try {
    for (const line of text.slice(HEADER.length).split('\n')) {
      if (line === '') continue;
      const [entry, second] = Object.entries(JSON.parse(`{${line}}`) as Record<string, unknown>);
      if (!entry || second) return undefined;
      const [id, value] = entry;
      clients.push(readClient(id, new Map(Object.entries(value as object))));
    }
  } catch {
    return undefined;
  }
  return clients;
}

/** The failsafe schema keeps ids as text: `1e5` does not become a number, nor `yes` a boolean. */
async function readYaml(text: string): Promise<ClientInfo[]> {
  const { parse } = await import('yaml');
  const known: unknown = parse(text, { schema: 'failsafe', mapAsMap: true, uniqueKeys: false });
  if (known === null || known === undefined || known === '') return [];
  if (!(known instanceof Map)) throw new TypeError('it is not a mapping from client id to client');
  const clients: ClientInfo[] = [];
  for (const [id, value] of known) {
    if (typeof id !== 'string') throw new TypeError('a client id is not a string');
    clients.push(readClient(id, value instanceof Map ? value : new Map()));
  }
  return clients;
}

/** The protocol of clients in a file that names none: pywayne's server has only this one. */
const PYWAYNE_PROTOCOL = 'crosscomm';

function readClient(id: string, fields: ReadonlyMap<unknown, unknown>): ClientInfo {
  const lastSeenMs = milliseconds(fields.get('last_seen')) ?? 0;
  const protocol = fields.get('protocol');
  const subscriptions = fields.get('subscriptions');
  const origin = fields.get('origin');
  const account = fields.get('account');
  return {
    id,
    protocol: isProtocol(protocol) ? protocol : PYWAYNE_PROTOCOL,
    online: fields.get('status') === 'online',
    lastSeenMs,
    joinedMs: milliseconds(fields.get('joined')) ?? lastSeenMs,
    leftMs: milliseconds(fields.get('left')),
    ...(typeof origin === 'string' ? { origin } : {}),
    ...(typeof account === 'string' ? { account } : {}),
    subscriptions: Array.isArray(subscriptions) ? subscriptions.filter((item) => typeof item === 'string') : [],
  };
}

/**
 * Any protocol name, as the gateway that wrote the file may have had more protocols; but a file cannot make a client one of the gateway's
 * own.
 */
function isProtocol(value: unknown): value is Protocol {
  return typeof value === 'string' && value !== GATEWAY_PROTOCOL && clientIdFault(value) === undefined;
}

function milliseconds(seconds: unknown): number | undefined {
  const value = typeof seconds === 'string' || typeof seconds === 'number' ? Number(seconds) : Number.NaN;
  return Number.isFinite(value) ? Math.round(value * 1000) : undefined;
}
