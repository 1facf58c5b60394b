import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LIBRARY = join(import.meta.dirname, '..');
const SOURCES = join(LIBRARY, 'src');
const CONFIG = 'crosscomm/Config.h';

/** The settings that a source makes where nobody else has made them. */
function settingsOf(source: string): string[] {
  return [...source.matchAll(/^#ifndef (CROSSCOMM_\w+)/gm)].map((match) => match[1] ?? '');
}

describe('the settings of the Arduino library', () => {
  it('are all in one file', async () => {
    const names = await readdir(SOURCES, { recursive: true });
    const others = names.filter((name) => /\.(h|cpp)$/.test(name) && name !== CONFIG);
    expect(others.length).toBeGreaterThan(50);
    for (const name of others) expect(settingsOf(await readFile(join(SOURCES, name), 'utf8')), name).toEqual([]);
  });

  it('are in its page, each once', async () => {
    const config = await readFile(join(SOURCES, CONFIG), 'utf8');
    const page = await readFile(join(LIBRARY, 'README.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(CROSSCOMM_\w+)` /gm)].map((match) => match[1]);
    expect(rows).toEqual(settingsOf(config));
  });
});
