import type { Message } from '../../../hub/message.ts';

/** What a message on the channel of a component says. */
export interface Said {
  /** Its fields; of a text, `value`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const LONGEST = 64 * 1024;

/** What a message says in fields: those of an object, or `value` of what is none. undefined where it has none, or is too long to be a state. */
export function saidBy({ kind, body }: Pick<Message, 'kind' | 'body'>): Said | undefined {
  if (typeof body !== 'string' || body.length > LONGEST) return undefined;
  if (kind === 'text') return { fields: { value: numberOrText(body.trim()) } };
  if (kind !== 'dict' && kind !== 'json') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { fields: value as Said['fields'] };
    return { fields: { value } };
  } catch {
    return undefined;
  }
}

function numberOrText(text: string): number | string {
  return /^[+-]?(?:\d|\.\d)/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}
