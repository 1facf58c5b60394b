import type { FieldShape, Shape, ValueType } from '../shape.ts';
import { partsOf } from './names.ts';

type Schema = Record<string, unknown>;

/** Bytes have no word in JSON: anything may stand for them. */
const TYPES: Record<ValueType, string | undefined> = {
  ...{ integer: 'integer', number: 'number', boolean: 'boolean', text: 'string', null: 'null', file: 'string' },
  ...{ object: 'object', array: 'array', bytes: undefined },
};

/** A JSON Schema (draft 2020-12) for the messages of a channel. What ranges were seen is no rule, so it has none. */
export function jsonSchemaOf(shape: Shape): string {
  const { named, itself } = partsOf(shape);
  const object = {
    type: 'object',
    properties: Object.fromEntries(named.map((field) => [field.name, schemaOf(field)])),
    required: named.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
  };
  const value = itself && schemaOf(itself);
  const both = value === undefined ? object : named.length === 0 ? value : { anyOf: [object, value] };
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: shape.channel };
  return `${JSON.stringify({ ...head, ...both }, undefined, 2)}\n`;
}

function schemaOf({ types, items = [] }: FieldShape): Schema {
  return { ...typed(types), ...(items.length > 0 && { items: typed(items) }) };
}

function typed(types: readonly ValueType[]): Schema {
  const words = types.map((type) => TYPES[type]);
  if (words.length === 0 || words.includes(undefined)) return {};
  return { type: words.length === 1 ? words[0] : [...new Set(words)] };
}
