import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SmallDisk } from '@crosscomm/testing/small-disk';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usedDirectory } from '../storage/backup/used-directory.ts';

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function crosscomm(cwd: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const shell = new TestShell({ cwd, env });
  const code = await shell.run(...args);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

describe('crosscomm backup', () => {
  it('says how large it is and what is not in it, and names the file', async () => {
    const [cwd, dataDir] = [await temporaryFolder(), await usedDirectory()];
    const { code, out, err } = await crosscomm(cwd, ['backup', 'my.tar', '--data-dir', dataDir]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      new RegExp(`^${cwd}/my\\.tar: \\d+ kB, without files and images, which --objects adds\\. It holds keys: .*\\n$`),
    );
    expect(await readdir(cwd)).toEqual(['my.tar']);
  });

  it.each([
    [
      'where no gateway has run',
      'my.tar',
      'nowhere',
      /There is nothing to back up: no gateway has run with .*CALL_INVALID/,
    ],
    [
      'where the folder was never used',
      'my.tar',
      'empty',
      /There is nothing to back up: no gateway has run with .*BACKUP_FAILED/,
    ],
    [
      'into a folder that is not there',
      'none/my.tar',
      'used',
      /There is no folder .*\/none for the backup.*CALL_INVALID/,
    ],
    ['in place of a folder', 'folder', 'used', /\/folder was not written: .*BACKUP_FAILED/],
  ])('%s says so, and leaves nothing', async (_what, file, from, sentence) => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'folder'));
    await mkdir(join(cwd, 'empty'));
    const dataDir = from === 'used' ? await usedDirectory() : from;
    const { code, err } = await crosscomm(cwd, ['backup', file, '--data-dir', dataDir]);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
    expect((await readdir(cwd)).sort()).toEqual(['empty', 'folder']);
  });

  it('is refused while it would take the room that messages need, and made on another disk', async () => {
    const disk = await SmallDisk.mount(await temporaryFolder(), 100);
    onTestFinished(() => disk.dispose());
    const dataDir = join(disk.path, 'data');
    await cp(await usedDirectory(), dataDir, { recursive: true });
    const refused = await crosscomm(disk.path, ['backup', 'my.tar', '--data-dir', dataDir]);
    const sentence = (where: string): RegExp =>
      new RegExp(
        `/my\\.tar was not written: it would leave too little room on the disk${where}, \\d+ MB are missing: ` +
          'make room, or write it to another disk\\. \\[BACKUP_FAILED\\]\\n$',
      );
    expect(refused.err).toMatch(sentence(' for messages'));
    expect([refused.code, await readdir(disk.path)]).toEqual([2, ['data']]);

    const made = await crosscomm(await temporaryFolder(), ['backup', 'my.tar', '--data-dir', dataDir]);
    expect([made.code, made.err]).toEqual([0, '']);
    const full = await SmallDisk.mount(await temporaryFolder(), 8);
    onTestFinished(() => full.dispose());
    const other = await crosscomm(full.path, ['backup', 'my.tar', '--data-dir', dataDir]);
    expect(other.err).toMatch(sentence(''));
    expect([other.code, await readdir(full.path)]).toEqual([2, []]);
  });

  it('is not about this machine where CROSSCOMM_URL names another, and says what works from here', async () => {
    const { code, err } = await crosscomm(await temporaryFolder(), ['backup', 'my.tar'], {
      CROSSCOMM_URL: 'gateway.invalid',
    });
    expect([code, err]).toEqual([2, expect.stringContaining('gets a backup from /api/v1/backup')]);
  });
});

describe('crosscomm restore', () => {
  it('says what is there now, and where what was there before is', async () => {
    const [cwd, dataDir, other] = [await temporaryFolder(), await usedDirectory(), await usedDirectory()];
    await crosscomm(cwd, ['backup', 'my.tar', '--data-dir', dataDir]);
    const { code, out, err } = await crosscomm(cwd, ['restore', 'my.tar', '--data-dir', other]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/ is as it was on \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Start the gateway\.\n/);
    expect(out).toContain('without files and images; those that were there stay.');
    const replaced = (await readdir(other)).find((name) => name.startsWith('replaced-'));
    expect(out).toContain(`What was there before is in ${join(other, replaced ?? '')}; remove`);
  });

  it('looks at a file without changing anything', async () => {
    const [cwd, dataDir] = [await temporaryFolder(), await usedDirectory()];
    await crosscomm(cwd, ['backup', '--objects', 'my.tar', '--data-dir', dataDir]);
    const checked = await crosscomm(cwd, ['restore', '--check', '--json', 'my.tar']);
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject({ file: join(cwd, 'my.tar'), dataVersion: 1, objects: true });
    const bytes = await readFile(join(cwd, 'my.tar'));
    await writeFile(join(cwd, 'cut.tar'), bytes.subarray(0, bytes.length / 2));
    const cut = await crosscomm(cwd, ['restore', '--check', 'cut.tar']);
    expect([cut.code, cut.err]).toEqual([
      2,
      expect.stringMatching(/it is not whole: its end is missing\. \[BACKUP_DAMAGED\]/),
    ]);
    expect((await readdir(cwd)).sort()).toEqual(['cut.tar', 'my.tar']);
  });

  it.each(['none.tar', 'folder'])('of what is no file says so: %s', async (name) => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'folder'));
    const { code, err } = await crosscomm(cwd, ['restore', name, '--data-dir', 'data']);
    expect([code, err]).toEqual([2, `crosscomm: There is no file ${join(cwd, name)}. [CALL_INVALID]\n`]);
  });
});
