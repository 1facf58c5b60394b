import { readFileSync } from 'node:fs';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it } from 'vitest';
import { report } from '../../src/cli/shell.ts';
import { ERROR_CODES, type ErrorCode, GatewayError } from '../../src/common/errors.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the codes that there are, each once', () => {
    const listed = [...page.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code ?? '');
    expect(listed.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  it('lists them by whose fault they are, with what to do', () => {
    const headings = {
      call: 'The command line',
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

describe('the exit code of the command', () => {
  it('is 1 for what a gateway refuses or does wrong, and 2 for every other error, as the page says', async () => {
    for (const [code, fault] of Object.entries(ERROR_CODES)) {
      const isTheirs = fault === 'peer' || fault === 'gateway';
      const { shell, stderr } = new TestShell();
      expect(report(shell, new GatewayError(code as ErrorCode, 'It went wrong.')), code).toBe(isTheirs ? 1 : 2);
      expect(stderr.text).toBe(`crosscomm: It went wrong. [${code}]\n`);
      expect(/^(PEER_|INTERNAL$)/.test(code), code).toBe(isTheirs);
    }
    expect(page.replace(/\s+/g, ' ')).toContain(
      '1 if the gateway refused something (`PEER`) or has a fault of its own (`INTERNAL`), and 2 for all other codes',
    );
  });

  it('stands beside a code where nobody foresaw the error, too', () => {
    const { shell, stderr } = new TestShell();
    expect(report(shell, new TypeError('x is undefined'))).toBe(1);
    expect(stderr.text).toContain('[INTERNAL]');
  });
});

describe('an error', () => {
  it('knows whose fault it is by its code', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(new GatewayError(code, 'It went wrong.').fault).toBe(ERROR_CODES[code]);
    }
  });
});
