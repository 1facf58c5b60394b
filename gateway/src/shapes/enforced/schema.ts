import { fits, typeOf, type ValueType } from '../shape.ts';

/** Why a value does not fit, and where: `at` is the path of its field, empty for the value itself. */
export interface Fault {
  readonly at: string;
  /** Part of a sentence. */
  readonly why: string;
}

/** Whether a value as `JSON.parse` gives it fits; of bytes, which JSON has no word for, there is no value. */
export type Check = (value: unknown, type: ValueType, at: string) => Fault | undefined;

/** What is wrong with a JSON Schema. */
export class SchemaError extends Error {}

const TYPES: Readonly<Record<string, ValueType>> = {
  ...{ integer: 'integer', number: 'number', boolean: 'boolean', string: 'text', null: 'null' },
  ...{ object: 'object', array: 'array' },
};
/** What says something to people alone. */
const REMARKS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'deprecated']);
/** In messages of whoever sends; the rest of a longer one is left out. */
const MAX_NAME_LENGTH = 100;

type Schema = Record<string, unknown>;

/** Each keyword that is known, with what makes a check of it. */
const KEYWORDS: Readonly<Record<string, (given: unknown, schema: Schema, where: string) => Check | undefined>> = {
  type: (given, _, where) => typeCheck(given, where),
  properties: (given, _, where) => propertiesCheck(given, where),
  required: (given, _, where) => requiredCheck(given, where),
  additionalProperties: (given, { properties }, where) => extraCheck(given, properties, where),
  items: (given, _, where) => itemsCheck(given, where),
  anyOf: (given, _, where) => anyCheck(given, where),
  enum: (given, _, where) => choiceCheck(given, where),
  const: (given, _, where) => choiceCheck([given], where),
  minimum: bound('number', (value, limit) => value < limit, 'is less than'),
  maximum: bound('number', (value, limit) => value > limit, 'is more than'),
  minLength: bound('text', (value, limit) => value < limit, 'has fewer characters than'),
  maxLength: bound('text', (value, limit) => value > limit, 'has more characters than'),
  minItems: bound('array', (value, limit) => value < limit, 'has fewer items than'),
  maxItems: bound('array', (value, limit) => value > limit, 'has more items than'),
};

/**
 * Makes a check of a JSON Schema of draft 2020-12, of those keywords that stand above. Throws a SchemaError where it has any other: what is not checked
 * must not look as if it were. `where`: its place in the file.
 */
export function compileSchema(given: unknown, where = 'the schema'): Check {
  if (given === true) return () => undefined;
  if (!isObject(given)) throw new SchemaError(`${where} is no object`);
  const checks: Check[] = [];
  for (const [keyword, value] of Object.entries(given)) {
    if (REMARKS.has(keyword)) continue;
    if (!Object.hasOwn(KEYWORDS, keyword)) {
      throw new SchemaError(
        `${where} has ${shown(keyword)}, which is not known here; there are ${Object.keys(KEYWORDS).join(', ')}`,
      );
    }
    const check = KEYWORDS[keyword]?.(value, given, `${where}, ${keyword}`);
    if (check !== undefined) checks.push(check);
  }
  return (value, type, at) => {
    for (const check of checks) {
      const fault = check(value, type, at);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function typeCheck(given: unknown, where: string): Check {
  const words: unknown[] = Array.isArray(given) ? given : [given];
  const types = words.map((word) => {
    const type = typeof word === 'string' && Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
    if (type === undefined) throw new SchemaError(`${where} is none of ${Object.keys(TYPES).join(', ')}`);
    return type;
  });
  const wanted = types.join(' or ');
  return (_, type, at) => (fits(type, types) ? undefined : { at, why: `is ${type} instead of ${wanted}` });
}

function propertiesCheck(given: unknown, where: string): Check {
  if (!isObject(given)) throw new SchemaError(`${where} is no object`);
  const fields = Object.entries(given).map(
    ([name, schema]) => [name, compileSchema(schema, `${where}, ${shown(name)}`)] as const,
  );
  return (value, _, at) => {
    if (!isObject(value)) return undefined;
    for (const [name, check] of fields) {
      if (!Object.hasOwn(value, name)) continue;
      const fault = check(value[name], typeOf(value[name]), inside(at, name));
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function requiredCheck(given: unknown, where: string): Check {
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) {
    throw new SchemaError(`${where} is no list of names`);
  }
  return (value, _, at) => {
    if (!isObject(value)) return undefined;
    const missing = given.find((name) => !Object.hasOwn(value, name));
    return missing === undefined ? undefined : { at: inside(at, missing), why: 'is missing' };
  };
}

/** What begins with `_` in the message itself is not of the message but of what is to become of it: `_RETAIN`, `_MESSAGE_ID`. */
function extraCheck(given: unknown, properties: unknown, where: string): Check | undefined {
  const known = new Set(isObject(properties) ? Object.keys(properties) : []);
  const check = given === false ? undefined : compileSchema(given, where);
  return (value, _, at) => {
    if (!isObject(value)) return undefined;
    for (const [name, each] of Object.entries(value)) {
      if (known.has(name) || (at === '' && name.startsWith('_'))) continue;
      const field = inside(at, name);
      const fault = check === undefined ? { at: field, why: 'is no field of it' } : check(each, typeOf(each), field);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function itemsCheck(given: unknown, where: string): Check {
  const check = compileSchema(given, where);
  return (value, _, at) => {
    if (!Array.isArray(value)) return undefined;
    for (const [index, each] of value.entries()) {
      const fault = check(each, typeOf(each), `${at}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** Where none fits, the one that went furthest into the value says why. */
function anyCheck(given: unknown, where: string): Check {
  if (!Array.isArray(given) || given.length === 0) throw new SchemaError(`${where} is no list of schemas`);
  const checks = given.map((schema, index) => compileSchema(schema, `${where} ${index + 1}`));
  return (value, type, at) => {
    let furthest: Fault | undefined;
    for (const check of checks) {
      const fault = check(value, type, at);
      if (fault === undefined) return undefined;
      if (furthest === undefined || fault.at.length > furthest.at.length) furthest = fault;
    }
    return furthest;
  };
}

function choiceCheck(given: unknown, where: string): Check {
  if (!Array.isArray(given) || given.some((each) => typeof each === 'object' && each !== null)) {
    throw new SchemaError(`${where} is no list of texts, numbers, true, false and null`);
  }
  return (value, _, at) =>
    given.includes(value)
      ? undefined
      : { at, why: `is none of ${given.map((each) => JSON.stringify(each)).join(', ')}`.slice(0, 200) };
}

/** A limit of numbers, of the characters of texts, or of the items of arrays. */
function bound(of: 'number' | 'text' | 'array', isBeyond: (value: number, limit: number) => boolean, words: string) {
  return (limit: unknown, _: Schema, where: string): Check => {
    if (typeof limit !== 'number') throw new SchemaError(`${where} is no number`);
    return (value, _type, at) => {
      const size = sizeOf(value, of);
      return size !== undefined && isBeyond(size, limit) ? { at, why: `${words} ${limit}` } : undefined;
    };
  };
}

function sizeOf(value: unknown, of: 'number' | 'text' | 'array'): number | undefined {
  if (of === 'number') return typeof value === 'number' ? value : undefined;
  if (of === 'array') return Array.isArray(value) ? value.length : undefined;
  if (typeof value !== 'string') return undefined;
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inside(at: string, name: string): string {
  return at === '' ? shown(name) : `${at}.${shown(name)}`;
}

function shown(name: string): string {
  const clipped = name.slice(0, MAX_NAME_LENGTH);
  return /^[\w-]+$/.test(clipped) ? clipped : JSON.stringify(clipped);
}
