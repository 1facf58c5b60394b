import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { expect, it } from 'vitest';

/** How many letters of two words are to be changed, added or left out until they are the same. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [place, wanted] of [...other].entries()) {
      const [left = 0, above = 0, before = 0] = [next[place], row[place + 1], row[place]];
      next.push(Math.min(left + 1, above + 1, before + (letter === wanted ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

it('names no two files of the Arduino library so that a letter or two make the difference', async () => {
  const files = await readdir(join(import.meta.dirname, '../src'), { recursive: true });
  const names = [...new Set(files.map((file) => parse(file).name.toLowerCase()))];
  const alike = names.flatMap((one, index) =>
    names.slice(index + 1).flatMap((other) => (distance(one, other) < 3 ? [`${one} ${other}`] : [])),
  );
  expect(names.length).toBeGreaterThan(40);
  expect(alike).toEqual([]);
});
