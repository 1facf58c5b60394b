import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

const MODULES = ['@crosscomm/protocol', '@crosscomm/client', '@crosscomm/client/browser', '@crosscomm/gateway'];

/** A part of what TypeDoc says of a program. */
interface Reflection {
  name: string;
  children?: Reflection[];
}

// TypeDoc ends with an error for each public name without a comment, and for whatever else it warns of.
test('the pages of the packages are made without a warning, of all modules that they offer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-api-'));
  try {
    const json = join(folder, 'api.json');
    const args = ['scripts/api-pages.mjs', '--html', join(folder, 'pages'), '--json', json];
    const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    expect(stderr).not.toMatch(/warning|error/i);
    const project = JSON.parse(readFileSync(json, 'utf8')) as Reflection;
    expect(project.children?.map(({ name }) => name).sort()).toEqual([...MODULES].sort());
    const names = project.children?.flatMap(({ children = [] }) => children.map(({ name }) => name)) ?? [];
    expect(names).toEqual(expect.arrayContaining(['FrameClient', 'CrossCommService', 'startGateway']));
    expect(readFileSync(join(folder, 'pages', 'index.html'), 'utf8')).toContain('@crosscomm/client/browser');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
