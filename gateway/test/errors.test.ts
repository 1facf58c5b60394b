import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, GatewayError } from '../src/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the codes that there are, each once', () => {
    const listed = [...page.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code ?? '');
    expect(listed.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  it('lists them by whose fault they are, with what to do', () => {
    const headings = {
      configuration: 'The configuration',
      environment: 'This machine',
      peer: 'A client',
      gateway: 'The gateway',
    };
    const sections = new Map(page.split(/^## /m).map((section) => [section.split('\n', 1)[0], section]));
    for (const [code, fault] of Object.entries(ERROR_CODES)) {
      const row = new RegExp(`^\\| \`${code}\` +\\| .{10,} \\| .{10,} \\|$`, 'm');
      expect(sections.get(headings[fault]) ?? '', code).toMatch(row);
    }
  });
});

describe('an error', () => {
  it('knows whose fault it is by its code', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(new GatewayError(code, 'It went wrong.').fault).toBe(ERROR_CODES[code]);
    }
  });
});
