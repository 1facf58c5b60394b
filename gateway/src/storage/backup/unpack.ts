import {
  closeSync,
  createReadStream,
  fchownSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../atomic-file.ts';
import { ownerOfNew } from '../owner.ts';
import type { BackupHeader } from './format.ts';
import { BackupReader, type BackupSink } from './read-backup.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Writes what is in the backup at `path` into the new folder `folder`, and to the disk. It is a backup as it was written when the promise
 * resolves. Rejects with a BackupFault, or the system's error; what is in the folder then is of no use.
 */
export async function unpackBackup(path: string, folder: string): Promise<BackupHeader> {
  const owner = await ownerOfNew(dirname(folder));
  const folders = new Set<string>();
  const makeFolder = (name: string): void => {
    if (folders.has(name)) return;
    if (name !== folder) makeFolder(dirname(name));
    mkdirSync(name, { mode: 0o700 });
    if (owner) lchownSync(name, owner.uid, owner.gid);
    folders.add(name);
  };
  makeFolder(folder);
  let file: number | undefined;
  const sink: BackupSink = {
    begin(name) {
      const to = join(folder, name);
      makeFolder(dirname(to));
      file = openSync(to, 'wx', 0o600);
      if (owner) fchownSync(file, owner.uid, owner.gid);
    },
    content(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(file as number, bytes, at);
    },
    end() {
      fsyncSync(file as number);
      closeSync(file as number);
      file = undefined;
    },
  };
  try {
    const reader = new BackupReader(sink);
    for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) reader.push(piece as Buffer);
    const header = reader.finish();
    for (const each of folders) await syncFolder(each);
    return header;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
