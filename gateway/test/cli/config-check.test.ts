import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROOT = resolve(import.meta.dirname, '../../..');
const EXAMPLE = join(ROOT, 'gateway', 'crosscomm.example.yaml');

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
      `crosscomm: In house.yaml 2 things are wrong; ${EXAMPLE} explains every key.`,
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

  it('takes the file of the service where no file is named and Debian’s package says so', async () => {
    const file = join(folder, 'service.yaml');
    writeFileSync(file, 'mqtt: {port: 0}\n');
    writeFileSync(join(folder, 'crosscomm.yaml'), 'mqqt: {}\n');
    const shell = new TestShell({ cwd: folder, env: { CROSSCOMM_CONFIG: file } });
    expect(await shell.run('config', 'check')).toBe(0);
    expect(shell.stdout.text).toBe(`ok  ${file} is a valid configuration.\n`);
    expect(await shell.run('config', 'check', 'crosscomm.yaml')).toBe(2);
  });

  it('names the example by its place in a clone that it is called in', async () => {
    const shell = new TestShell({ cwd: ROOT });
    writeFileSync(join(folder, 'house.yaml'), 'mqqt: {}');
    await shell.run('config', 'check', join(folder, 'house.yaml'));
    expect(shell.stderr.text).toContain('wrong; gateway/crosscomm.example.yaml explains every key.');
  });

  it('misses the folder of pages that start would miss', async () => {
    const { code, err } = await check('http: {}\npages:\n  folder: ./missing\n');
    expect(code).toBe(2);
    expect(err).toContain(`house.yaml:3: pages.folder is ${join(folder, 'missing')}, which is no folder that is there`);
    expect((await check('pages: {folder: .}\n')).code).toBe(0);
  });

  it('breaks long lines of a terminal at words, and leaves calls whole', async () => {
    const shell = new TestShell({ cwd: folder, terminal: true });
    shell.stderr.columns = 60;
    writeFileSync(join(folder, 'house.yaml'), 'http: {host: 0.0.0.0}');
    await shell.run('config', 'check', 'house.yaml');
    const lines = shell.stderr.text.split('\n').filter((line) => !line.includes(EXAMPLE));
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
    expect(lines.join(' ')).toMatch(/let anyone +who|let +anyone who/);
    expect(lines.some((line) => line.includes('"auth: {anonymous: allow}"'))).toBe(true);
  });

  it('takes crosscomm.yml too, and says which counts where both are there', async () => {
    const here = mkdtempSync(join(folder, 'yml-'));
    const run = async () => {
      const shell = new TestShell({ cwd: here });
      const code = await shell.run('config', 'check');
      return { code, out: shell.stdout.text, err: shell.stderr.text };
    };
    writeFileSync(join(here, 'crosscomm.yml'), 'mqtt: {port: 0}\n');
    expect(await run()).toEqual({ code: 0, out: 'ok  crosscomm.yml is a valid configuration.\n', err: '' });
    writeFileSync(join(here, 'crosscomm.yaml'), 'mqtt: {port: 0}\n');
    expect(await run()).toEqual({
      code: 0,
      out: 'ok  crosscomm.yaml is a valid configuration.\n',
      err: `crosscomm: crosscomm.yml is not used, as crosscomm.yaml is in the same folder: ${here}\n`,
    });
  });

  it('says where a file is not YAML', async () => {
    expect(await check('http: {port')).toMatchObject({
      code: 2,
      err: expect.stringContaining('house.yaml:1: this is not'),
    });
  });
});
