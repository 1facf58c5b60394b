import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { texts as english } from '../src/language/texts/en.ts';

const FOLDER = new URL('../src/language/texts/', import.meta.url);
const SOURCES = new URL('../src/', import.meta.url);
const files = readdirSync(FOLDER);

/** Tables by what the gateway says or a form has, which need not have everything and are not called by their names. */
const TABLES =
  /^(codes|guides|findings|said)\b|^pages\.|\.(proofs|kinds|sizes|reasons|states|outcomes|pairingStates|sources|actions|quotas|types|edges|modes|turns)\b|^automations\.(fields|hints)\b/;

/** Every text by its path: `clients.search`. */
function pathsOf(texts: object, before = ''): string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'object' ? pathsOf(value, `${before}${name}.`) : [`${before}${name}`],
  );
}

it.each(files)('%s has all texts, and none is empty', async (file) => {
  const { texts } = (await import(/* @vite-ignore */ new URL(file, FOLDER).href)) as { texts: object };
  const named = (all: object): string[] => pathsOf(all).filter((path) => !/^(guides|findings|said)\./.test(path));
  expect(named(texts)).toEqual(named(english));
  const said = (value: unknown): unknown => {
    const text: unknown = typeof value === 'function' ? value('1', '2', '3') : value;
    // What was found out has what to do as well.
    return typeof text === 'object' ? JSON.stringify(text) : text;
  };
  const look = (all: object): void => {
    for (const value of Object.values(all)) {
      if (typeof value === 'object') look(value);
      else expect(said(value)).toMatch(/\S/);
    }
  };
  look(texts);
});

it('there is no text that the page does not use', () => {
  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('texts'))
    .map((name) => readFileSync(new URL(name, SOURCES), 'utf8'))
    .join('\n');
  const unused = pathsOf(english).filter((path) => {
    if (TABLES.test(path)) return false;
    return path.startsWith('units.') ? false : !new RegExp(`\\bt\\.${path.replaceAll('.', '\\.')}\\b`).test(sources);
  });
  expect(unused).toEqual([]);
});
