import { createPrivateKey, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeFirmware, newFirmwareKey, versionOf } from '../../src/cli/ota/firmware-file.ts';
import { countsOf, type Rollout } from '../../src/firmware/rollout.ts';
import { Rollouts } from '../../src/firmware/rollouts.ts';
import { Incidents } from '../../src/observability/incidents.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import type { FirmwareDevice, FirmwareOffer } from '../../src/protocols/frames/files/firmware.ts';

const KEY = createPrivateKey(newFirmwareKey());

let dataDir: string;
let clock: FakeClock;
let log: MemoryLog;
let metrics: MetricsRegistry;
let rollouts: Rollouts;

beforeEach(async () => {
  dataDir = await temporaryFolder();
  clock = new FakeClock();
  log = new MemoryLog();
  metrics = new MetricsRegistry();
  rollouts = await open();
});
afterEach(() => rollouts.close());

function open(): Promise<Rollouts> {
  const incidents = new Incidents(clock, log, metrics);
  return Rollouts.open({ dataDir, clock, log, metrics, incidents, maxBytes: 1000 });
}

async function restart(): Promise<void> {
  await rollouts.close();
  rollouts = await open();
}

/** A board, as the gateway sees it. */
class Board implements FirmwareDevice {
  takesFirmware = true;
  isLinked = true;
  offer: FirmwareOffer | undefined;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
    rollouts.arrived(this);
  }

  offerFirmware(offer: FirmwareOffer): boolean {
    this.offer = offer;
    return true;
  }

  withdrawFirmware(): void {
    this.end('dropped');
  }

  end(how: Parameters<FirmwareOffer['ended']>[0]): void {
    const { offer } = this;
    this.offer = undefined;
    offer?.ended(how);
  }

  /** Its session ends. */
  leave(): void {
    this.isLinked = false;
    this.end('dropped');
    rollouts.gone(this);
  }

  /** Takes all of it, and begins it. */
  run(version = '1.4.0'): void {
    this.end('taken');
    rollouts.said(this.id, `${version} runs`);
  }
}

function fileOf(version = '1.4.0', image = Buffer.from(`firmware ${version}`)): Buffer {
  return encodeFirmware({ image, board: 'lamp-board', version: versionOf(version, '') }, KEY);
}

interface Wish {
  file?: Buffer;
  atOnce?: number;
  stopAfter?: number;
}

function begin(clients: string[], { file = fileOf(), atOnce = 100, stopAfter = 100 }: Wish = {}): Promise<Rollout> {
  return rollouts.begin({ file, clients, atOnce, stopAfter, by: undefined });
}

const states = ({ targets }: Rollout): string => targets.map(({ state }) => state).join(' ');

test('a board gets what is signed, byte for byte, and is done once it says that it runs', async () => {
  const lamp = new Board('lamp');
  const file = fileOf();
  const rollout = await begin(['lamp'], { file });
  expect(states(rollout)).toBe('sending');
  expect(lamp.offer?.name).toBe('firmware-lamp-board-1.4.0.ccfw');
  const { source } = lamp.offer as FirmwareOffer;
  expect(Buffer.from(await source.read(0, 1000)).equals(file)).toBe(true);
  lamp.offer?.wanted(Math.ceil(file.length / 2));
  expect(rollout.targets[0]?.percent).toBe(50);
  lamp.end('taken');
  expect(states(rollout)).toBe('restarting');
  rollouts.said('lamp', '1.4.0 runs');
  expect(states(rollout)).toBe('done');
  expect(metrics.value('crosscomm_firmware_updates_total', { result: 'done' })).toBe(1);
});

test('a board that is away gets it when it comes, also after a restart of the gateway', async () => {
  await begin(['lamp']);
  await restart();
  const lamp = new Board('lamp');
  expect(lamp.offer?.source.size).toBe(fileOf().length);
  lamp.run();
  expect(states(rollouts.get('1') as Rollout)).toBe('done');
});

test('no more boards take it at once than somebody wished, and boards that are away take no place', async () => {
  const boards = ['a', 'b', 'd', 'e'].map((id) => new Board(id));
  const rollout = await begin(['a', 'b', 'c', 'd', 'e'], { atOnce: 2 });
  expect(states(rollout)).toBe('sending sending waiting waiting waiting');
  boards[1]?.run();
  expect(states(rollout)).toBe('sending done waiting sending waiting');
  boards[0]?.run();
  expect(states(rollout)).toBe('done done waiting sending sending');
});

test('nothing more is sent once so many have failed as somebody wished', async () => {
  const boards = ['a', 'b', 'c'].map((id) => new Board(id));
  const rollout = await begin(['a', 'b', 'c', 'd'], { stopAfter: 2 });
  rollouts.said('a', '1.4.0 refused, as it is for another board');
  expect(states(rollout)).toBe('failed sending sending waiting');
  rollouts.said('b', 'that came refused, as it is not signed by a key of this board');
  expect(states(rollout)).toBe('failed failed stopped stopped');
  expect(boards.map(({ offer }) => offer)).toEqual([undefined, undefined, undefined]);
  expect(rollout.targets[0]?.why).toBe('refused, as it is for another board');
  expect(log.lines.join('\n')).toContain(
    'Firmware 1.4.0 did not get to run on it: refused, as it is for another board.',
  );
});

test('a board that is lost while it takes it is offered it again, but not for ever', async () => {
  const rollout = await begin(['lamp']);
  for (let count = 0; count < 19; count++) new Board('lamp').leave();
  expect(states(rollout)).toBe('waiting');
  new Board('lamp').leave();
  expect(states(rollout)).toBe('failed');
});

test('a board whose sketch takes no firmware, that says nothing, or that runs what it ran before, has failed', async () => {
  const [plain, silent, back] = [new Board('plain'), new Board('silent'), new Board('back')];
  plain.takesFirmware = false;
  const rollout = await begin(['plain', 'silent', 'back']);
  expect(states(rollout)).toBe('failed sending sending');
  back.end('taken');
  rollouts.said('back', '1.3.0 runs');
  expect(states(rollout)).toBe('failed sending failed');
  clock.advance(181_000);
  expect(states(rollout)).toBe('failed failed failed');
  expect(silent.offer).toBeUndefined();
  expect(rollout.targets.map(({ why }) => why)).toEqual([
    'its sketch takes no firmware over the air',
    'it took nothing for three minutes',
    'it runs 1.3.0 after its restart',
  ]);
});

test('newer firmware for a board takes the place of what waits for it', async () => {
  const older = await begin(['lamp', 'pump']);
  const newer = await begin(['lamp'], { file: fileOf('1.5.0') });
  expect(states(older)).toBe('stopped waiting');
  expect(older.targets[0]?.why).toBe('number 2 takes its place');
  new Board('lamp').run('1.5.0');
  expect(states(newer)).toBe('done');
});

test('firmware that is stopped is not sent, and its file is removed', async () => {
  const lamp = new Board('lamp');
  const rollout = await begin(['lamp', 'pump']);
  expect(await readdir(join(dataDir, 'firmware'))).toHaveLength(2);
  expect(rollouts.stop(rollout.id)).toBe(true);
  expect(lamp.offer).toBeUndefined();
  expect(countsOf(rollout)).toMatchObject({ stopped: 2 });
  await restart();
  expect(await readdir(join(dataDir, 'firmware'))).toEqual(['rollouts.json']);
});

test('what waits is bounded, and what is over is forgotten, the oldest first', async () => {
  const file = fileOf();
  for (let count = 0; count < 20; count++) await begin([`lamp-${count}`], { file });
  await expect(begin(['one-more'], { file })).rejects.toThrow('Too much firmware waits for boards');
  for (const { id } of rollouts.all) rollouts.stop(id);
  for (let count = 0; count < 35; count++) rollouts.stop((await begin(['lamp'], { file })).id);
  expect(rollouts.all.map(({ id }) => Number(id)).slice(0, 2)).toEqual([55, 54]);
  expect(rollouts.all.length).toBeLessThanOrEqual(51);
});

test('files of different firmware are bounded together, and the same file counts once', async () => {
  const [one, other] = [fileOf('1.4.0', Buffer.alloc(500)), fileOf('1.5.0', Buffer.alloc(500))];
  for (const id of ['a', 'b', 'c']) await begin([id], { file: one });
  await expect(begin(['d'], { file: other })).rejects.toThrow('Too much firmware waits');
});

test.each([
  ['is no firmware', Buffer.from('hello')],
  ['has been cut', fileOf().subarray(0, -1)],
  ['has another format', Buffer.from(fileOf()).fill(2, 4, 5)],
])('a file that %s is refused', async (_, file) => {
  await expect(begin(['lamp'], { file })).rejects.toThrow('no whole file of firmware');
});

test('a file that is damaged on the disk is not sent, and the log says so', async () => {
  const { digest } = await begin(['lamp']);
  const path = join(dataDir, 'firmware', `${digest}.ccfw`);
  const content = await readFile(path);
  content[160] = (content[160] as number) ^ 1;
  await writeFile(path, content);
  await restart();
  expect(new Board('lamp').offer).toBeUndefined();
  expect(states(rollouts.get('1') as Rollout)).toBe('stopped');
  expect(log.lines.join('\n')).toContain('cannot be read, and is not sent');
});

test('a list that is damaged is left aside, and new firmware can be sent', async () => {
  await begin(['lamp']);
  await rollouts.close();
  await writeFile(join(dataDir, 'firmware', 'rollouts.json'), randomBytes(40));
  rollouts = await open();
  expect(rollouts.all).toEqual([]);
  expect(log.lines.join('\n')).toContain('cannot be read');
  new Board('pump');
  expect(states(await begin(['pump']))).toBe('sending');
});
