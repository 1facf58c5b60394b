import { MAX_CHANNEL_LENGTH } from '../common/names.ts';
import type { Message } from '../hub/message.ts';

/** How long a request may be, in characters. */
const MAX_LENGTH = 8192;
const MAX_KEYS = 64;
const GATHER_TIMEOUT_MS = 2000;
const SHORTEST_TIMEOUT_MS = 100;
const LONGEST_TIMEOUT_MS = 86_400_000;

/** What is asked for: a behaviour of a channel. */
export type Wanted =
  | { kind: 'awareness'; channel: string; keys: readonly string[]; timeoutMs: number }
  | { kind: 'gather'; channel: string; key: string; timeoutMs: number }
  | { kind: 'leader'; channel: string };

/** One client has one of each `name`; with other options it takes the place of the former. */
export interface Request {
  readonly wanted: Wanted;
  readonly name: string;
  /** The client wants to be told no more. */
  readonly stop: boolean;
  /** Of a leader: whether the client wants to be it; undefined: as before. */
  readonly stand: boolean | undefined;
}

const FORMS =
  'send {"awareness": CHANNEL}, {"gather": CHANNEL, "key": KEY} or {"leader": CHANNEL, "stand": true}, and "stop": true to end it';

/** Reads what a client asks of the behaviours; a text says what is wrong with it, as part of a sentence. */
export function readRequest(message: Message): Request | string {
  if (message.kind !== 'dict' && message.kind !== 'json') return `it is no object: ${FORMS}`;
  if (message.text.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  const fields = parse(message.text);
  if (fields === undefined) return `it is no object: ${FORMS}`;
  const kinds = (['awareness', 'gather', 'leader'] as const).filter((kind) => fields[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return `it has not one of awareness, gather and leader: ${FORMS}`;
  const channel = fields[kind];
  if (!isName(channel)) return `${kind} must be the name of a channel: ${FORMS}`;
  const { stop = false, stand } = fields;
  if (typeof stop !== 'boolean') return 'stop must be true or false';
  if (stand !== undefined && typeof stand !== 'boolean') return 'stand must be true or false';
  const wanted = wantedOf(kind, channel, fields);
  if (typeof wanted === 'string') return wanted;
  const key = wanted.kind === 'gather' ? wanted.key : '';
  return { wanted, name: JSON.stringify([kind, channel, key]), stop, stand };
}

function wantedOf(kind: Wanted['kind'], channel: string, fields: Record<string, unknown>): Wanted | string {
  if (kind === 'leader') return { kind, channel };
  const { timeoutMs = kind === 'gather' ? GATHER_TIMEOUT_MS : 0 } = fields;
  const isNever = kind === 'awareness' && timeoutMs === 0;
  if (!isNever && !isTimeout(timeoutMs)) {
    return `timeoutMs must be a whole number from ${SHORTEST_TIMEOUT_MS} to ${LONGEST_TIMEOUT_MS}`;
  }
  if (kind === 'gather') {
    const { key } = fields;
    return isName(key) ? { kind, channel, key, timeoutMs } : 'key must be the name of what is gathered';
  }
  const { keys = [] } = fields;
  const areKeys = Array.isArray(keys) && keys.length <= MAX_KEYS && keys.every((key) => typeof key === 'string');
  return areKeys ? { kind, channel, keys, timeoutMs } : `keys must be a list of at most ${MAX_KEYS} names of fields`;
}

function isTimeout(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= SHORTEST_TIMEOUT_MS && Number(value) <= LONGEST_TIMEOUT_MS;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHANNEL_LENGTH;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
