import type { Outcome } from '../../hub/tracer.ts';
import type { TraceEntry } from './entry.ts';
import type { Surroundings } from './surroundings.ts';

/** How many clients a sentence names. */
const MAX_NAMED = 3;

type Who = (outcome: Outcome) => readonly string[];

/** What one sentence says, for whoever makes it in another language. */
export interface TracePart {
  /** Which sentence it is. */
  readonly code: TracePartCode;
  /** The clients in it, three at most. */
  readonly names: readonly string[];
  /** How many clients there are, which may be more. */
  readonly count: number;
  /** What else is in it. */
  readonly values: Readonly<Record<string, string | number>>;
}

/** The sentences: `clients` are those of the part, in words; `isOne`: there is one of them. */
const SENTENCES = {
  refused: ({ why }) => `Refused: ${why}.`,
  refused_name: ({ to }) => `Refused: no channel or client can have the name ${to}.`,
  refused_store: () =>
    'Refused: there is no room to keep it, so nobody got it (limits.maxRetained, limits.maxScheduled).',
  refused_private: ({ to, from }) => `Refused: ${to} is a private channel, and ${from} did not give its password.`,
  delivered: (_, clients) => `Delivered to ${clients}.`,
  queued: (_, clients) => `Queued for ${clients}: earlier messages have to be acknowledged first.`,
  waiting: (_, clients, isOne) => `Waits for ${clients}, who ${isOne ? 'is' : 'are'} away, and will get it later.`,
  queue_full: (_, clients, isOne) =>
    isOne
      ? `${clients} did not get it: it reads too slowly, and its queue is full.`
      : `${clients} did not get it: they read too slowly, and their queues are full.`,
  too_large: (_, clients, isOne) => `${clients} did not get it: the message is too large for ${isOne ? 'it' : 'them'}.`,
  expired: (_, clients, isOne) =>
    `${clients} did not get it: its time had passed before ${isOne ? 'it' : 'they'} took it.`,
  offline: (_, clients, isOne) =>
    isOne
      ? `${clients} is away, and its session keeps only messages of QoS 1 and 2.`
      : `${clients} are away, and their sessions keep only messages of QoS 1 and 2.`,
  rule: (_, clients, isOne) => `${clients} ${isOne ? 'subscribes' : 'subscribe'}, but may not hear this channel.`,
  left_out: (_, clients, isOne) =>
    isOne
      ? `${clients} did not get it: the filter of its functional channel left it out.`
      : `${clients} did not get it: the filters of their functional channels left it out.`,
  not_reading: (_, client) =>
    `${client} is connected by MQTT, but reads neither $direct/${client}/# nor a topic with its name.`,
  closed: (_, client) => `${client} did not get it: its connection was ending.`,
  retained: () => 'It is retained for whoever subscribes later.',
  away: ({ to }) => `${to} is away, and nothing keeps messages for it.`,
  came_later: ({ to, seconds }) => `${to} was not connected; it came ${seconds} s later.`,
  nobody_else: ({ to, from }) => `Nobody else subscribes to ${to}: ${from} does, but nobody gets what it sends itself.`,
  nobody: ({ to }) => `Nobody subscribes to ${to}.`,
  do_now: (_, clients, isOne) => `${clients} ${isOne ? 'does' : 'do'} now, but did not then.`,
  do_when_back: (_, clients, isOne) =>
    `${clients} ${isOne ? 'does when it is' : 'do when they are'} connected, but ${isOne ? 'is' : 'are'} away.`,
  near: ({ name }, clients, isOne) =>
    `${clients} ${isOne ? 'subscribes' : 'subscribe'} to ${name}: is one of the two misspelt?`,
} as const satisfies Record<string, (values: TracePart['values'], clients: string, isOne: boolean) => string>;

export type TracePartCode = keyof typeof SENTENCES;
/** Which sentences there are. */
export const TRACE_PARTS = Object.keys(SENTENCES) as [TracePartCode, ...TracePartCode[]];

/** What became of a message, for somebody who wonders why it did not arrive: a few sentences, each with its full stop. */
export function sentenceOf(parts: readonly TracePart[]): string {
  return parts
    .map(({ code, names, count, values }) =>
      SENTENCES[code](values as Record<string, string>, list(names, count), count === 1),
    )
    .join(' ');
}

/** What the sentences about a message say. */
export function partsOf(entry: TraceEntry, around: Surroundings): TracePart[] {
  const { reason, why, from, to } = entry;
  if (reason === 'rule' || reason === 'quota') return [part('refused', { why: why ?? 'its sender may not send it' })];
  if (reason === 'bad_name') return [part('refused_name', { to: shown(to) })];
  if (reason === 'store_full') return [part('refused_store')];
  if (reason === 'not_allowed') return [part('refused_private', { to: shown(to), from: shown(from) })];
  const parts = [...fine(entry), ...missed(entry, around)];
  if (entry.got === 0) parts.push(...unheard(entry, around, parts.length > 0));
  return parts;
}

function part(code: TracePartCode, values: TracePart['values'] = {}): TracePart {
  return { code, names: [], count: 0, values };
}

/** A part about clients; nothing where there are none. */
function about(code: TracePartCode, ids: readonly string[], count = ids.length, values = {}): TracePart[] {
  return count > 0 ? [{ code, names: ids.slice(0, MAX_NAMED).map(shown), count, values }] : [];
}

function fine(entry: TraceEntry): TracePart[] {
  const who = named(entry);
  const { counts, got } = entry;
  const queued = counts.get('queued') ?? 0;
  const waiting = counts.get('waiting') ?? 0;
  return [
    ...about('delivered', who('delivered'), got - queued - waiting),
    ...about('queued', who('queued'), queued),
    ...about('waiting', who('waiting'), waiting),
  ];
}

/** Why recipients did not get it. */
const MISSED = ['queue_full', 'too_large', 'expired', 'offline', 'rule', 'left_out'] as const;

function missed(entry: TraceEntry, around: Surroundings): TracePart[] {
  const who = named(entry);
  return [
    ...MISSED.flatMap((outcome) => about(outcome, who(outcome), entry.counts.get(outcome) ?? 0)),
    ...who('closed').flatMap((id) => {
      const client = around.client(id);
      return about(client?.protocol === 'mqtt' && client.online ? 'not_reading' : 'closed', [id]);
    }),
  ];
}

/** Nobody got it: the channel has no subscribers, or the client is away. `isTold`: what became of it is told already. */
function unheard(entry: TraceEntry, around: Surroundings, isTold: boolean): TracePart[] {
  const { to, from, timestampMs, isRetained } = entry;
  const kept = isRetained ? [part('retained')] : [];
  if (isTold) return kept;
  const client = around.client(to);
  const isKnown = client !== undefined && !client.isOfGateway && to !== from;
  if (isKnown && !client.online) return [part('away', { to: shown(to) }), ...kept];
  if (isKnown && client.joinedMs > timestampMs) {
    const seconds = Math.max(1, Math.round((client.joinedMs - timestampMs) / 1000));
    return [part('came_later', { to: shown(to), seconds }), ...kept];
  }
  const isOwn = entry.counts.has('sender') || around.subscribers(to).includes(from);
  const first = isOwn ? part('nobody_else', { to: shown(to), from: shown(from) }) : part('nobody', { to: shown(to) });
  return [first, ...kept, ...(isRetained ? [] : hints(entry, around))];
}

/** What may be the reason that nobody subscribes. */
function hints({ to, from }: TraceEntry, around: Surroundings): TracePart[] {
  const now = around.subscribers(to).filter((id) => id !== from);
  if (now.length > 0) return about('do_now', now);
  const away = around.away(to).filter((id) => id !== from);
  if (away.length > 0) return about('do_when_back', away);
  const near = around.near(to);
  return near === undefined ? [] : about('near', near.subscribers, near.subscribers.length, { name: shown(near.name) });
}

function named({ recipients }: TraceEntry): Who {
  return (outcome) => recipients.flatMap((recipient) => (recipient.outcome === outcome ? [recipient.id] : []));
}

/** `lamp`, `lamp and desk`, `lamp, desk, door and 5 others`; `count`: how many there are, which may be more than have names. */
function list(names: readonly string[], count: number): string {
  const more = count - names.length;
  if (names.length === 0) return count === 1 ? 'one client' : `${count} clients`;
  if (more > 0) return `${names.join(', ')} and ${more} ${more === 1 ? 'other' : 'others'}`;
  return names.length === 1 ? (names[0] as string) : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A name in a sentence may be long, and come from anybody. */
function shown(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}
