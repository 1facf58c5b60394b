import { describe, expect, it } from 'vitest';
import { codeFor } from '../../src/shapes/code/code.ts';
import { EnforcedShapes } from '../../src/shapes/enforced/enforced-shapes.ts';
import { compileSchema } from '../../src/shapes/enforced/schema.ts';
import type { Shape } from '../../src/shapes/shape.ts';

const ROOM = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'lab/room1',
  type: 'object',
  properties: {
    temperature: { type: 'number', minimum: -40, maximum: 85 },
    humidity: { type: 'integer' },
    mode: { enum: ['on', 'off'] },
    tags: { type: 'array', items: { type: 'string', maxLength: 3 }, maxItems: 2 },
    place: { type: 'object', properties: { floor: { type: ['integer', 'null'] } }, additionalProperties: false },
  },
  required: ['temperature'],
  additionalProperties: false,
};

function misfit(body: unknown, schema: unknown = ROOM, to = 'lab/room1'): string | undefined {
  const shapes = new EnforcedShapes([{ filter: 'lab/+', check: compileSchema(schema) }]);
  return shapes.misfitOf({ to, kind: 'text', body: typeof body === 'string' ? body : JSON.stringify(body) });
}

describe('what fits a schema', () => {
  it.each([
    { temperature: 21.5 },
    { temperature: 21, humidity: 43.0, mode: 'on', tags: ['a', 'b'], place: { floor: null } },
    '{"temperature": 21.5, "_RETAIN": 60, "_MESSAGE_ID": "x"}',
  ])('is let through: %j', (body) => {
    expect(misfit(body)).toBeUndefined();
  });

  it('is anything where no filter matches', () => {
    expect(misfit('hello', ROOM, 'lab/a/b')).toBeUndefined();
  });
});

describe('what does not fit', () => {
  it.each([
    [{ temperature: '21.5' }, 'its field temperature is text instead of number'],
    [{ humidity: 1 }, 'its field temperature is missing'],
    [{ temperature: 1, humidity: 1.5 }, 'its field humidity is number instead of integer'],
    [{ temperature: 90 }, 'its field temperature is more than 85'],
    [{ temperature: 1, mode: 'dim' }, 'its field mode is none of "on", "off"'],
    [{ temperature: 1, tags: ['a', 'long'] }, 'its field tags[1] has more characters than 3'],
    [{ temperature: 1, tags: ['a', 'b', 'c'] }, 'its field tags has more items than 2'],
    [{ temperature: 1, place: { flat: 1 } }, 'its field place.flat is no field of it'],
    [{ temperature: 1, place: { _flat: 1 } }, 'its field place._flat is no field of it'],
    ['{"temperature": 1, "__proto__": 1, "constructor": 2}', 'its field constructor is no field of it'],
    [{ temperature: 1, 'a"\n': 1 }, 'its field "a\\"\\n" is no field of it'],
    ['{"temperature": NaN}', 'the message is text instead of object'],
    ['', 'the message is text instead of object'],
    ['[]', 'the message is array instead of object'],
  ])('is named: %j', (body, why) => {
    expect(misfit(body)).toBe(why);
  });

  it('is what a name with a password carries too', () => {
    expect(misfit('hello', ROOM, 'lab/room1:secret')).toBe('the message is text instead of object');
  });

  it('are bytes, where a type is asked for', () => {
    const shapes = new EnforcedShapes([{ filter: '#', check: compileSchema({ type: 'string' }) }]);
    expect(shapes.misfitOf({ to: 'a', kind: 'bytes', body: new Uint8Array([1]) })).toContain('is bytes');
    expect(shapes.misfitOf({ to: 'a', kind: 'image', body: 'cat.jpg' })).toBeUndefined();
  });

  it('is named by the kind of message that comes nearest', () => {
    const either = { anyOf: [{ type: 'string' }, ROOM] };
    expect(misfit({ temperature: true }, either)).toBe('its field temperature is boolean instead of number');
    expect(misfit('on', either)).toBeUndefined();
  });
});

describe('a schema', () => {
  it('that the gateway wrote can be enforced', () => {
    const field = { isOptional: false, items: undefined };
    const fields = [
      { ...field, name: 'on', types: ['boolean' as const] },
      { ...field, name: 'raw', types: ['bytes' as const] },
      { ...field, name: '', types: ['integer' as const, 'null' as const] },
    ];
    const shape: Shape = { channel: 'lab/x', messages: 3, fields, hasMore: false };
    const schema: unknown = JSON.parse(codeFor(shape, 'json-schema'));
    expect(misfit({ on: true, raw: 1 }, schema)).toBeUndefined();
    expect(misfit('7', schema)).toBeUndefined();
    expect(misfit({ on: 1, raw: 1 }, schema)).toContain('its field on');
  });

  it.each([
    [{ type: 'float' }, /the schema, type is none of/],
    [{ pattern: '^a' }, /the schema has pattern, which is not known here/],
    [{ properties: { a: { $ref: '#/x' } } }, /the schema, properties, a has "\$ref"/],
    [{ required: 'a' }, /is no list of names/],
    [{ minimum: '1' }, /is no number/],
    [[], /is no object/],
  ])('that cannot be enforced is refused: %j', (schema, why) => {
    expect(() => compileSchema(schema)).toThrow(why);
  });
});
