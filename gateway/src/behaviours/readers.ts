import { MAX_CHANNEL_LENGTH } from '../common/names.ts';
import { COUNTS } from './count.ts';
import { LONGEST_PERIOD_MS, SHORTEST_PERIOD_MS } from './sync.ts';
import type { Act, Question, Wanted } from './wanted.ts';

const MAX_KEYS = 64;
const GATHER_TIMEOUT_MS = 2000;
const SHORTEST_TIMEOUT_MS = 100;
const LONGEST_TIMEOUT_MS = 86_400_000;
const POLL_TIMEOUT_MS = 30_000;
const MAX_QUESTION_LENGTH = 500;
const MAX_OPTIONS = 32;
const MAX_VOTE_LENGTH = 256;
const MAX_QUORUM = 1000;

/** The fields of a request. */
export type Fields = Record<string, unknown>;

/** What a request is about. */
export interface Asked {
  readonly wanted: Wanted;
  readonly act?: Act;
  /** Who asks for it must have the right to send to the channel, for this reason. */
  readonly sendsTo?: string;
}

/** How the fields of each behaviour are read; a text says what is wrong with them, as part of a sentence. */
export const READERS: Record<Wanted['kind'], (channel: string, fields: Fields) => Asked | string> = {
  awareness: readAwareness,
  gather: readGather,
  leader: readLeader,
  sync: readSync,
  consensus: readConsensus,
  poll: readPoll,
  spread: readSpread,
  spatial: readSpatial,
};

function readAwareness(channel: string, { keys = [], timeoutMs = 0 }: Fields): Asked | string {
  if (timeoutMs !== 0 && !isTimeout(timeoutMs)) return timeoutFault('timeoutMs');
  const areKeys = Array.isArray(keys) && keys.length <= MAX_KEYS && keys.every((key) => typeof key === 'string');
  if (!areKeys) return `keys must be a list of at most ${MAX_KEYS} names of fields`;
  return { wanted: { kind: 'awareness', channel, keys, timeoutMs } };
}

function readGather(channel: string, { key, timeoutMs = GATHER_TIMEOUT_MS }: Fields): Asked | string {
  if (!isTimeout(timeoutMs)) return timeoutFault('timeoutMs');
  if (!isName(key)) return 'key must be the name of what is gathered';
  return { wanted: { kind: 'gather', channel, key, timeoutMs } };
}

function readLeader(channel: string, { stand }: Fields): Asked | string {
  const wanted = { kind: 'leader', channel } as const;
  if (stand === undefined) return { wanted };
  if (typeof stand !== 'boolean') return 'stand must be true or false';
  return { wanted, act: { kind: 'leader', stand }, ...(stand && { sendsTo: 'lead it' }) };
}

function readSync(channel: string, { periodMs, set = false }: Fields): Asked | string {
  const wanted = { kind: 'sync', channel } as const;
  if (typeof set !== 'boolean') return 'set must be true or false';
  if (periodMs === undefined) return set ? 'set needs a periodMs' : { wanted };
  if (typeof periodMs !== 'number' || !(periodMs >= SHORTEST_PERIOD_MS && periodMs <= LONGEST_PERIOD_MS)) {
    return `periodMs must be a number from ${SHORTEST_PERIOD_MS} to ${LONGEST_PERIOD_MS}`;
  }
  return { wanted, act: { kind: 'sync', periodMs, set }, ...(set && { sendsTo: 'set its beat' }) };
}

function readConsensus(channel: string, { key }: Fields): Asked | string {
  if (!isName(key)) return 'key must be the name of what is agreed on';
  return { wanted: { kind: 'consensus', channel, key } };
}

function readPoll(channel: string, fields: Fields): Asked | string {
  const wanted = { kind: 'poll', channel } as const;
  const { open, vote, close } = fields;
  if ([open, vote, close].filter((field) => field !== undefined).length > 1)
    return 'it may have one of open, vote, close';
  if (open !== undefined) {
    const question = readQuestion(fields);
    if (typeof question === 'string') return question;
    return { wanted, act: { kind: 'poll', open: question }, sendsTo: 'ask in it' };
  }
  if (close !== undefined) {
    if (close !== true) return 'close must be true';
    return { wanted, act: { kind: 'poll', close }, sendsTo: 'close a poll' };
  }
  if (vote === undefined) return { wanted };
  if (vote === null || !isShort(vote)) return `vote must be no longer than ${MAX_VOTE_LENGTH} characters, and not null`;
  return { wanted, act: { kind: 'poll', vote }, sendsTo: 'vote in it' };
}

function readQuestion({
  open,
  count = 'majority',
  options = [],
  quorum = 1,
  timeoutMs = POLL_TIMEOUT_MS,
}: Fields): Question | string {
  if (typeof open !== 'string' || open === '' || open.length > MAX_QUESTION_LENGTH) {
    return `open must be the question, a text of at most ${MAX_QUESTION_LENGTH} characters`;
  }
  const known = COUNTS.find((name) => name === count);
  if (known === undefined) return `count must be one of ${COUNTS.join(', ')}`;
  const areOptions = Array.isArray(options) && options.length <= MAX_OPTIONS && options.every(isShort);
  if (!areOptions) return `options must be a list of at most ${MAX_OPTIONS}, none longer than ${MAX_VOTE_LENGTH}`;
  if (!Number.isInteger(quorum) || Number(quorum) < 1 || Number(quorum) > MAX_QUORUM) {
    return `quorum must be a whole number from 1 to ${MAX_QUORUM}`;
  }
  if (!isTimeout(timeoutMs)) return timeoutFault('timeoutMs');
  return { text: open, count: known, options, quorum: Number(quorum), timeoutMs };
}

function readSpread(channel: string, { key, take }: Fields): Asked | string {
  if (!isName(key)) return 'key must be the name of what the roles are for';
  const wanted = { kind: 'spread', channel, key } as const;
  if (take === undefined) return { wanted };
  if (typeof take !== 'boolean') return 'take must be true or false';
  return { wanted, act: { kind: 'spread', take }, ...(take && { sendsTo: 'take a role' }) };
}

function readSpatial(channel: string, { key, reach, to }: Fields): Asked | string {
  if (!isName(key)) return 'key must be the name of what the places are for';
  const wanted = { kind: 'spatial', channel, key } as const;
  if (reach === undefined) return to === undefined ? { wanted } : 'to needs a reach';
  if (typeof reach !== 'number' || !(reach >= 0)) return 'reach must be a number, how far somebody near may be away';
  if (to !== undefined && !isName(to)) return 'to must be the name of a client';
  return { wanted, act: { kind: 'spatial', reach, to } };
}

function isShort(value: unknown): boolean {
  return JSON.stringify(value).length <= MAX_VOTE_LENGTH;
}

function isTimeout(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= SHORTEST_TIMEOUT_MS && Number(value) <= LONGEST_TIMEOUT_MS;
}

function timeoutFault(name: string): string {
  return `${name} must be a whole number from ${SHORTEST_TIMEOUT_MS} to ${LONGEST_TIMEOUT_MS}`;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHANNEL_LENGTH;
}
