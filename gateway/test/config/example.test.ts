import { describe, expect, it } from 'vitest';
import { checkConfig, configForm, loadConfig, parseConfigText } from '../../src/app/config.ts';
import { keysBelow } from '../../src/config/keys.ts';
import { EXAMPLE, EXAMPLE_FOLDER, EXAMPLE_TEXT, missingInExample } from './example-keys.ts';

describe('the example configuration', () => {
  it('is valid', () => {
    expect(checkConfig(EXAMPLE, EXAMPLE_FOLDER)).toEqual([]);
  });

  it('has the default values', () => {
    expect(loadConfig({ file: EXAMPLE, cwd: EXAMPLE_FOLDER })).toEqual(loadConfig({ cwd: EXAMPLE_FOLDER }));
  });

  it('names every key, below a line of comment', () => {
    expect(missingInExample(configForm)).toEqual([]);
    for (const key of Object.keys(configForm.nodeAt(['serial', 'ports', 0])?.properties ?? {})) {
      expect(EXAMPLE_TEXT).toMatch(new RegExp(`^  # {3,}(- )?${key}: `, 'm'));
    }
  });

  it('shows serial ports as they are really written', () => {
    const shown = EXAMPLE_TEXT.split('\n')
      .filter((line) => /^ {2}# {3}/.test(line))
      .map((line) => line.slice(4));
    const config = parseConfigText(`serial:\n${shown.join('\n')}`, 'example', EXAMPLE_FOLDER);
    expect(config.serial.ports.map(({ name }) => name)).toEqual(['greenhouse', undefined]);
  });
});

describe('the schema', () => {
  it('says in a few words what each key is for', () => {
    const keys = [...configForm.keys(), ...keysBelow(configForm.nodeAt(['serial', 'ports', 0]) ?? {})];
    expect(keys.filter(({ node }) => !node.description).map(({ path }) => path.join('.'))).toEqual([]);
  });
});
