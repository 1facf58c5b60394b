import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, vi } from 'vitest';
import type { LocalStore } from '../../src/objects/local/local-store.ts';
import { body, buildStore, read, type StoreHouse } from './support.ts';

/** What the disk is told to do, step by step; and of each file, what of it is surely there after a power cut. */
const disk = vi.hoisted(() => ({
  onStep: undefined as ((what: string) => void) | undefined,
  onSync: (_path: string) => {},
  /** What the content of a file waits for before it is synced. */
  beforeDatasync: undefined as (() => Promise<void>) | undefined,
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
          if (name === 'datasync') await disk.beforeDatasync?.();
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
  /** What the object must be: as acknowledged, or as it was just to become. */
  allowed: (string | undefined)[];
}

/** What is done to the object, and what it is then. */
interface Change {
  run(): Promise<unknown>;
  after: string | undefined;
}

/** Makes each change, and keeps how the disk was between any two steps of that. */
async function makeAll(house: StoreHouse, changes: Change[]): Promise<Snapshot[]> {
  const snapshots = new Map<string, Snapshot>();
  const synced = new Map<string, Buffer>();
  let acknowledged: string | undefined;
  let coming: string | undefined;
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
      const allowed = [acknowledged, coming];
      const name = JSON.stringify([allowed, left.map(([path, content]) => [path, digestOf(content)])]);
      if (!snapshots.has(name)) snapshots.set(name, { files: new Map(left), step: `${cut}, ${step}`, allowed });
    }
  };
  disk.onSync = (path) => {
    if (path.startsWith(house.folder) && statSync(path).isFile()) synced.set(path, readFileSync(path));
  };
  disk.onStep = keep;
  for (const { run, after } of changes) {
    coming = after;
    await run();
    acknowledged = after;
    keep('acknowledged');
  }
  disk.onStep = undefined;
  return [...snapshots.values()];
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function pathsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Opens the store as it was at each of these moments. Resolves when what `check` says holds for all. */
async function openEach(
  snapshots: Snapshot[],
  check: (store: LocalStore, found: string | undefined, at: { step: string; folder: string }) => Promise<void>,
): Promise<void> {
  const house = await buildStore();
  const target = await temporaryFolder();
  for (const [number, { files, step, allowed }] of snapshots.entries()) {
    const folder = join(target, String(number));
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    mkdirSync(folder, { recursive: true });
    const store = await house.reopen({ folder });
    const found = await read(store, 'log');
    expect(allowed, step).toContain(found);
    expect(store.totals, step).toEqual({ objects: found === undefined ? 0 : 1, bytes: found?.length ?? 0 });
    await check(store, found, { step, folder });
  }
}

it('an append is there once it is acknowledged, and otherwise there or not, at whichever step the power is cut', async () => {
  const house = await buildStore();
  const texts = ['one\n', 'two\n', `${'3'.repeat(5000)}\n`];
  const changes = texts.map((text, at) => ({
    run: () => house.store.append('log', body(text)),
    after: texts.slice(0, at + 1).join(''),
  }));
  const snapshots = await makeAll(house, changes);
  expect(snapshots.length).toBeGreaterThan(20);
  await openEach(snapshots, async (store, found = '', { step }) => {
    await store.append('log', body('after'), { position: found.length });
    expect(await read(store, 'log'), step).toBe(`${found}after`);
  });
});

it('what is written is there once it is acknowledged, and before that the older one, at whichever step the power is cut', async () => {
  const house = await buildStore();
  const write = (text: string, pieceBytes?: number): Change => ({
    run: () => house.store.write('log', body(text, pieceBytes)),
    after: text,
  });
  const large = 'x'.repeat(1_100_000);
  // Content that is slower than its sidecar: the sidecar must wait.
  disk.beforeDatasync = async () => {
    await vi.waitFor(() => expect(pathsIn(house.folder).some((path) => path.endsWith('.new'))).toBe(true));
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  };
  const changes = [
    write('one'),
    write('2'.repeat(5000), 1000),
    { run: () => house.store.remove('log'), after: undefined },
    write('three'),
    {
      run: () => {
        // Its sidecar is not begun before.
        disk.beforeDatasync = undefined;
        return write(large, 600_000).run();
      },
      after: large,
    },
  ];
  const snapshots = await makeAll(house, changes);
  expect(snapshots.length).toBeGreaterThan(30);
  await openEach(snapshots, async (store, found, { step, folder }) => {
    expect(pathsIn(folder), step).toHaveLength(found === undefined ? 0 : 2);
    await store.write('log', body('after'));
    expect(await read(store, 'log'), step).toBe('after');
  });
});
