import type { FieldShape, Shape, ValueType } from '../shape.ts';
import { partsOf, typeName } from './names.ts';

const TYPES: Record<ValueType, string> = {
  ...{ integer: 'int', number: 'float', boolean: 'bool', text: 'str', null: 'None', file: 'str' },
  ...{ object: 'Dict[str, Any]', array: 'List[Any]', bytes: 'bytes' },
};
/** Words of the language, and what the class itself has or uses. */
const TAKEN = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda ' +
    'nonlocal not or pass raise return try while with yield from_message to_message message field dataclass classmethod dict bool bytes float int str ' +
    'Any Dict List Optional Union'
  ).split(' '),
);

/** Python 3.9 and later: a dataclass for the messages of a channel, made of what a client gives and made into what it sends. */
export function pythonOf(shape: Shape): string {
  const { named, itself } = partsOf(shape);
  const name = typeName(shape.channel);
  const head =
    `# Messages on ${pythonText(shape.channel)}, as ${shape.messages} of them were.\n` +
    'from dataclasses import dataclass\nfrom typing import Any, Dict, List, Optional, Union\n';
  if (named.length === 0) return `${head}\n${name} = ${itself === undefined ? 'Dict[str, Any]' : typeOf(itself)}\n`;
  const taken = new Set(TAKEN);
  const fields = named.map((field) => ({ ...field, own: ownName(field.name, taken), key: pythonText(field.name) }));
  const needed = fields.filter(({ isOptional }) => !isOptional);
  const optional = fields.filter(({ isOptional }) => isOptional);
  const lines = [
    '@dataclass',
    `class ${name}:`,
    ...needed.map((field) => `    ${field.own}: ${typeOf(field)}`),
    ...optional.map((field) => `    ${field.own}: Optional[${typeOf(field)}] = None`),
    '',
    '    @classmethod',
    `    def from_message(cls, message: Dict[str, Any]) -> "${name}":`,
    '        return cls(',
    ...needed.map(({ own, key }) => `            ${own}=message[${key}],`),
    ...optional.map(({ own, key }) => `            ${own}=message.get(${key}),`),
    '        )',
    '',
    '    def to_message(self) -> Dict[str, Any]:',
    '        message: Dict[str, Any] = {',
    ...needed.map(({ own, key }) => `            ${key}: self.${own},`),
    '        }',
    ...optional.flatMap(({ own, key }) => [
      `        if self.${own} is not None:`,
      `            message[${key}] = self.${own}`,
    ]),
    '        return message',
  ];
  return `${head}\n\n${lines.join('\n')}\n`;
}

function typeOf({ types, items = [] }: FieldShape): string {
  const item = items.length === 0 ? 'Any' : unionOf(items.map((type) => TYPES[type]));
  return unionOf(types.map((type) => (type === 'array' ? `List[${item}]` : TYPES[type])));
}

function unionOf(types: readonly string[]): string {
  return types.length === 1 ? (types[0] as string) : `Union[${types.join(', ')}]`;
}

/** A name for a field that Python takes and no other has; a beginning of `__` would be changed by the class. */
function ownName(name: string, taken: Set<string>): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^_+(?=.)/, '');
  const begun = /^[A-Za-z]/.test(plain) ? plain : `field_${plain}`;
  let own = begun;
  for (let count = 2; taken.has(own); count++) own = `${begun}_${count}`;
  taken.add(own);
  return own;
}

/** A text as Python reads it, in ASCII. */
function pythonText(text: string): string {
  const asNumber = (character: string): string =>
    `\\U${(character.codePointAt(0) as number).toString(16).padStart(8, '0')}`;
  return `"${text.replace(/[^\x20-\x7e]|["\\]/gu, asNumber)}"`;
}
