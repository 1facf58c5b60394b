import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { BackupHeader } from '../../../src/storage/backup/format.ts';
import { BackupFault, BackupReader } from '../../../src/storage/backup/read-backup.ts';
import { paddingOf, TAR_END, tarHeader } from '../../../src/storage/backup/tar.ts';
import { backupOf, FILES, OBJECT_FILES, usedDirectory } from './used-directory.ts';

const TIME_S = 1_796_000_000;
const HEADER = {
  ...{ format: 1, gateway: '9.9.9', dataVersion: 1, createdMs: TIME_S * 1000, isClockTrusted: true, ranMs: null },
  withObjects: false,
};

function read(...pieces: Uint8Array[]): { header: BackupHeader; files: Record<string, string> } {
  const files: Record<string, string> = {};
  let name = '';
  const reader = new BackupReader({
    begin: (begun) => {
      name = begun;
      files[name] = '';
    },
    content: (bytes) => {
      files[name] += Buffer.from(bytes).toString('latin1');
    },
    end: () => {},
  });
  for (const piece of pieces) reader.push(piece);
  return { header: reader.finish(), files };
}

/** A backup as somebody forges it, whose digest is right. */
function forged(...entries: [name: string, text: string][]): Buffer {
  const bytesOf = (name: string, text: string): Buffer => {
    const content = Buffer.from(text);
    const header = tarHeader({ name: `crosscomm-backup/${name}`, size: content.length, timeS: TIME_S });
    return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))]);
  };
  const before = Buffer.concat(entries.map(([name, text]) => bytesOf(name, text)));
  const digest = createHash('sha256').update(before).digest('hex');
  return Buffer.concat([before, bytesOf('sha256', `${digest}\n`), TAR_END]);
}

describe('a backup', () => {
  it('has what the data directory has, as tar sees it too', async () => {
    const path = await backupOf(await usedDirectory());
    const { header, files } = read(await readFile(path));
    expect(header).toMatchObject({ format: 1, dataVersion: 1, withObjects: true });
    expect(files).toMatchObject({ ...FILES, ...OBJECT_FILES });
    const listed = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).trim().split('\n');
    expect(listed).toEqual([
      'crosscomm-backup/backup.json',
      ...Object.keys(files).map((name) => `crosscomm-backup/data/${name}`),
      'crosscomm-backup/sha256',
    ]);
  });

  it('is without files and images where nobody asks for them, and never has what each start makes anew', async () => {
    const dataDir = await usedDirectory();
    const { header, files } = read(await readFile(await backupOf(dataDir, { withObjects: false })));
    expect(header.withObjects).toBe(false);
    const names = Object.keys(files).filter((name) => !name.startsWith('state/'));
    expect(names.sort()).toEqual(['data-version.json', ...Object.keys(FILES)].sort());
  });

  it('is the same wherever its bytes are cut', async () => {
    const whole = await readFile(await backupOf(await usedDirectory()));
    const expected = read(whole);
    for (const length of [1, 511, 512, 513, 4096]) {
      const pieces = [];
      for (let at = 0; at < whole.length; at += length) pieces.push(whole.subarray(at, at + length));
      expect(read(...pieces)).toEqual(expected);
    }
  });

  it('is refused with a byte changed, wherever that is', async () => {
    const whole = await readFile(await backupOf(await usedDirectory(), { withObjects: false }));
    // Of three bytes one, so of each kind some: headers, contents, padding, the digest and the end.
    for (let at = 0; at < whole.length; at += 3) {
      const before = whole[at] as number;
      whole[at] = before ^ (1 << (at % 8));
      expect(() => read(whole), `byte ${at}`).toThrow(BackupFault);
      whole[at] = before;
    }
    expect(read(whole).header.format).toBe(1);
  });

  it('is refused where it ends too early, or goes on', async () => {
    const whole = await readFile(await backupOf(await usedDirectory(), { withObjects: false }));
    for (let length = 0; length < whole.length; length += 37) {
      expect(() => read(whole.subarray(0, length)), `${length} bytes`).toThrow(BackupFault);
    }
    for (const more of ['\0', 'x', whole]) {
      expect(() => read(Buffer.concat([whole, Buffer.from(more)]))).toThrow(/damaged/);
    }
  });

  it('is refused with a byte left out or put in', async () => {
    const whole = await readFile(await backupOf(await usedDirectory(), { withObjects: false }));
    for (let at = 0; at < whole.length; at += 97) {
      expect(() => read(whole.subarray(0, at), whole.subarray(at + 1))).toThrow(BackupFault);
      expect(() => read(whole.subarray(0, at), Buffer.from('A'), whole.subarray(at))).toThrow(BackupFault);
    }
  });

  it('of a newer format is refused with what to do', () => {
    const backup = forged(['backup.json', JSON.stringify({ format: 2 })]);
    expect(() => read(backup)).toThrow(
      'it has format 2, and this version of the gateway reads formats up to 1: restore it with a newer version',
    );
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(4096)],
    ['another archive', forged(['data/accounts.json', '{}'])],
    ['an archive whose first file says nothing', forged(['backup.json', '{"hello": "you"}'])],
    ['one that says null', forged(['backup.json', 'null'])],
  ])('is not %s', (_what, bytes) => {
    expect(() => read(bytes)).toThrow('it is no backup of a CrossComm Gateway');
  });

  it.each(['../etc/passwd', 'a/../../b', '/etc/passwd', 'a//b', './a', 'a\\b', ''])(
    'whose file would be written elsewhere is refused: %s',
    (name) => {
      const head: [string, string] = ['backup.json', JSON.stringify(HEADER)];
      expect(read(forged(head, ['data/a/b', 'x'])).files).toEqual({ 'a/b': 'x' });
      expect(() => read(forged(head, [`data/${name}`, 'x']))).toThrow(BackupFault);
      expect(() => read(forged(head, [name, 'x']))).toThrow(BackupFault);
    },
  );
});
