import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPort } from '@crosscomm/testing/own-port';
import { Program } from '@crosscomm/testing/program';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../gateway/src/common/clock.ts';
import { checkpointOf } from '../gateway/src/objects/remote/checkpoint.ts';
import { S3Client } from '../gateway/src/objects/remote/s3/s3-client.ts';
import { S3Store, type S3StoreOptions } from '../gateway/src/objects/remote/s3/s3-store.ts';
import { spooled } from '../gateway/test/objects/remote-houses.ts';
import { contentOf } from '../gateway/test/objects/support.ts';

const MIB = 1024 * 1024;
const VERSITY = fileURLToPath(new URL('../.cache/mqtt-clients/go/bin/versitygw', import.meta.url));

/** The server of S3 at `CROSSCOMM_S3_ENDPOINT`, with the keys of the variables of AWS; by default Versity's, which is started. */
describe('the gateway with its objects in a server of S3', () => {
  let program: Program | undefined;
  let folder = '';
  const options: S3StoreOptions = {
    endpoint: process.env.CROSSCOMM_S3_ENDPOINT ?? '',
    bucket: `crosscomm-${randomBytes(4).toString('hex')}`,
    region: process.env.AWS_REGION ?? 'us-east-1',
    addressing: 'path',
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'id',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'secretsecret',
    timeoutMs: 10_000,
    partBytes: 5 * MIB,
    clock: systemClock,
  };
  const open = (more: Partial<S3StoreOptions> = {}): S3Store => new S3Store({ ...options, ...more });

  beforeAll(async () => {
    if (options.endpoint === '') {
      const env = { ROOT_ACCESS_KEY: options.accessKeyId, ROOT_SECRET_KEY: options.secretAccessKey };
      folder = await mkdtemp(join(tmpdir(), 'crosscomm-s3-'));
      const parse = (line: string) => {
        const [, url] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(line) ?? [];
        return url === undefined ? undefined : { event: 'ready', url };
      };
      program = new Program('versitygw', VERSITY, ['--port', `127.0.0.1:${ownPort()}`, 'posix', folder], {
        env,
        parse,
      });
      options.endpoint = String((await program.take('ready')).url);
    }
    const client = new S3Client(options);
    await client.ask({ method: 'PUT' });
    client.close();
  });
  afterAll(async () => {
    await program?.stop();
    if (folder !== '') await rm(folder, { recursive: true });
  });

  it.each([
    ['empty', 0],
    ['small', 5000],
    ['in parts', 12 * MIB + 17],
  ])('takes over an object that is %s, gives it out, and removes it', async (_what, size) => {
    const store = open();
    const content = randomBytes(size);
    const file = await spooled(content);
    const key = 'cross_comm/anna/1 Grüße+%&(1)*.bin';
    const metadata = { name: 'Grüße.png', kind: 'image', from: 'anna' };
    const headers = { 'content-disposition': 'inline; filename="Grüße.png"' };
    const info = await store.adopt(key, file, { contentType: 'image/png', metadata, headers });
    expect(info).toMatchObject({ key, size, contentType: 'image/png', metadata, sha256: file.digests.sha256 });
    // It is known to be there.
    expect(await store.adopt(key, file, {})).toMatchObject({ etag: info.etag, modifiedMs: info.modifiedMs, metadata });
    expect(await store.head(key)).toMatchObject({ size, etag: info.etag });
    const opened = await store.open(key);
    expect(opened && (await contentOf(opened.stream)).equals(content)).toBe(true);
    if (size > 10) {
      const part = await store.open(key, { start: 2, end: 9 });
      expect(part && (await contentOf(part.stream)).equals(content.subarray(2, 10))).toBe(true);
    }
    expect(await store.remove(key)).toBe(true);
    expect(await store.remove(key)).toBe(false);
    expect(await store.open(key)).toBeUndefined();
    store.close();
  });

  it('lists in pages, with prefixes told once', async () => {
    const store = open();
    for (const key of ['l/a', 'l/b/1', 'l/b/2', 'l/c d+e', 'l/d/1', 'l/é']) {
      await store.adopt(key, await spooled(Buffer.from(key)), {});
    }
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({ prefix: 'l/', delimiter: '/', limit: 2, ...(after !== undefined && { after }) });
      found.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      after = page.next;
    } while (after !== undefined);
    expect(found.toSorted()).toEqual(['l/a', 'l/b/', 'l/c d+e', 'l/d/', 'l/é']);
    store.close();
  });

  it('begins a large object anew where the parts are gone', async () => {
    const store = open();
    const file = await spooled(randomBytes(11 * MIB));
    const progress = { name: 'lost', uploadId: 'A'.repeat(36), partSize: 5 * MIB, done: [] };
    await writeFile(checkpointOf(file.path), JSON.stringify(progress));
    expect((await store.adopt('lost', file, {})).size).toBe(11 * MIB);
    expect(existsSync(checkpointOf(file.path))).toBe(false);
    store.close();
  });

  it('says whose fault it is where it cannot be used', async () => {
    const file = await spooled(Buffer.from('hello'));
    const failing = (more: Partial<S3StoreOptions>) => open(more).adopt('a', file, {});
    await expect(failing({ secretAccessKey: 'wrong' })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^S3 refuses \(SignatureDoesNotMatch\)/),
    });
    await expect(failing({ accessKeyId: 'nobody' })).rejects.toMatchObject({
      message: expect.stringMatching(/^S3 refuses/),
    });
    await expect(failing({ bucket: 'nobody-made-this' })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^S3 refuses \(NoSuchBucket\)/),
    });
    const late = { ...systemClock, now: () => Date.now() - 3_600_000 };
    await expect(failing({ clock: late })).rejects.toMatchObject({
      message: 'The clock of this machine and that of S3 are too far apart: set the one that is wrong.',
    });
  });
});
