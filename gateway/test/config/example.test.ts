import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkConfig, configForm, loadConfig, parseConfigText } from '../../src/app/config.ts';
import { keysBelow } from '../../src/config/keys.ts';

const EXAMPLE = fileURLToPath(new URL('../../crosscomm.example.yaml', import.meta.url));
const text = readFileSync(EXAMPLE, 'utf8');
const folder = fileURLToPath(new URL('../..', import.meta.url));

describe('the example configuration', () => {
  it('is valid', () => {
    expect(checkConfig(EXAMPLE, folder)).toEqual([]);
  });

  it('has the default values', () => {
    expect(loadConfig({ file: EXAMPLE, cwd: folder })).toEqual(loadConfig({ cwd: folder }));
  });

  it('names every key, below a line of comment', () => {
    const uncommented = text.replaceAll(/^(\s*)# (resetOnOpen:|port: 9899|folder: \.|host: 127)/gm, '$1$2');
    const config: object = parseConfigText(uncommented, 'example', folder);
    const missing = configForm.keys().filter(({ path }) => {
      const parent = path.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], config);
      return !Object.hasOwn(parent as object, path.at(-1) ?? '') || !uncommented.includes(`${path.at(-1)}: `);
    });
    expect(missing).toEqual([]);
    for (const key of Object.keys(configForm.nodeAt(['serial', 'ports', 0])?.properties ?? {})) {
      expect(text).toMatch(new RegExp(`^  # {3,}(- )?${key}: `, 'm'));
    }
  });

  it('shows serial ports as they are really written', () => {
    const shown = text
      .split('\n')
      .filter((line) => /^ {2}# {3}/.test(line))
      .map((line) => line.slice(4));
    const config = parseConfigText(`serial:\n${shown.join('\n')}`, 'example', folder);
    expect(config.serial.ports.map(({ name }) => name)).toEqual(['greenhouse', undefined]);
  });
});

describe('the schema', () => {
  it('says in a few words what each key is for', () => {
    const keys = [...configForm.keys(), ...keysBelow(configForm.nodeAt(['serial', 'ports', 0]) ?? {})];
    expect(keys.filter(({ node }) => !node.description).map(({ path }) => path.join('.'))).toEqual([]);
  });
});
