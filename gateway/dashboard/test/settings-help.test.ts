import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configFormOf } from '../../src/app/config.ts';
import { protocols } from '../../src/app/protocols.ts';
import { pathText } from '../../src/config/keys.ts';

const FOLDER = new URL('../src/language/settings/', import.meta.url);

it.each(readdirSync(FOLDER))(
  '%s says of every key of the configuration what it is for, and of no other',
  async (file) => {
    const { help } = (await import(/* @vite-ignore */ new URL(file, FOLDER).href)) as { help: Record<string, string> };
    const keys = configFormOf(protocols)
      .keys()
      .map(({ path }) => pathText(path));
    expect(keys).toContain('http.port');
    expect(Object.keys(help).sort()).toEqual(keys.sort());
    expect(Object.values(help).filter((text) => !/\S/.test(text))).toEqual([]);
  },
);
