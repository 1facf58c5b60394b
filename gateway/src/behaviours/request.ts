import { MAX_CHANNEL_LENGTH } from '../common/names.ts';
import type { Message } from '../hub/message.ts';
import { type Asked, type Fields, READERS } from './readers.ts';
import { nameOf } from './wanted.ts';

/** How long a request may be, in characters. */
const MAX_LENGTH = 8192;
const KINDS = Object.keys(READERS) as (keyof typeof READERS)[];

/** One client has one of each `name`; with other options it takes the place of the former. */
export interface Request extends Asked {
  readonly name: string;
  /** The client wants to be told no more. */
  readonly stop: boolean;
}

/** What is wrong with a request, as part of a sentence, and what it is about, as far as that can be read. */
export interface Unfit {
  readonly fault: string;
  readonly about: Fields;
}

const FORMS =
  'send such as {"awareness": CHANNEL}, {"gather": CHANNEL, "key": KEY} or {"leader": CHANNEL, "stand": true}, and "stop": true to end it';

/** Reads what a client asks of the behaviours. */
export function readRequest(message: Message): Request | Unfit {
  if (message.kind !== 'dict' && message.kind !== 'json') return unfit(`it is no object: ${FORMS}`);
  if (message.text.length > MAX_LENGTH) return unfit(`it is longer than ${MAX_LENGTH} characters`);
  const fields = parse(message.text);
  if (fields === undefined) return unfit(`it is no object: ${FORMS}`);
  const [kind, ...others] = KINDS.filter((name) => fields[name] !== undefined);
  if (kind === undefined || others.length > 0) return unfit(`it has not one of ${KINDS.join(', ')}: ${FORMS}`);
  const channel = fields[kind];
  if (typeof channel !== 'string' || channel === '' || channel.length > MAX_CHANNEL_LENGTH) {
    return unfit(`${kind} must be the name of a channel: ${FORMS}`);
  }
  const { stop = false, key } = fields;
  const asked = typeof stop === 'boolean' ? READERS[kind](channel, fields) : 'stop must be true or false';
  if (typeof asked === 'string') return unfit(asked, { [kind]: channel, ...(typeof key === 'string' && { key }) });
  return { ...asked, name: nameOf(asked.wanted), stop: stop === true };
}

function unfit(fault: string, about: Fields = {}): Unfit {
  return { fault, about };
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
