import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Log, silentLog } from '../../../src/common/log.ts';
import { PortWatcher, type PortWatcherOptions } from '../../../src/transports/serial/port-watcher.ts';

let directory: string;
let told: string[];
let stopWatching: () => void = () => {};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crosscomm-watcher-'));
  told = [];
});

afterEach(() => {
  stopWatching();
  return rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

function watch(options: Partial<PortWatcherOptions> = {}): PortWatcher {
  const name = (path: string): string => path.replace(`${directory}/`, '');
  return new PortWatcher(
    { directory, autoDetect: true, configuredPaths: [], log: silentLog, ...options },
    {
      appeared: (paths) => told.push(`+ ${paths.map(name).join(' ')}`),
      vanished: (path) => told.push(`- ${name(path)}`),
    },
  );
}

const plugIn = (name: string): Promise<void> => writeFile(join(directory, name), '');
const unplug = (name: string): Promise<void> => rm(join(directory, name));

test('USB ports are found in the order of their numbers, and nothing else is', async () => {
  for (const name of ['ttyACM10', 'ttyACM2', 'ttyUSB0', 'ttyS0', 'random']) await plugIn(name);
  await watch().scan();
  expect(told).toEqual(['+ ttyACM2 ttyACM10 ttyUSB0']);
});

test('only changes are told', async () => {
  const watcher = watch();
  await plugIn('ttyACM0');
  await watcher.scan();
  await watcher.scan();
  await plugIn('ttyACM1');
  await watcher.scan();
  await unplug('ttyACM0');
  await watcher.scan();
  expect(told).toEqual(['+ ttyACM0', '+ ttyACM1', '- ttyACM0']);
});

test('another device file of the same name is another port', async () => {
  const watcher = watch();
  await plugIn('ttyACM0');
  await watcher.scan();
  await plugIn('other');
  await unplug('ttyACM0');
  await symlink(join(directory, 'other'), join(directory, 'ttyACM0'));
  await watcher.scan();
  expect(told).toEqual(['+ ttyACM0', '- ttyACM0', '+ ttyACM0']);
});

test('a configured path is found wherever it is, and a port that it leads to goes by that path', async () => {
  await mkdir(join(directory, 'by-id'));
  const link = join(directory, 'by-id/usb-lamp');
  await symlink(join(directory, 'ttyACM0'), link);
  const watcher = watch({ configuredPaths: [link, join(directory, 'ttyAMA0')] });
  await watcher.scan();
  expect(told).toEqual([]);
  await plugIn('ttyACM0');
  await plugIn('ttyAMA0');
  await watcher.scan();
  expect(told).toEqual(['+ by-id/usb-lamp ttyAMA0']);
});

test('without detection only configured paths count', async () => {
  await plugIn('ttyACM0');
  await plugIn('ttyACM1');
  await watch({ autoDetect: false, configuredPaths: [join(directory, 'ttyACM1')] }).scan();
  expect(told).toEqual(['+ ttyACM1']);
});

test('a port that comes is seen without waiting for the next look', async () => {
  const appeared = new Promise<readonly string[]>((resolve) => {
    const watcher = new PortWatcher(
      { directory, autoDetect: true, configuredPaths: [], log: silentLog },
      { appeared: resolve, vanished: () => {} },
    );
    stopWatching = watcher.hurry();
  });
  await plugIn('ttyACM0');
  expect(await appeared).toEqual([join(directory, 'ttyACM0')]);
});

test('a change during a look is seen by another look', async () => {
  const watcher = watch();
  const first = watcher.scan();
  const plugged = plugIn('ttyACM0').then(() => watcher.scan());
  await Promise.all([first, plugged]);
  expect(told).toEqual(['+ ttyACM0']);
});

test('a directory that is not there is warned of once and has no ports', async () => {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_context, sentence) => warnings.push(sentence) };
  const watcher = watch({ directory: join(directory, 'missing'), log });
  await watcher.scan();
  await watcher.scan();
  expect(told).toEqual([]);
  expect(warnings).toHaveLength(1);
});
