import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';
import { BUCKET, buildEndpoint, type EndpointHouse } from './support.ts';

const RUN_MS = 120_000;
const MIB = 1024 * 1024;
const run = promisify(execFile);

/** Runs rclone's own command with a remote `gw:` that is told by environment alone; what it printed. */
function rcloneOf({ url, key }: EndpointHouse, config: string): (...args: string[]) => Promise<string> {
  const env = {
    PATH: process.env.PATH,
    RCLONE_CONFIG: join(config, 'rclone.conf'),
    RCLONE_CONFIG_GW_TYPE: 's3',
    RCLONE_CONFIG_GW_PROVIDER: 'Other',
    RCLONE_CONFIG_GW_ENDPOINT: url,
    RCLONE_CONFIG_GW_ACCESS_KEY_ID: key.id,
    RCLONE_CONFIG_GW_SECRET_ACCESS_KEY: key.secret,
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  };
  return async (...args) => (await run('rclone', args, { env, maxBuffer: 16 * MIB })).stdout;
}

async function remote(): Promise<{ house: EndpointHouse; folder: string; rclone: ReturnType<typeof rcloneOf> }> {
  const house = await buildEndpoint();
  const folder = await temporaryFolder();
  return { house, folder, rclone: rcloneOf(house, folder) };
}

it('rclone keeps a folder in step with the bucket, in both directions', { timeout: RUN_MS }, async () => {
  const { folder, rclone } = await remote();
  const here = join(folder, 'here');
  const there = `gw:${BUCKET}/tree`;
  await mkdir(join(here, 'Ordner & more'), { recursive: true });
  await writeFile(join(here, 'Ordner & more', 'Grüße +1%.txt'), 'grüß dich');
  await writeFile(join(here, 'empty'), '');
  for (let each = 0; each < 20; each++) await writeFile(join(here, `${each}.bin`), randomBytes(1000));
  await rclone('sync', here, there);
  await rclone('check', here, there);
  expect((await rclone('lsf', '-R', '--files-only', there)).trim().split('\n')).toHaveLength(22);
  expect(await rclone('lsf', '--dirs-only', there)).toBe('Ordner & more/\n');
  expect(JSON.parse(await rclone('size', '--json', there))).toMatchObject({ count: 22, bytes: 20_011 });
  // What was changed, moved or removed here is so there as well.
  await writeFile(join(here, '0.bin'), 'changed');
  await rename(join(here, '1.bin'), join(here, 'moved.bin'));
  await rm(join(here, '2.bin'));
  await rclone('sync', '--track-renames', here, there);
  await rclone('check', here, there);
  await rclone('copy', there, join(folder, 'back'));
  await rclone('check', '--download', join(folder, 'back'), there);
  const sum = createHash('md5').update('changed').digest('hex');
  expect(await rclone('md5sum', `${there}/0.bin`)).toBe(`${sum}  0.bin\n`);
  await rclone('purge', there);
  expect(await rclone('lsf', '-R', `gw:${BUCKET}`)).toBe('');
});

it('rclone brings a file of over 100 MB in parts, reads parts of it, and copies it', { timeout: RUN_MS }, async () => {
  const { house, folder, rclone } = await remote();
  const piece = randomBytes(MIB);
  const path = join(folder, 'large.bin');
  await writeFile(path, Buffer.concat(Array(105).fill(piece)));
  const there = `gw:${BUCKET}/large.bin`;
  await rclone('copyto', '--s3-upload-cutoff=16M', '--s3-chunk-size=16M', path, there);
  expect((await house.store.head('large.bin'))?.etag).toMatch(/^[0-9a-f]{32}-7$/);
  expect(await rclone('cat', `--offset=${50 * MIB}`, '--count=1000', there)).toBe(piece.subarray(0, 1000).toString());
  // Above its limit it copies by parts, and knows the digest from the metadata.
  await rclone('moveto', '--s3-copy-cutoff=40M', there, `gw:${BUCKET}/moved.bin`);
  const content = await readFile(path);
  const sum = createHash('md5').update(content).digest('hex');
  expect(await rclone('md5sum', `gw:${BUCKET}`)).toBe(`${sum}  moved.bin\n`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await house.store.head('moved.bin')).toMatchObject({ sha256, etag: expect.stringMatching(/-3$/) });
});

it('rclone does all else that it can with a bucket', { timeout: RUN_MS }, async () => {
  const { house, folder, rclone } = await remote();
  const at = (key: string) => `gw:${BUCKET}/${key}`;
  await rclone('mkdir', `gw:${BUCKET}`);
  expect(await rclone('lsd', 'gw:')).toMatch(new RegExp(` ${BUCKET}\n$`));
  await writeFile(join(folder, 'a.txt'), 'content');
  await rclone('copyto', '--metadata', '--header-upload=Content-Type: text/x', join(folder, 'a.txt'), at('a'));
  expect(await house.store.head('a')).toMatchObject({ contentType: 'text/x', metadata: { mtime: expect.any(String) } });
  await rclone('touch', '--timestamp=2020-01-02T03:04:05', at('a'));
  expect(JSON.parse(await rclone('lsjson', '--metadata', at('a')))).toMatchObject([
    { Size: 7, ModTime: expect.stringMatching(/^2020-01-02T03:04:05/), MimeType: 'text/x' },
  ]);
  const url = (await rclone('link', '--expire=1m', at('a'))).trim();
  expect(await (await fetch(url)).text()).toBe('content');
  await rclone('touch', at('new'));
  expect(await rclone('lsf', at(''))).toBe('a\nnew\n');
  await rclone('deletefile', at('new'));
  await rclone('delete', at(''));
  expect(await rclone('lsf', at(''))).toBe('');
  expect(await rclone('backend', 'list-multipart-uploads', `gw:${BUCKET}`)).toContain(`"${BUCKET}": []`);
  await rclone('cleanup', `gw:${BUCKET}`);
  const secret = { ...house, key: { ...house.key, secret: 'wrong' } };
  await expect(rcloneOf(secret, folder)('lsf', at(''))).rejects.toThrow('SignatureDoesNotMatch');
  await expect(rclone('lsf', 'gw:another')).rejects.toThrow('directory not found');
  await expect(rclone('mkdir', 'gw:another')).rejects.toThrow('AccessDenied');
});

it('rclone reads an object that was appended to, and does not take its ETag for an MD5', {
  timeout: RUN_MS,
}, async () => {
  const { house, folder, rclone } = await remote();
  for (const line of ['one\n', 'two\n']) {
    const position = (await house.store.head('log'))?.size ?? 0;
    const appended = await house.fetch('POST', `/${BUCKET}/log?append&position=${position}`, { body: line });
    expect(appended.status).toBe(200);
  }
  const there = `gw:${BUCKET}/log`;
  await rclone('copyto', '--retries=1', there, join(folder, 'log'));
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('one\ntwo\n');
  await rclone('copyto', there, `gw:${BUCKET}/copy`);
  expect(await house.store.head('copy')).toMatchObject({
    size: 8,
    etag: createHash('md5').update('one\ntwo\n').digest('hex'),
  });
});
