import type { Message } from '../hub/message.ts';
import { typeOf, type ValueType } from './shape.ts';

/** What a message carries: a value as `JSON.parse` gives it, or what JSON has no word for. */
export type Content = { readonly value: unknown } | { readonly type: 'bytes' | 'file' };

/** What every JSON text begins with but a text in quotes, which is a text anyway where a protocol says so. */
const MAY_BE_JSON = /^[\s\d{["tfn-]/;

/** The content of a message; undefined for one that is longer than `maxLength` characters. MQTT has no types, so a text that is JSON is what it says. */
export function contentOf({ kind, body }: Pick<Message, 'kind' | 'body'>, maxLength: number): Content | undefined {
  if (typeof body !== 'string') return { type: 'bytes' };
  if (kind === 'image' || kind === 'file' || kind === 'folder') return { type: 'file' };
  if (body.length > maxLength) return undefined;
  if (!MAY_BE_JSON.test(body)) return { value: body };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return { value: body };
  }
}

/** The fields of an object, each with its type; of anything else one without a name. */
export function fieldsOf(content: Content): [name: string, value: unknown, type: ValueType][] {
  if (!('value' in content)) return [['', undefined, content.type]];
  const { value } = content;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [['', value, typeOf(value)]];
  return Object.entries(value).map(([name, each]) => [name, each, typeOf(each)]);
}
