import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';

const LIB = join(import.meta.dirname, '../../../scripts/lib');

/** A clone with the lock alone; what works there notes when it begins and ends, and works until it is let go. */
async function clone(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'scripts/lib'), { recursive: true });
  for (const file of ['in-turn.mjs', 'progress.mjs', 'root.mjs']) {
    await copyFile(join(LIB, file), join(root, 'scripts/lib', file));
  }
  await writeFile(
    join(root, 'scripts/work.mjs'),
    `import { appendFileSync, existsSync } from 'node:fs';
     import { inTurn } from './lib/in-turn.mjs';
     const [name, until] = process.argv.slice(2);
     inTurn(() => {
       appendFileSync('log', name + ' begins\\n');
       process.stdout.write('works');
       while (until !== undefined && !existsSync(until));
       appendFileSync('log', name + ' ends\\n');
     });`,
  );
  return root;
}

function work(root: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, ['scripts/work.mjs', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
}

const log = async (root: string): Promise<string[]> => (await readFile(join(root, 'log'), 'utf8')).trim().split('\n');

it('a second terminal waits until the first one has installed and built, and says so', async () => {
  const root = await clone();
  const first = work(root, 'first', 'go');
  await once(first.stdout as NodeJS.ReadableStream, 'data');
  const second = work(root, 'second');
  const [said] = await once(second.stderr as NodeJS.ReadableStream, 'data');
  expect(String(said)).toContain('Another terminal installs or builds');
  const ends = [once(first, 'exit'), once(second, 'exit')];
  await writeFile(join(root, 'go'), '');
  await Promise.all(ends);
  expect(await log(root)).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  expect(await readdir(join(root, '.cache'))).toEqual([]);
});

it('one that was cut off holds nobody up', async () => {
  const root = await clone();
  const first = work(root, 'first', 'never');
  await once(first.stdout as NodeJS.ReadableStream, 'data');
  first.kill('SIGKILL');
  await once(first, 'exit');
  const second = work(root, 'second');
  const [said] = await Promise.all([text(second.stderr as NodeJS.ReadableStream), once(second, 'exit')]);
  expect(await log(root)).toEqual(['first begins', 'second begins', 'second ends']);
  expect(said).not.toContain('Error');
});
