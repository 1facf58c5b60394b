import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allPages, blocksOf, ROOT } from './pages.ts';

const ADDRESS = '192.168.1.10';
const users = allPages().filter((page) => /^(README|docs\/)/.test(page));

test('every page that lets the room in does it by the same lines', () => {
  const found = users
    .flatMap(blocksOf)
    .filter(({ language, text }) => language === 'yaml' && /^http:.*0\.0\.0\.0/m.test(text));
  expect(found.map(({ page }) => page)).toEqual(['README.md', 'docs/raspberry-pi.md']);
  expect(new Set(found.map(({ text }) => text)).size).toBe(1);
});

const withSamples = users.filter((page) => blocksOf(page).some(({ text }) => text.includes(ADDRESS)));

test.each(withSamples)('%s says that the address in its samples stands for that of the reader’s Pi', (page) => {
  expect(readFileSync(join(ROOT, page), 'utf8')).toMatch(/`192\.168\.1\.10`,? (which )?stands for/);
});
