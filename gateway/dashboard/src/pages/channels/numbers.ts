import type { MessageView } from '../../api/types.ts';

/** How many fields of a channel are drawn at most. */
export const MAX_FIELDS = 8;

/** The name of a value that has none, as it is all that the message says. */
export const WHOLE = '';

/** The numbers in a message: its body, or the fields of an object. True and false count as 1 and 0. */
export function numbersIn({ body, isCut }: Pick<MessageView, 'body' | 'isCut'>): Record<string, number> {
  if (body === undefined || isCut) return {};
  const value = parsed(body);
  const whole = numberOf(value);
  if (whole !== undefined) return { [WHOLE]: whole };
  if (!isObject(value)) return {};
  const found = Object.entries(value).flatMap(([name, each]) => {
    const number = numberOf(each);
    return number === undefined ? [] : [[name, number] as const];
  });
  return Object.fromEntries(found.slice(0, MAX_FIELDS));
}

/** The fields of a message that is an object; undefined for any other. */
export function fieldsOf({ body, isCut }: Pick<MessageView, 'body' | 'isCut'>): Record<string, unknown> | undefined {
  const value = body === undefined || isCut ? undefined : parsed(body);
  return isObject(value) ? value : undefined;
}

/** What a body says: a value of JSON, or else its text. */
export function saidIn(body: string): unknown {
  return parsed(body) ?? body;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a body says as JSON; undefined where it is none. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
