import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import type { ClientInfo } from '../../src/hub/client.ts';
import { allOffline } from '../../src/storage/all-offline.ts';
import { ClientsFile } from '../../src/storage/clients-file.ts';

interface Place {
  file: ClientsFile;
  path: string;
  folder: string;
  clock: FakeClock;
  log: MemoryLog;
  /** What the file shall hold; a test changes it. */
  clients: ClientInfo[];
  /** How often the list was asked for. */
  snapshots: () => number;
  /** The ids in the file. */
  ids: () => Promise<string[]>;
}

async function build(): Promise<Place> {
  const folder = await temporaryFolder();
  const path = join(folder, 'cross_comm_clients.yaml');
  const clock = new FakeClock();
  const log = new MemoryLog();
  const clients: ClientInfo[] = [];
  let snapshots = 0;
  const file = new ClientsFile(path, { clock, log }, () => {
    snapshots++;
    return clients;
  });
  const ids = async (): Promise<string[]> => {
    const known = await new ClientsFile(path, { clock, log }, () => []).load();
    return known.map((client) => client.id);
  };
  return { file, path, folder, clock, log, clients, snapshots: () => snapshots, ids };
}

function client(id: string): ClientInfo {
  return { id, protocol: 'crosscomm', online: true, lastSeenMs: 1000, joinedMs: 1000, subscriptions: [] };
}

describe('the file of known clients', () => {
  it('knows nobody where there is no file', async () => {
    const { file, log } = await build();
    expect(await file.load()).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  it('gives everyone back, who are then offline, and who was online when the gateway was killed as just seen', async () => {
    const { file, clients, clock } = await build();
    clients.push(client('there'), { ...client('gone'), online: false });
    file.changed();
    await file.flush();
    expect(allOffline(await file.load(), clock.now())).toEqual([
      { ...client('there'), online: false, lastSeenMs: clock.now() },
      { ...client('gone'), online: false },
    ]);
  });

  it('writes the first change at once and later ones when a minute has passed', async () => {
    const { file, clients, clock, ids, snapshots } = await build();
    clients.push(client('a'));
    file.changed();
    await file.flush();
    clients.push(client('b'));
    for (let n = 0; n < 100; n++) file.changed();
    clock.advance(59_999);
    expect(snapshots()).toBe(1);
    expect(await ids()).toEqual(['a']);
    clock.advance(1);
    expect(snapshots()).toBe(2);
    await file.flush();
    clock.advance(90_000);
    clients.push(client('c'));
    file.changed();
    expect(snapshots()).toBe(3);
    await file.flush();
  });

  it('writes nothing where nothing changed', async () => {
    const { file, clients, clock, path } = await build();
    clients.push(client('a'));
    file.changed();
    await file.flush();
    await rm(path);
    clock.advance(90_000);
    file.changed();
    await file.flush();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('leaves no other file behind and lets nobody else read it', async () => {
    const { file, clients, folder, path } = await build();
    clients.push(client('a'));
    file.changed();
    await file.flush();
    expect(await readdir(folder)).toEqual(['cross_comm_clients.yaml']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('writes what is left when it closes, and nothing after that', async () => {
    const { file, clients, clock, ids } = await build();
    clients.push(client('a'));
    file.changed();
    clients.push(client('b'));
    file.changed();
    await file.close();
    expect(await ids()).toEqual(['a', 'b']);
    clients.push(client('c'));
    file.changed();
    clock.advance(90_000);
    await file.flush();
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('moves a file aside that it cannot read, says so, and begins empty', async () => {
    const { file, path, folder, log } = await build();
    await writeFile(path, 'a: [');
    expect(await file.load()).toEqual([]);
    expect(await readdir(folder)).toEqual(['cross_comm_clients.yaml.broken']);
    expect(log.lines).toEqual(['warn the list of known clients cannot be read; it begins empty']);
  });

  it('logs a disk that fails once and tries again', async () => {
    const { file, clients, clock, path, log, ids } = await build();
    await mkdir(path);
    await writeFile(join(path, 'occupied'), '');
    clients.push(client('a'));
    file.changed();
    await file.flush();
    expect(log.lines.every((line) => line.startsWith('error the list of known clients cannot be written'))).toBe(true);
    expect(log.lines).toHaveLength(1);
    await rm(path, { recursive: true });
    clock.advance(60_000);
    await file.flush();
    expect(await ids()).toEqual(['a']);
  });

  it('holds 5,000 clients', async () => {
    const { file, clients, ids } = await build();
    for (let n = 0; n < 5000; n++) clients.push(client(`client-${n}`));
    file.changed();
    await file.flush();
    expect(await ids()).toHaveLength(5000);
  });
});
