import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, vi } from 'vitest';
import { body, buildStore, read, type StoreHouse } from './support.ts';

/** What the disk is told to do, step by step; and of each file, what of it is surely there after a power cut. */
const disk = vi.hoisted(() => ({
  onStep: undefined as ((what: string) => void) | undefined,
  onSync: (_path: string) => {},
}));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const stepped =
    <T extends unknown[], R>(name: string, call: (...args: T) => Promise<R>) =>
    async (...args: T): Promise<R> => {
      disk.onStep?.(`before ${name}`);
      const result = await call(...args);
      disk.onStep?.(`after ${name}`);
      return result;
    };
  const open = async (path: string, ...rest: [string, number?]): Promise<FileHandle> => {
    const file = await real.open(path, ...rest);
    for (const name of ['write', 'writeFile', 'truncate'] as const) {
      Object.assign(file, { [name]: stepped(`${name} ${path}`, (file[name] as () => Promise<unknown>).bind(file)) });
    }
    for (const name of ['sync', 'datasync'] as const) {
      const sync = file[name].bind(file);
      Object.assign(file, {
        [name]: stepped(`${name} ${path}`, async () => {
          await sync();
          disk.onSync(path);
        }),
      });
    }
    return file;
  };
  const changed = Object.fromEntries(
    (['rename', 'unlink', 'link', 'mkdir'] as const).map((name) => [
      name,
      stepped(name, real[name] as (...args: unknown[]) => Promise<unknown>),
    ]),
  );
  return { ...real, ...changed, open: stepped('open', open as (...args: unknown[]) => Promise<FileHandle>) };
});

/** How a file is after a power cut, by what was synced of it and what was written since. */
const CUTS: Record<string, (synced: Buffer, written: Buffer) => Buffer> = {
  'a kill': (_synced, written) => written,
  'a power cut that loses what was not synced': (synced) => synced,
  'a power cut that leaves a hole': (synced, written) =>
    Buffer.concat([synced, Buffer.alloc(Math.max(0, written.length - synced.length))]),
  'a power cut in the middle of a write': (synced, written) => {
    const first = written.findIndex((byte, at) => byte !== synced[at]);
    const middle = Math.floor((first + written.length) / 2);
    return first < 0 ? written : Buffer.concat([written.subarray(0, middle), synced.subarray(middle)]);
  },
};

interface Snapshot {
  /** The content of each file, by its path in the store. */
  files: Map<string, Buffer>;
  step: string;
  /** What the object must be: as acknowledged, or with what was just being appended. */
  allowed: (string | undefined)[];
}

/** Appends each text, and keeps how the disk was between any two steps of that. */
async function appendAll(house: StoreHouse, texts: string[]): Promise<Snapshot[]> {
  const snapshots = new Map<string, Snapshot>();
  const synced = new Map<string, Buffer>();
  let acknowledged: string | undefined;
  let coming = '';
  const keep = (step: string): void => {
    const now = new Map(pathsIn(house.folder).map((path) => [path, readFileSync(path)]));
    // A sidecar is synced under another name.
    for (const path of now.keys()) {
      const earlier = synced.get(`${path}.new`);
      if (earlier && !now.has(`${path}.new`)) synced.set(path, earlier);
    }
    for (const [cut, after] of Object.entries(CUTS)) {
      const left = [...now].map(
        ([path, written]) =>
          [path.slice(house.folder.length), after(synced.get(path) ?? Buffer.alloc(0), written)] as const,
      );
      const allowed = [acknowledged, (acknowledged ?? '') + coming];
      const name = JSON.stringify([allowed, left.map(([path, content]) => [path, content.toString('base64')])]);
      if (!snapshots.has(name)) snapshots.set(name, { files: new Map(left), step: `${cut}, ${step}`, allowed });
    }
  };
  disk.onSync = (path) => {
    if (path.startsWith(house.folder) && statSync(path).isFile()) synced.set(path, readFileSync(path));
  };
  disk.onStep = keep;
  for (const text of texts) {
    coming = text;
    await house.store.append('log', body(text));
    acknowledged = (acknowledged ?? '') + text;
    coming = '';
    keep('acknowledged');
  }
  disk.onStep = undefined;
  return [...snapshots.values()];
}

function pathsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

it('an append is there once it is acknowledged, and otherwise there or not, at whichever step the power is cut', async () => {
  const house = await buildStore();
  const other = await buildStore();
  const snapshots = await appendAll(house, ['one\n', 'two\n', `${'3'.repeat(5000)}\n`]);
  expect(snapshots.length).toBeGreaterThan(20);
  const target = await temporaryFolder();
  for (const [number, { files, step, allowed }] of snapshots.entries()) {
    const folder = join(target, String(number));
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    mkdirSync(folder, { recursive: true });
    const store = await other.reopen({ folder });
    const found = await read(store, 'log');
    expect(allowed, step).toContain(found);
    const length = found?.length ?? 0;
    expect(store.totals, step).toEqual({ objects: found === undefined ? 0 : 1, bytes: length });
    await store.append('log', body('after'), { position: length });
    expect(await read(store, 'log'), step).toBe(`${found ?? ''}after`);
  }
});
