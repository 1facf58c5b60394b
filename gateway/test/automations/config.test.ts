// biome-ignore-all lint/suspicious/noTemplateCurlyInString: automations have their values written so.
import { expect, test } from 'vitest';
import { parseConfigText } from '../../src/app/config.ts';

function faultOf(lines: string): string {
  try {
    parseConfigText(`automations:\n  - { name: a, when: x, ${lines} }\n`, 'test.yaml', '/');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('says by line what is wrong with an automation', () => {
  expect(faultOf('send: [{ channel: y }]')).toBe('');
  expect(faultOf('if: "c >", send: [{ channel: y }]')).toMatch(
    /^test.yaml:2: automations\[0\]\.if must be an expression/,
  );
  expect(faultOf('if: "nothing(c)", send: [{ channel: y }]')).toContain('no function nothing');
  expect(faultOf('send: [{ channel: y, body: { deep: ["${c"] } }]')).toContain('not closed');
  expect(faultOf('send: []')).toContain('send');
  expect(faultOf('between: ["25:00", "06:00"], send: [{ channel: y }]')).toContain('time of day');
});
