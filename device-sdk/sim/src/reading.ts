import type { Encodable } from '@crosscomm/protocol';
import { parseDuration } from './duration.ts';
import { SimError } from './error.ts';
import type { Random } from './random.ts';
import { parseShape, type Shape, type Values } from './shape.ts';

/** What a device sends again and again. */
export interface Reading {
  channel: string;
  intervalMs: number;
  /** The keys of its maps; none where it sends bare values. */
  keys: readonly string[];
  next: Values;
}

/** A reading as it was asked for; every device makes its own of it. */
export interface ReadingPlan {
  /** `{id}` stands for the device's id, `{n}` for its number. */
  channel: string;
  intervalMs: number;
  fields: readonly { key: string | undefined; shape: Shape }[];
}

/** What devices send where nobody says otherwise. */
export const DEFAULT_READING = 'sensors/{id}:1s:temperature=sine(18,24,60s),humidity=walk(35,55,1)';

const FORM = 'CHANNEL:INTERVAL:VALUES, such as lab:1s:temperature=sine(18,24,60s),humidity=walk(35,55,1)';

/**
 * Reads `channel:interval:key=shape,key=shape`, a map of readings, or `channel:interval:shape`, a bare value. A channel may
 * contain colons. Throws SimError.
 */
export function parseReading(text: string): ReadingPlan {
  const [, channel = '', interval = '', values = ''] = /^(.+?):([\d.]+(?:ms|s|m|h)):(.+)$/s.exec(text) ?? [];
  if (channel === '') throw new SimError(`"${text}" is no reading: write ${FORM}.`);
  const parts = splitOutside(values);
  const fields = parts.map((part) => {
    const [, key, shape = ''] = /^(?:([^=("]+)=)?(.*)$/s.exec(part.trim()) ?? [];
    return { key: key?.trim(), shape: parseShape(shape.trim()) };
  });
  if (fields.length > 1 && fields.some(({ key }) => key === undefined)) {
    throw new SimError(`In "${text}" each of several values needs a name: key=shape,key=shape.`);
  }
  const keys = fields.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size < keys.length) throw new SimError(`In "${text}" a name occurs twice.`);
  return { channel, intervalMs: parseDuration(interval, 'The interval of a reading'), fields };
}

/** The reading of one device. */
export function makeReading({ channel, intervalMs, fields }: ReadingPlan, device: Place, random: Random): Reading {
  const made = fields.map(({ key, shape }) => ({ key, values: shape(random) }));
  const [first] = made;
  const next: Values =
    first !== undefined && first.key === undefined
      ? first.values
      : (elapsedMs): Encodable => new Map(made.map(({ key = '', values }) => [key, values(elapsedMs)]));
  return { channel: fillIn(channel, device), intervalMs, keys: fields.flatMap(({ key }) => key ?? []), next };
}

/** Which device it is. */
export interface Place {
  id: string;
  /** From 1. */
  number: number;
}

/** A channel's name for one device. */
export function fillIn(channel: string, { id, number }: Place): string {
  return channel.replaceAll('{id}', () => id).replaceAll('{n}', String(number));
}

/** Cuts at commas that are in no brackets and no quotes. */
function splitOutside(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (character === '(' && !quoted) depth++;
    else if (character === ')' && !quoted) depth--;
    if (character === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
