import { expect, test } from 'vitest';
import { compactJson } from '../../../src/common/json/compact.ts';
import { withoutNonFinite } from '../../../src/common/json/finite.ts';

test.each([
  ['{ "a" : [ 1.0 ,\n 2 ] }', '{"a":[1.0,2]}'],
  ['"a  b"', '"a  b"'],
  ['{"a \\" b": " \\\\"}', '{"a \\" b":" \\\\"}'],
  ['{"a":1}', '{"a":1}'],
])('%s loses its blanks outside of strings', (json, compact) => {
  expect(compactJson(json)).toBe(compact);
});

test.each([
  ['[NaN,-Infinity,Infinity,1e999]', '[null,null,null,1e999]'],
  ['{"NaN":"Infinity","x":NaN}', '{"NaN":"Infinity","x":null}'],
  ['"\\"NaN"', '"\\"NaN"'],
])('%s has null for each number that JSON does not have', (raw, finite) => {
  expect(withoutNonFinite(raw)).toBe(finite);
});
