import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { paddingOf, readTarHeader, TAR_END, tarHeader } from '../../../src/storage/backup/tar.ts';

const LONG = `${'folder/'.repeat(15)}${'n'.repeat(98)}`;
const ENTRIES = [
  { name: 'a', size: 0, timeS: 0 },
  { name: 'folder/b.txt', size: 1000, timeS: 1_796_000_000 },
  { name: LONG, size: 8 ** 11 - 1, timeS: 1 },
  { name: 'grün/ü', size: 8 ** 11, timeS: 1 },
  { name: 'large', size: 2 ** 50, timeS: 1 },
];

it.each(ENTRIES)('a header is read as it was written: $name', (entry) => {
  expect(readTarHeader(tarHeader(entry))).toEqual(entry);
});

it('a header with any other byte is none', () => {
  const header = tarHeader({ name: 'folder/b.txt', size: 1000, timeS: 1_796_000_000 });
  for (let at = 0; at < header.length; at++) {
    for (const bit of [1, 32, 128]) {
      const damaged = Buffer.from(header);
      damaged[at] = (damaged[at] ?? 0) ^ bit;
      expect(readTarHeader(damaged)).toBeUndefined();
    }
  }
});

it('a name that does not fit is refused', () => {
  for (const name of ['n'.repeat(101), `${'p'.repeat(156)}/n`]) {
    expect(() => tarHeader({ name, size: 0, timeS: 0 })).toThrow(RangeError);
  }
});

it('tar reads what is written', () => {
  const content = Buffer.from('hello');
  const parts = ['folder/b.txt', LONG].flatMap((name) => [
    tarHeader({ name, size: content.length, timeS: 1_796_000_000 }),
    content,
    Buffer.alloc(paddingOf(content.length)),
  ]);
  const archive = Buffer.concat([...parts, TAR_END]);
  const list = execFileSync('tar', ['--utc', '-tvf', '-'], { input: archive, encoding: 'utf8' });
  expect(list).toBe(
    `-rw------- 0/0               5 2026-11-30 00:53 folder/b.txt\n-rw------- 0/0               5 2026-11-30 00:53 ${LONG}\n`,
  );
  expect(execFileSync('tar', ['-xOf', '-', LONG], { input: archive, encoding: 'utf8' })).toBe('hello');
});
