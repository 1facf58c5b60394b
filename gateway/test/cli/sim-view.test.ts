import { CODES } from '@crosscomm/protocol';
import { TestShell } from '@crosscomm/testing/test-shell';
import { expect, it } from 'vitest';
import { personHandler } from '../../src/cli/sim-view.ts';

it.each([
  [CODES.credentials, '--url ws://NAME:TOKEN@HOST'],
  [CODES.id_taken, '--id'],
])('says once what to do where devices are refused with code %i', (code, remedy) => {
  const shell = new TestShell();
  const { error } = personHandler(shell.shell, (write) => write());
  const device = { id: 'sim-1' } as Parameters<NonNullable<typeof error>>[0];
  for (let times = 0; times < 2; times++)
    error?.(device, { code, text: 'why' } as Parameters<NonNullable<typeof error>>[1]);
  expect(shell.stderr.text.match(/was told/g)).toHaveLength(1);
  expect(shell.stderr.text).toContain(remedy);
});
