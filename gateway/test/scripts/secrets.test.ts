import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findSecrets, outputFolder } from '../../../scripts/lib/secrets.mjs';

const TOKEN = 'Ab1'.padEnd(32, 'x');
const PASSWORD = `horse-${'Ab1'.padEnd(16, 'y')}`;
const OTHER = 'correct horse/7';

/** What is found where gateways said this. */
function search(said: string, isWhole = false): Promise<string[]> {
  const folder = outputFolder();
  writeFileSync(join(folder, 'secrets-1'), `${TOKEN}\n${PASSWORD}\n${OTHER}\n`);
  writeFileSync(join(folder, 'said-1'), said);
  return findSecrets(folder, { isWhole });
}

it.each([
  ['a token', `{"level":"warn","msg":"wrong password ${TOKEN}"}\n`],
  ['a token in an address', `GET /?token=${TOKEN}&x=1\n`],
  ['a password', `the handle anna:${PASSWORD}/7 was refused\n`],
  ['a password in an address', `ws://anna:${PASSWORD}%2F7@host\n`],
  ['a secret of another form', `the handle anna:${OTHER} was refused\n`],
])('the search for secrets in what gateways said finds %s, and does not repeat it', async (_, said) => {
  const [problem, ...more] = await search(`a harmless line\n${said}`);
  expect(problem).toContain('A gateway told of a secret');
  expect(problem).not.toMatch(/Ab1|correct horse/);
  expect(more).toEqual([]);
});

it('the search for secrets in what gateways said finds none where there is none', async () => {
  expect(await search(`${'Ab1'.padEnd(32, 'y')}\n${'0'.repeat(64)}\n`)).toEqual([]);
});

it('the search for secrets in what gateways said fails where there was nothing to search', async () => {
  expect(await search('', true)).toEqual([expect.stringContaining('was not searched')]);
});
