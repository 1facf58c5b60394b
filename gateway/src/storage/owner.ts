import { statSync } from 'node:fs';
import { chown, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whose a file or folder is. */
export interface Owner {
  uid: number;
  gid: number;
}

/**
 * Who is to own what is made in `folder`: whoever owns that, or the nearest folder above it that is there, where root makes it; otherwise
 * undefined, as it is made by its owner.
 */
export async function ownerOfNew(folder: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { uid, gid } = await stat(path);
      return { uid, gid };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) return undefined;
    }
  }
}

/**
 * The same for a folder that is there and in which a file was just opened, so that the system has its facts at hand: to ask for them at once
 * costs far less than to wait for them. Undefined also where root itself is the owner.
 */
export function ownerOfOpened(folder: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { uid, gid } = found;
  return uid === 0 && gid === process.getgid?.() ? undefined : { uid, gid };
}

/** Makes a folder and those above it, for this user alone or, where root makes it, for the owner of what it is in. */
export async function makeFolder(folder: string): Promise<void> {
  const owner = await ownerOfNew(folder);
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined || owner === undefined) return;
  for (let path = folder; ; path = dirname(path)) {
    await chown(path, owner.uid, owner.gid);
    if (path === first || path === dirname(path)) return;
  }
}
