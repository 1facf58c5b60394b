import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const DIST = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));
/** What a phone in a bad network loads before it shows anything. */
const MAX_BYTES = 120_000;
/** What another page loads when it is opened: a second in a network of 128 kbit/s. */
const MAX_PAGE_BYTES = 16_000;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
  assets?: string[];
}

const manifest = JSON.parse(readFileSync(`${DIST}.vite/manifest.json`, 'utf8')) as Record<string, Chunk>;

/** How many bytes a browser loads for these parts of the page, and for all that they need at once. */
function bytesOf(parts: readonly string[]): number {
  const files = new Set<string>(['index.html']);
  const add = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`${key} was not built`);
    if (files.has(chunk.file)) return;
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    for (const other of chunk.imports ?? []) add(other);
  };
  for (const key of parts) add(key);
  const bytes = [...files].map((file) => gzipSync(readFileSync(DIST + file), { level: 9 }).length);
  return bytes.reduce((sum, each) => sum + each);
}

const FIRST = ['index.html', 'src/pages/overview/overview-page.tsx', 'src/charts/series-chart.ts'];
const LANGUAGES = ['en', 'zh'];

it.each(LANGUAGES)(
  'a first visit loads little: the page, its scripts in one language (%s), its styles, and the charts of the overview',
  (language) => {
    expect(bytesOf([...FIRST, `src/language/texts/${language}.ts`])).toBeLessThan(MAX_BYTES);
  },
);

it.each(LANGUAGES)('every other page needs little more when it is opened (%s)', (language) => {
  const first = [...FIRST, `src/language/texts/${language}.ts`];
  const isOfOther = (key: string): boolean => /^src\/language\/\w+\//.test(key) && !key.endsWith(`/${language}.ts`);
  const pages = Object.keys(manifest).filter((key) => !first.includes(key) && !isOfOther(key));
  expect(pages.length).toBeGreaterThan(10);
  const tooLong = pages.filter((page) => bytesOf([...first, page]) - bytesOf(first) > MAX_PAGE_BYTES);
  expect(tooLong).toEqual([]);
});
