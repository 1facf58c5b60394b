/** A schema as OpenAPI has it, as far as the API uses it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

/** The part of an OpenAPI document that is used. */
export interface ApiDescription {
  components: { schemas: Record<string, Schema> };
}

const HEAD = `// Made of /api/v1/openapi.json by: npx vitest run gateway/test/dashboard/api-types.test.ts -u
`;
const REF = '#/components/schemas/';

/** What the schemas of these names, and those in them, are in TypeScript. */
export function apiTypes({ components }: ApiDescription, names: readonly string[]): string {
  const wanted = new Set(names);
  const made: string[] = [];
  // A set tells of what is added to it meanwhile, too.
  for (const name of wanted) {
    const schema = components.schemas[name];
    if (!schema) throw new TypeError(`The API has no ${name}.`);
    made.push(`export interface ${name} ${objectType(schema, '', wanted)}\n`);
  }
  return [HEAD, ...made].join('\n');
}

function typeOf(schema: Schema, indent: string, wanted: Set<string>): string {
  const { $ref, type, enum: values, const: value, anyOf, items, properties, additionalProperties } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice(REF.length);
    wanted.add(name);
    return name;
  }
  if (value !== undefined) return JSON.stringify(value);
  if (values) return values.map((one) => JSON.stringify(one)).join(' | ');
  if (anyOf) return anyOf.map((one) => typeOf(one, indent, wanted)).join(' | ');
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one }, indent, wanted)).join(' | ');
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array': {
      const item = items ? typeOf(items, indent, wanted) : 'unknown';
      return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
    }
    case 'object':
      if (properties) return objectType(schema, indent, wanted);
      return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent, wanted) : 'unknown'}>`;
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [] }: Schema, indent: string, wanted: Set<string>): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) => {
    const text =
      schema.description === undefined ? '' : `${inner}/** ${schema.description.replaceAll('*/', '* /')} */\n`;
    return `${text}${inner}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner, wanted)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}
