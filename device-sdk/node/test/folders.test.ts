import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommMsgType, type Message } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, TestGateway } from './support/gateway.ts';
import { TestProxy } from './support/proxy.ts';

const TIMEOUT_MS = 60_000;
const gateway = new TestGateway();
const root = mkdtempSync(join(tmpdir(), 'crosscomm-folders-'));
let number = 0;

/** A folder with these files, in a directory that no other test has used. */
function makeFolder(files: Record<string, Uint8Array | string>, name = 'Fotos'): string {
  const folder = join(root, String(number++), name);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Every file below a folder, with its content in hex. */
function contents(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const read = paths.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(read.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'hex')]));
}

/** The next folder that a client is told of, downloaded. */
function downloaded({ service }: TestClient): Promise<Message> {
  const downloadDirectory = join(root, String(number++));
  return new Promise((resolve) => {
    const end = service.messageListener({ msgType: CommMsgType.FOLDER, downloadDirectory }, (message) => {
      end();
      resolve(message);
    });
  });
}

/** How often a client was told of a folder by now: what was sent before has come when this has. */
async function toldOf(client: TestClient, from: TestClient): Promise<number> {
  await from.service.sendMessage('that is all', CommMsgType.TEXT, client.service.clientId);
  await client.message('that is all');
  return client.events.kept.filter(({ msgType }) => msgType === CommMsgType.FOLDER).length;
}

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(async () => {
  await gateway.dispose();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

describe('a folder', () => {
  test('is sent by its path, and a listener downloads all of it', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const folder = makeFolder({
      'empty.txt': '',
      'log.bin': randomBytes(700_000),
      'tief/er/Grüße +1% & mehr.txt': 'deep',
      'tief/log.bin': randomBytes(100_000),
    });
    const heard = downloaded(ben);
    const stored: number[] = [];
    const progress = (bytes: number, size: number): void => {
      expect(size).toBe(800_004);
      stored.push(bytes);
    };
    expect(await ann.service.sendMessage(`${folder}/`, CommMsgType.FOLDER, 'ben', { progress })).toBe(true);
    const { ossKey, content, fromClientId } = await heard;
    expect(fromClientId).toBe('ann');
    expect(ossKey).toMatch(/^cross_comm\/ann\/\d+_[0-9a-f]{8}_folder\/$/);
    expect(content.endsWith(String(ossKey).slice(0, -1))).toBe(true);
    expect(contents(content)).toEqual(contents(folder));
    expect(stored).toEqual(stored.toSorted((one, other) => one - other));
    expect(stored.at(-1)).toBe(800_004);
    expect(await toldOf(ben, ann)).toBe(1);
  });

  test('is an event for an OOCSI client, with an address that lists it', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const screen = await OocsiClient.connect(gateway.oocsi.port, 'screen');
    await ann.service.sendMessage(makeFolder({ 'a/b.txt': 'deep', 'c.txt': 'top' }), CommMsgType.FOLDER, 'screen');
    const event = await screen.take('screen');
    expect(event).toMatchObject({ sender: 'ann', file: 'Fotos', kind: 'folder' });
    expect(event).not.toHaveProperty('size');
    const list = (await (await fetch(String(event.url))).json()) as { objects: { key: string; url: string }[] };
    expect(list.objects.map(({ key }) => key)).toEqual([`${event.object_key}a/b.txt`, `${event.object_key}c.txt`]);
    expect(await (await fetch(String(list.objects[0]?.url))).text()).toBe('deep');
    screen.close();
  });

  test('goes on after lost links, and is told of once', { timeout: TIMEOUT_MS }, async () => {
    const proxy = new TestProxy(() => gateway.http);
    await proxy.open();
    const ann = await gateway.login('ann', { port: proxy.port });
    const ben = await gateway.login('ben');
    const files = Array.from({ length: 12 }, (_, index) => [`${index % 3}/${index}.bin`, randomBytes(300_000)]);
    const folder = makeFolder(Object.fromEntries(files));
    const heard = downloaded(ben);
    let cuts = 0;
    let cutting: Promise<void> = Promise.resolve();
    const progress = (bytes: number, size: number): void => {
      if (bytes < (size * (cuts + 1)) / 4) return;
      cuts++;
      cutting = cutting.then(() => proxy.close()).then(() => proxy.open());
    };
    expect(await ann.service.sendMessage(folder, CommMsgType.FOLDER, 'ben', { progress })).toBe(true);
    await cutting;
    expect(cuts).toBeGreaterThanOrEqual(3);
    expect(contents((await heard).content)).toEqual(contents(folder));
    await ann.status('online');
    expect(await toldOf(ben, ann)).toBe(1);
    await ann.service.logout();
    await proxy.close();
  });

  test('has no file that lies outside of it, and nothing that is no file', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const outside = makeFolder({ 'secret.txt': 'secret' }, 'outside');
    const folder = makeFolder({ 'a.txt': 'a' });
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
    symlinkSync(outside, join(folder, 'link'));
    symlinkSync('.', join(folder, 'round and round'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const heard = downloaded(ben);
    await ann.service.sendMessage(folder, CommMsgType.FOLDER, 'ben');
    expect(contents((await heard).content)).toEqual({ 'a.txt': Buffer.from('a').toString('hex') });
  });
});

describe('a folder that cannot be sent', () => {
  test.each<[string, () => unknown, string, RegExp]>([
    ['is empty', () => makeFolder({}), 'bad_content', /no file in the folder "Fotos"/],
    ['has empty folders alone', () => dirname(makeFolder({})), 'bad_content', /no file/],
    ['is a file', () => join(makeFolder({ 'a.txt': 'a' }), 'a.txt'), 'bad_content', /a\.txt cannot be read/],
    ['is not there', () => join(root, 'nothing'), 'bad_content', /nothing cannot be read/],
    ['is called nothing', () => '', 'bad_content', /the path of one/],
    ['is no path', () => 7, 'bad_content', /the path of one/],
    [
      'has a path of over 255 bytes',
      () => makeFolder({ 'a.txt': 'a', [`${'ö'.repeat(100)}/${'x'.repeat(60)}`]: 'b' }),
      'name_invalid',
      /"ö+\/x+" was not sent: its name has 261 bytes/,
    ],
    [
      'has a name that not every system takes',
      () => makeFolder({ 'a.txt': 'a', 'b/12:30.csv': 'b' }),
      'name_invalid',
      /"b\/12:30\.csv" was not sent/,
    ],
    [
      'has too long a name',
      () => makeFolder({ 'a.txt': 'a' }, 'x'.repeat(250)),
      'name_invalid',
      /x" was not sent: its name/,
    ],
    ['has a line break in its name', () => makeFolder({ 'a.txt': 'a' }, 'a\nb'), 'name_invalid', /give it a name/],
  ])('because it %s is refused before anything is sent', async (_what, content, code, message) => {
    const ann = await gateway.login('ann');
    const progress = (): void => expect.unreachable('something was sent');
    await expect(ann.service.sendMessage(content(), CommMsgType.FOLDER, 'ben', { progress })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['becomes shorter', (path) => truncateSync(path, 5), /^later\/z\.txt .*it has become shorter/],
    ['becomes longer', (path) => appendFileSync(path, 'more'), /^later\/z\.txt .*it has become longer/],
    ['becomes another', (path) => writeFileSync(path, 'something!'), /^later\/z\.txt .*it was changed/],
    ['vanishes', (path) => rmSync(path), /^later\/z\.txt .*ENOENT/],
    [
      'becomes a link',
      (path) => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
      /^later\/z\.txt .*ELOOP/,
    ],
  ])(
    'because a file of it %s is told of by no one, and the file is named',
    { timeout: TIMEOUT_MS },
    async (_what, change, message) => {
      const ann = await gateway.login('ann');
      const ben = await gateway.login('ben');
      const folder = makeFolder({ 'a.bin': randomBytes(400_000), 'later/z.txt': '0123456789' });
      // Four are sent at once; this one is the fifth that is begun.
      for (const name of ['b', 'c', 'd']) writeFileSync(join(folder, name), randomBytes(400_000));
      let isChanged = false;
      const progress = (): void => {
        if (!isChanged) change(join(folder, 'later', 'z.txt'));
        isChanged = true;
      };
      await expect(ann.service.sendMessage(folder, CommMsgType.FOLDER, 'ben', { progress })).rejects.toMatchObject({
        code: 'bad_content',
        message: expect.stringMatching(message),
      });
      expect(await toldOf(ben, ann)).toBe(0);
    },
  );

  test.each<[string, (path: string) => void, RegExp]>([
    ['shorter', (path) => truncateSync(path, 2_000_000), /^big\.bin .*it has become shorter/],
    ['longer', (path) => appendFileSync(path, 'more'), /^big\.bin .*it has become longer/],
  ])(
    'because a file becomes %s while it is read is told of by no one',
    { timeout: TIMEOUT_MS },
    async (_what, change, message) => {
      const ann = await gateway.login('ann');
      const ben = await gateway.login('ben');
      const folder = makeFolder({ 'big.bin': randomBytes(4_000_000) });
      let isChanged = false;
      const progress = (bytes: number): void => {
        if (bytes === 0 || isChanged) return;
        isChanged = true;
        change(join(folder, 'big.bin'));
      };
      await expect(ann.service.sendMessage(folder, CommMsgType.FOLDER, 'ben', { progress })).rejects.toMatchObject({
        code: 'bad_content',
        message: expect.stringMatching(message),
      });
      expect(await toldOf(ben, ann)).toBe(0);
    },
  );
});

describe('a folder whose gateway is killed', () => {
  const house = new GatewayProcess();
  afterAll(() => house.dispose());

  test.each<[string, (stored: number, size: number) => boolean]>([
    ['while its files come', (stored, size) => stored > size / 2],
    ['when all its files are there, and nobody has said so', (stored, size) => stored === size],
    ['when it is acknowledged, and nobody was there to be told', () => false],
  ])('%s arrives whole, and is told of once', { timeout: 4 * TIMEOUT_MS }, async (_when, isTime) => {
    await house.start();
    const { port } = house.ready.http;
    const ann = await gateway.login('ann', { port });
    const files = Array.from({ length: 9 }, (_, index) => [`${index % 2}/${index}.bin`, randomBytes(200_000)]);
    const folder = makeFolder(Object.fromEntries(files));
    let killing: Promise<unknown> | undefined;
    const kill = async (): Promise<void> => {
      await house.kill();
      await house.start();
    };
    const progress = (stored: number, size: number): void => {
      if (isTime(stored, size)) killing ??= kill();
    };
    expect(await ann.service.sendMessage(folder, CommMsgType.FOLDER, 'ben', { progress })).toBe(true);
    await (killing ?? kill());
    const ben = gateway.client('ben', { port });
    const heard = downloaded(ben);
    await ben.service.login();
    expect(contents((await heard).content)).toEqual(contents(folder));
    const cid = await gateway.login('cid', { port });
    expect(await toldOf(ben, cid)).toBe(1);
    expect(existsSync(join(house.dataDir, 'spool', 'failed'))).toBe(true);
    expect(readdirSync(join(house.dataDir, 'spool', 'failed'))).toEqual([]);
    await gateway.logoutAll();
    await house.stop();
  });
});
