import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TestShell } from '../support/test-shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function check(text: string): Promise<{ code: number; out: string; err: string }> {
  writeFileSync(join(folder, 'house.yaml'), text);
  const shell = new TestShell({ cwd: folder });
  const code = await shell.run('config', 'check', 'house.yaml');
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

describe('crosscomm config check', () => {
  it('says that a good file is good', async () => {
    expect(await check('http: {port: 0}')).toEqual({
      code: 0,
      out: 'ok  house.yaml is a valid configuration.\n',
      err: '',
    });
  });

  it('lists every mistake with its line, and ends with exit code 2', async () => {
    const { code, err } = await check('http:\n  port: high\nmqqt: {}\n');
    expect(code).toBe(2);
    expect(err.split('\n')).toEqual([
      'house.yaml:2: http.port must be a whole number from 0 to 65535, not the text "high". [CONFIG_INVALID]',
      'house.yaml:3: mqqt is not a known key; did you mean mqtt? [CONFIG_INVALID]',
      'crosscomm: In house.yaml 2 things are wrong; crosscomm.example.yaml explains every key.',
      '',
    ]);
  });

  it('takes crosscomm.yaml of its folder where no file is named, as start does', async () => {
    const here = mkdtempSync(join(folder, 'here-'));
    const run = async (env: NodeJS.ProcessEnv, cwd: string) => {
      const shell = new TestShell({ cwd, env });
      const code = await shell.run('config', 'check');
      return { code, out: shell.stdout.text, err: shell.stderr.text };
    };
    expect(await run({}, here)).toEqual({
      code: 2,
      out: '',
      err: `crosscomm: There is no crosscomm.yaml in ${here}: name a file; "crosscomm config check --help" explains. [CALL_INVALID]\n`,
    });
    writeFileSync(join(here, 'crosscomm.yaml'), 'mqtt: {port: 0}\n');
    const valid = { code: 0, out: 'ok  crosscomm.yaml is a valid configuration.\n', err: '' };
    expect(await run({}, here)).toEqual(valid);
    // npm has gone to the root of the clone, and says where it was called.
    expect((await run({ CROSSCOMM_CALLED_FROM: here }, folder)).code).toBe(0);
  });

  it('says where a file is not YAML', async () => {
    expect(await check('http: {port')).toMatchObject({
      code: 2,
      err: expect.stringContaining('house.yaml:1: this is not'),
    });
  });
});
