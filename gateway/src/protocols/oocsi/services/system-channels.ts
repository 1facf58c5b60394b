import type { Rights, Sees } from '../../../access/rights.ts';
import { EVENTS_CHANNEL } from '../../../common/names.ts';
import { parseAddress } from '../../../hub/address.ts';
import type { Message } from '../../../hub/message.ts';
import type { Receipt } from '../../../hub/receipt.ts';
import type { SessionContext } from '../../context.ts';
import { toEventData } from '../event-data.ts';
import { type Announcer, SERVER } from './announcer.ts';
import { listChannels, listClients } from './lists.ts';

const INTERVAL_MS = 1000;
const CHANNELS = 'OOCSI_channels';
const CLIENTS = 'OOCSI_clients';
const METRICS = 'OOCSI_metrics';
const CONNECTIONS = 'OOCSI_connections';
const EVENTS = EVENTS_CHANNEL;
/** The channel that tells who joins and leaves. */
const EVERYWHERE = 'OOCSI';
/** How many recipients of a message are named: it costs as much for ten thousand as for these. */
const MAX_RECIPIENTS = 100;
const SYSTEM = new Set([CHANNELS, CLIENTS, METRICS, CONNECTIONS, EVENTS]);

/**
 * OOCSI's channels about itself, in the reference server's field names.
 * Each second: `OOCSI_channels` `{"channels": "a, b"}`, `OOCSI_clients` `{"clients": "a,b"}` and `OOCSI_metrics`
 * `{"uptime": ms, "messagesTotal", "messages": in the last second, "channels", "clients"}`. As they happen:
 * `OOCSI_connections` `{"CLIENT", "CHANNEL", "OP"}`, and for each message `OOCSI_events` `{"PUB": sender, "CHANNEL",
 * "SUB": recipients, "count": fields, "size": characters in them}`; of more than 100 recipients the first, and how many
 * there are as `recipients`. What is private, or the services' own, is left out.
 */
export class SystemChannels {
  readonly #context: SessionContext;
  readonly #announcer: Announcer;
  readonly #startMs: number;
  readonly #endings: (() => void)[];
  #messagesBefore = 0;
  /** Set while somebody subscribes to `OOCSI_events`. */
  #unobserve: (() => void) | undefined;

  constructor(context: SessionContext, announcer: Announcer) {
    this.#context = context;
    this.#announcer = announcer;
    this.#startMs = context.clock.monotonicMs();
    const { events } = context.hub;
    this.#endings = [
      context.clock.every(INTERVAL_MS, () => this.#tick()),
      events.on('join', (id) => this.#connection(id, EVERYWHERE, 'client connected')),
      events.on('leave', (id, _protocol, reason) =>
        this.#connection(id, EVERYWHERE, `client disconnected (${reason})`),
      ),
      events.on('came', (id) => this.#connection(id, EVERYWHERE, 'client connected')),
      events.on('went', ({ id }) => this.#connection(id, EVERYWHERE, 'client disconnected (closed)')),
      events.on('subscribe', (channel, id) => this.#connection(id, channel, 'subscribed')),
      events.on('unsubscribe', (channel, id) => this.#connection(id, channel, 'unsubscribed')),
      events.on('created', (channel) => {
        if (channel === EVENTS)
          this.#unobserve = context.hub.observe((message, receipt) => this.#event(message, receipt));
      }),
      events.on('closed', (channel) => channel === EVENTS && this.#unobserve?.()),
    ];
  }

  stop(): void {
    this.#unobserve?.();
    for (const end of this.#endings) end();
  }

  #tick(): void {
    const announcer = this.#announcer;
    const { hub, clock } = this.#context;
    const messagesTotal = hub.counters.messages - announcer.sent;
    const messages = messagesTotal - this.#messagesBefore;
    this.#messagesBefore = messagesTotal;
    if (announcer.hasListener(CHANNELS)) {
      announcer.sendAbout(SERVER, CHANNELS, (rights) => ({ channels: listChannels(hub, rights).text }));
    }
    if (announcer.hasListener(CLIENTS)) {
      announcer.sendAbout(SERVER, CLIENTS, (rights) => ({ clients: listClients(hub, rights).text }));
    }
    if (announcer.hasListener(METRICS)) {
      announcer.send(SERVER, METRICS, {
        uptime: clock.monotonicMs() - this.#startMs,
        messagesTotal,
        messages,
        channels: listChannels(hub).names.length,
        clients: listClients(hub).names.length,
      });
    }
  }

  #connection(client: string, channel: string, operation: string): void {
    if (SYSTEM.has(channel) || this.#context.hub.isPrivate(channel)) return;
    if (!this.#announcer.hasListener(CONNECTIONS)) return;
    const isHidden = (sees: Sees | undefined): boolean =>
      sees !== undefined && !(sees(client) && (channel === EVERYWHERE || sees(channel)));
    this.#announcer.sendAbout(SERVER, CONNECTIONS, (rights) =>
      isHidden(rights?.sees) ? undefined : shownTo(rights, { CLIENT: client, CHANNEL: channel, OP: operation }),
    );
  }

  #event(message: Message, receipt: Receipt): void {
    const { hub } = this.#context;
    const { from, to } = message;
    // A message about the services' own messages would cause another one, without end.
    if (from === SERVER || SYSTEM.has(to) || hub.isPrivate(parseAddress(to)?.name ?? to)) return;
    const recipients: string[] = [];
    let isCut = false;
    for (const id of hub.isOnline(to) ? [to] : hub.eachMember(to)) {
      isCut = recipients.length === MAX_RECIPIENTS;
      if (isCut) break;
      if (id !== from) recipients.push(id);
    }
    if (recipients.length === 0) return;
    const all = isCut ? { recipients: receipt.delivered + receipt.refused } : {};
    const shared = { ...all, ...sizeOf(message) };
    this.#announcer.sendAbout(SERVER, EVENTS, (rights) => {
      const { sees, shown = asItIs } = rights ?? {};
      // Only those who may get a message are told of it.
      if (rights?.hears(to) === false || sees?.(from) === false || sees?.(to) === false) return undefined;
      const seen = sees === undefined ? recipients : recipients.filter(sees);
      return seen.length === 0 ? undefined : { PUB: shown(from), CHANNEL: shown(to), SUB: seen.map(shown), ...shared };
    });
  }
}

/** What happened, with the names that the reader has for it. */
function shownTo(
  rights: Rights | undefined,
  { CLIENT, CHANNEL, OP }: Record<'CLIENT' | 'CHANNEL' | 'OP', string>,
): Record<string, string> {
  const shown = rights?.shown ?? asItIs;
  return { CLIENT: shown(CLIENT), CHANNEL: shown(CHANNEL), OP };
}

function asItIs(name: string): string {
  return name;
}

/** How many fields a message has, and how long they are together; OOCSI's own fields, which begin with `_`, left out. */
function sizeOf(message: Message): { count: number; size: number } {
  if (message.kind !== 'dict') return { count: 1, size: message.body.length };
  let count = 0;
  let size = 0;
  // Most likely they were read for its sender or its recipients already.
  for (const { name, raw } of toEventData.of(message)) {
    if (name.startsWith('_')) continue;
    count++;
    size += raw.startsWith('"') ? raw.length - 2 : raw.length;
  }
  return { count, size };
}
