import type { FieldShape, Shape, ValueType } from '../shape.ts';
import { partsOf, quoted, typeName } from './names.ts';

const TYPES: Record<Exclude<ValueType, 'array'>, string> = {
  ...{ integer: 'number', number: 'number', boolean: 'boolean', text: 'string', null: 'null', file: 'string' },
  ...{ object: 'Record<string, unknown>', bytes: 'Uint8Array' },
};

/** A type of TypeScript for the messages of a channel. */
export function typescriptOf(shape: Shape): string {
  const { named, itself } = partsOf(shape);
  const members = named.map((field) => `  ${quoted(field.name)}${field.isOptional ? '?' : ''}: ${typeOf(field)};\n`);
  const object = members.length === 0 ? undefined : `{\n${members.join('')}}`;
  const all = [object, itself && typeOf(itself)].filter((part) => part !== undefined);
  const type = all.length === 0 ? 'Record<string, unknown>' : all.join(' | ');
  return `// Messages on ${quoted(shape.channel)}, as ${shape.messages} of them were.\nexport type ${typeName(shape.channel)} = ${type};\n`;
}

function typeOf({ types, items = [] }: FieldShape): string {
  const plain = (type: ValueType): string => (type === 'array' ? 'unknown[]' : TYPES[type]);
  const item = items.length === 0 ? 'unknown' : [...new Set(items.map(plain))].join(' | ');
  return [...new Set(types.map((type) => (type === 'array' ? `(${item})[]` : plain(type))))].join(' | ');
}
