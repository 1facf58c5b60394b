/** What a field can be. `integer`: a number without a fraction; `file`: an image, file or folder. */
export const VALUE_TYPES = [
  'integer',
  'number',
  'boolean',
  'text',
  'null',
  'array',
  'object',
  'bytes',
  'file',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** What was seen of a field, or of a message that has none. */
export interface FieldShape {
  /** Empty where the message is no object: then it is the message itself. */
  readonly name: string;
  /** In the order of `VALUE_TYPES`; never both `integer` and `number`. */
  readonly types: readonly ValueType[];
  /** Whether there are messages without it. */
  readonly isOptional: boolean;
  /** The least and the greatest number that was seen; undefined where none was. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The characters of the longest text, or the items of the longest array. */
  readonly maxLength?: number | undefined;
  /** Of an array: what its items are. */
  readonly items?: readonly ValueType[] | undefined;
}

/** What a channel carries, as far as the gateway has looked at its messages. */
export interface Shape {
  readonly channel: string;
  /** How many messages were looked at. */
  readonly messages: number;
  /** How far apart they were lately, in milliseconds; undefined before the second. */
  readonly everyMs?: number | undefined;
  /** In the order in which they were first seen. */
  readonly fields: readonly FieldShape[];
  /** There are more fields than the gateway remembers. */
  readonly hasMore: boolean;
}

/** The type of a value as `JSON.parse` gives it. */
export function typeOf(value: unknown): ValueType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

/** Whether a value of this type may stand where these are expected: an integer is a number. */
export function fits(type: ValueType, types: Iterable<ValueType>): boolean {
  for (const each of types) if (each === type || (each === 'number' && type === 'integer')) return true;
  return false;
}

/** The types without what others of them say already, in the order of `VALUE_TYPES`. */
export function ordered(types: ReadonlySet<ValueType>): ValueType[] {
  return VALUE_TYPES.filter((type) => types.has(type) && !(type === 'integer' && types.has('number')));
}
