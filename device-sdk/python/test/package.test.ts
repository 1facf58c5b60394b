import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON } from '@crosscomm/testing/python';
import { afterAll, describe, expect, it } from 'vitest';
import { FOLDER } from './support.ts';

const scratch = mkdtempSync(join(tmpdir(), 'crosscomm-python-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const modules = readdirSync(join(FOLDER, 'crosscomm')).filter((name) => name.endsWith('.py'));
/** What has threads or files by HTTP, which boards have not. */
const COMPUTERS_ONLY = ['cross_comm.py', 'downloads.py', 'hey.py', 'oocsi.py'];

describe('the Python package', () => {
  it('is installed by pip, with its types, and imported from there', () => {
    const source = join(scratch, 'source');
    cpSync(FOLDER, source, { recursive: true });
    const target = join(scratch, 'target');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-build-isolation'];
    execFileSync(PYTHON, [...pip, '--target', target, source]);
    const installed = readdirSync(join(target, 'crosscomm'));
    expect(installed).toEqual(
      expect.arrayContaining([...modules, 'py.typed', '__init__.pyi', 'client.pyi', 'aio.pyi']),
    );
    const program = 'import crosscomm, crosscomm.aio; print(crosscomm.__file__)';
    const found = execFileSync(PYTHON, ['-c', program], {
      cwd: scratch,
      env: { PYTHONPATH: target },
      encoding: 'utf8',
    });
    expect(found).toContain(target);
  });

  it('has all its modules for boards in the list that mip reads', () => {
    const { urls } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as { urls: [string, string][] };
    const forBoards = modules.filter((name) => !COMPUTERS_ONLY.includes(name));
    expect(urls.map(([to]) => to).sort()).toEqual(forBoards.map((name) => `crosscomm/${name}`).sort());
    for (const [to, from] of urls) expect(from).toBe(to);
  });

  it('needs no newer Python than 3.9', () => {
    const said = execFileSync(join(PYTHON, '..', 'vermin'), [
      '--target=3.9-',
      '--violations',
      join(FOLDER, 'crosscomm'),
    ]);
    expect(said.toString()).toMatch(
      /Minimum required versions: (~|3\.[0-9])\b|Minimum required versions: !2, 3\.[0-9]$/m,
    );
  });
});
