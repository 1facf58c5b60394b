import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { DigestThread } from '../../src/objects/content/digest-thread.ts';
import { MultipartUploads } from '../../src/oss/multipart/uploads.ts';
import { body, buildStore } from '../objects/support.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, tag } from './support.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1024;

async function initiate(house: EndpointHouse, key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await (await house.fetch('POST', `/${BUCKET}/${key}?uploads`, { headers })).text();
  return tag(answer, 'UploadId') ?? '';
}

function putPart(house: EndpointHouse, key: string, id: string, number: number | string, content: Uint8Array | string) {
  return house.fetch('PUT', `/${BUCKET}/${key}?partNumber=${number}&uploadId=${id}`, { body: content });
}

function complete(house: EndpointHouse, key: string, id: string, parts: [number, string | Uint8Array][]) {
  const list = parts.map(([number, content]) => {
    const etag = createHash('md5').update(content).digest('hex').toUpperCase();
    return `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`;
  });
  const document = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  return house.fetch('POST', `/${BUCKET}/${key}?uploadId=${id}`, { body: document });
}

async function codeOf(response: Response): Promise<[number, string | undefined]> {
  return [response.status, tag(await response.text(), 'Code')];
}

function folderOf({ dataDir }: EndpointHouse): string {
  return join(dataDir, 'oss-multipart');
}

describe('an upload in parts', () => {
  it('becomes one object, with the type and metadata it was begun with, and leaves nothing behind', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a/b.bin', { 'content-type': 'image/png', 'x-oss-meta-kind': 'image' });
    const [one, two] = [randomBytes(100 * KIB), randomBytes(10)];
    // In any order, and one of them again.
    await putPart(house, 'a/b.bin', id, 7, two);
    await putPart(house, 'a/b.bin', id, 3, randomBytes(5));
    await putPart(house, 'a/b.bin', id, 3, one);
    expect(await house.store.head('a/b.bin')).toBeUndefined();
    expect(readdirSync(join(folderOf(house), id))).toHaveLength(3);
    const done = await complete(house, 'a/b.bin', id, [
      [3, one],
      [7, two],
    ]);
    expect(done.status).toBe(200);
    const digests = [one, two].map((part) => createHash('md5').update(part).digest());
    const etag = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2`;
    expect(tag(await done.text(), 'ETag')).toBe(`&quot;${etag.toUpperCase()}&quot;`);
    expect(await house.store.head('a/b.bin')).toMatchObject({
      size: one.length + two.length,
      etag,
      contentType: 'image/png',
      metadata: { kind: 'image' },
    });
    const got = Buffer.from(await (await house.fetch('GET', `/${BUCKET}/a/b.bin`)).arrayBuffer());
    expect(got.equals(Buffer.concat([one, two]))).toBe(true);
    expect(readdirSync(folderOf(house))).toEqual([]);
  });

  it('is completed with all its parts where the client does not list them', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    await putPart(house, 'a', id, 1, 'all');
    const headers = { 'x-oss-complete-all': 'yes' };
    expect((await house.fetch('POST', `/${BUCKET}/a?uploadId=${id}`, { headers })).status).toBe(200);
    expect((await house.store.head('a'))?.size).toBe(3);
  });

  it('is told of what is wrong with its parts, and can be completed after that', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    await putPart(house, 'a', id, 1, 'small');
    await putPart(house, 'a', id, 2, 'last');
    const attempt = async (...parts: [number, string][]) => codeOf(await complete(house, 'a', id, parts));
    expect(await attempt([1, 'small'], [2, 'last'])).toEqual([400, 'EntityTooSmall']);
    expect(await attempt([2, 'last'], [1, 'small'])).toEqual([400, 'InvalidPartOrder']);
    expect(await attempt([1, 'small'], [1, 'small'])).toEqual([400, 'InvalidPartOrder']);
    expect(await attempt([1, 'another'])).toEqual([400, 'InvalidPart']);
    expect(await attempt([5, 'small'])).toEqual([400, 'InvalidPart']);
    expect(await attempt()).toEqual([400, 'MalformedXML']);
    expect((await complete(house, 'a', id, [[2, 'last']])).status).toBe(200);
    expect((await house.store.head('a'))?.size).toBe(4);
  });

  it.each(['0', '10001', '-1', '1.5', 'x'])('has no part number %j', async (number) => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    expect(await codeOf(await putPart(house, 'a', id, number, 'x'))).toEqual([400, 'InvalidArgument']);
  });

  it('belongs to its key', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    expect(await codeOf(await putPart(house, 'b', id, 1, 'x'))).toEqual([404, 'NoSuchUpload']);
    expect(await codeOf(await house.fetch('DELETE', `/${BUCKET}/b?uploadId=${id}`))).toEqual([404, 'NoSuchUpload']);
  });

  it('goes on after a restart, without what was coming when the gateway was killed', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    const part = randomBytes(100 * KIB);
    await putPart(house, 'a', id, 1, part);
    writeFileSync(join(folderOf(house), id, 'incoming-00'), 'half');
    writeFileSync(join(folderOf(house), id, `00001.${'0'.repeat(32)}.${'0'.repeat(16)}`), 'older, of the same number');
    await house.restart();
    await putPart(house, 'a', id, 2, 'end');
    const listed = await (await house.fetch('GET', `/${BUCKET}/a?uploadId=${id}`)).text();
    expect(listed.match(/<PartNumber>/g)).toHaveLength(2);
    expect(existsSync(join(folderOf(house), id, 'incoming-00'))).toBe(false);
  });

  it('makes room when it is aborted', async () => {
    const house = await buildEndpoint({ maxMultipartBytes: 1000 });
    const id = await initiate(house, 'a');
    expect((await putPart(house, 'a', id, 1, 'x'.repeat(900))).status).toBe(200);
    expect(await codeOf(await putPart(house, 'a', id, 2, 'x'.repeat(101)))).toEqual([507, 'InsufficientStorage']);
    expect(house.incidents.counts()).toEqual({ 'oss OBJECTS_FULL': 1 });
    expect((await house.fetch('DELETE', `/${BUCKET}/a?uploadId=${id}`)).status).toBe(204);
    expect(readdirSync(folderOf(house))).toEqual([]);
    const other = await initiate(house, 'b');
    expect((await putPart(house, 'b', other, 1, 'x'.repeat(1000))).status).toBe(200);
    await house.restart();
    expect(await codeOf(await putPart(house, 'b', other, 2, 'x'))).toEqual([507, 'InsufficientStorage']);
  });

  it('is as it was where there is no object of it: the part is damaged', async () => {
    const house = await buildEndpoint();
    const id = await initiate(house, 'a');
    await putPart(house, 'a', id, 1, 'good');
    const folder = join(folderOf(house), id);
    const [part = ''] = readdirSync(folder).filter((name) => name.startsWith('00001'));
    writeFileSync(join(folder, part), 'evil');
    expect(await codeOf(await complete(house, 'a', id, [[1, 'good']]))).toEqual([500, 'InternalError']);
    expect(await house.store.head('a')).toBeUndefined();
    await putPart(house, 'a', id, 1, 'good');
    expect((await complete(house, 'a', id, [[1, 'good']])).status).toBe(200);
  });

  it('is listed with others, in pages and below prefixes', async () => {
    const house = await buildEndpoint();
    const keys = ['a/1', 'a/2', 'b', 'b', 'c'];
    for (const key of keys) await initiate(house, key);
    const list = async (unsigned: string) => (await house.fetch('GET', `/${BUCKET}/?uploads`, { unsigned })).text();
    const found: string[] = [];
    for (let marker = ''; ; ) {
      const page = await list(`max-uploads=2${marker}`);
      found.push(...Array.from(page.matchAll(/<Key>([^<]*)</g), ([, key = '']) => key));
      if (tag(page, 'IsTruncated') === 'false') break;
      marker = `&key-marker=${tag(page, 'NextKeyMarker')}&upload-id-marker=${tag(page, 'NextUploadIdMarker')}`;
    }
    expect(found).toEqual(keys);
    const grouped = await list('delimiter=/&max-uploads=1');
    expect(tag(grouped, 'Prefix')).toBe('');
    expect(grouped).toContain('<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>');
    const next = await list(`delimiter=/&key-marker=${tag(grouped, 'NextKeyMarker')}`);
    expect(Array.from(next.matchAll(/<Key>([^<]*)</g), ([, key]) => key)).toEqual(['b', 'b', 'c']);
    expect(next).not.toContain('CommonPrefixes');
    expect(await list('prefix=a/&encoding-type=url')).toContain('<Key>a%2F2</Key>');
  });
});

describe('uploads in parts', () => {
  async function open(clock: FakeClock, options: { folder?: string } = {}) {
    const uploads = await MultipartUploads.open({
      folder: options.folder ?? (await temporaryFolder()),
      clock,
      log: new MemoryLog(),
      thread: new DigestThread(clock),
      maxBytes: 1000,
      maxUploads: 10,
      maxUploadsOfOne: 5,
      maxParts: 20,
      maxPartsOfOne: 3,
      maxAgeMs: 7 * DAY_MS,
    });
    return uploads;
  }
  const upload = (clock: FakeClock, key = 'a') => ({
    key,
    contentType: 'text/plain',
    metadata: {},
    initiatedMs: clock.now(),
  });
  /** The hours go by one by one, as they do. */
  async function pass(uploads: MultipartUploads, clock: FakeClock, hours: number): Promise<void> {
    for (let hour = 0; hour < hours; hour++) {
      clock.advance(HOUR_MS);
      await uploads.removeAged();
    }
  }

  it('are given up when nothing has happened to them for too long', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const { id } = await uploads.begin(upload(clock));
    await pass(uploads, clock, 100);
    await uploads.putPart({ id, key: 'a' }, 1, body('x'), {});
    await pass(uploads, clock, 7 * 24);
    expect(uploads.list()).toHaveLength(1);
    await pass(uploads, clock, 1);
    expect(uploads.list()).toEqual([]);
  });

  it('do not grow old by a clock that is set', async () => {
    const clock = new FakeClock(0);
    const uploads = await open(clock);
    await uploads.begin(upload(clock));
    clock.jumpTo(Date.UTC(2026, 1, 1));
    await uploads.removeAged();
    await pass(uploads, clock, 7 * 24);
    expect(uploads.list()).toHaveLength(1);
  });

  it.each([
    ['for which a time server vouches, but not older than by that of the gateway', true, 7 * DAY_MS, 0],
    ['which was wrong when they began', true, DAY_MS, 1],
    ['for which nobody vouches', false, 7 * DAY_MS, 1],
  ])('are as old after a restart as by a wall clock %s', async (_what, synchronized, ranMs, left) => {
    const folder = await temporaryFolder();
    const before = new FakeClock(0);
    await (await open(before, { folder })).begin(upload(before));
    const clock = new FakeClock(undefined, ranMs);
    clock.synchronized = synchronized;
    const uploads = await open(clock, { folder });
    await pass(uploads, clock, 25);
    expect(uploads.list()).toHaveLength(left);
  });

  it('that rest give way to others where there are too many of all, or of one client', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const by = (accessKey: string, key: string) => ({ ...upload(clock, key), accessKey, address: '192.0.2.1' });
    for (let index = 0; index < 5; index++) await uploads.begin(by('one', `one ${index}`));
    await expect(uploads.begin(by('one', 'more'))).rejects.toMatchObject({ code: 'full' });
    await uploads.begin({ ...by('other', 'from elsewhere'), address: '192.0.2.2' });
    await expect(uploads.begin(by('other', 'the same address'))).rejects.toMatchObject({ code: 'full' });
    clock.advance(HOUR_MS);
    const [oldest] = uploads.list().filter(({ key }) => key === 'one 0');
    await uploads.putPart({ id: oldest?.id ?? '', key: 'one 0' }, 1, body('x'), {});
    await uploads.begin(by('one', 'more'));
    expect(uploads.list().map(({ key }) => key)).toEqual([
      'from elsewhere',
      'more',
      'one 0',
      'one 2',
      'one 3',
      'one 4',
    ]);
  });

  it('that are begun at the same time are no more than one client may have', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const begun = Array.from({ length: 9 }, (_, index) =>
      uploads.begin({ ...upload(clock, `at once ${index}`), accessKey: 'one', address: '192.0.2.1' }),
    );
    const settled = await Promise.allSettled(begun);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(uploads.list()).toHaveLength(5);
  });

  it('have no more parts of one client than it may have, until those that rest give way', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const by = (accessKey: string, key: string) => ({ ...upload(clock, key), accessKey });
    const left = await uploads.begin(by('one', 'left'));
    for (let number = 1; number <= 3; number++) await uploads.putPart(left, number, body('x'), {});
    const going = await uploads.begin(by('one', 'going'));
    await expect(uploads.putPart(going, 1, body('y'), {})).rejects.toMatchObject({ code: 'full' });
    await uploads.putPart(await uploads.begin(by('other', 'of another')), 1, body('z'), {});
    clock.advance(HOUR_MS);
    await uploads.putPart(going, 1, body('y'), {});
    expect(uploads.list().map(({ key }) => key)).toEqual(['going', 'of another']);
  });

  it('that rest give way to a part for which there is no room', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const left = await uploads.begin(upload(clock, 'left'));
    await uploads.putPart(left, 1, body('x'.repeat(900)), {});
    const going = await uploads.begin(upload(clock, 'going'));
    await expect(uploads.putPart(going, 1, body('y'.repeat(200)), { size: 200 })).rejects.toMatchObject({
      code: 'full',
    });
    clock.advance(HOUR_MS);
    await uploads.putPart(going, 1, body('y'.repeat(200)), { size: 200 });
    expect(uploads.list().map(({ key }) => key)).toEqual(['going']);
  });

  it('are so many at most', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    for (let index = 0; index < 10; index++) await uploads.begin(upload(clock, `key ${index}`));
    await expect(uploads.begin(upload(clock))).rejects.toMatchObject({ code: 'full' });
  });

  it('refuse a part that comes while they are completed, and take it where that fails', async () => {
    const clock = new FakeClock();
    const uploads = await open(clock);
    const { id } = await uploads.begin(upload(clock));
    const which = { id, key: 'a' };
    const part = await uploads.putPart(which, 1, body('first'), {});
    const completing = uploads.complete(
      which,
      () => [part],
      async () => {
        await expect(uploads.putPart(which, 2, body('second'), {})).rejects.toMatchObject({ code: 'NoSuchUpload' });
        await expect(uploads.abort(id, 'a')).rejects.toMatchObject({ code: 'NoSuchUpload' });
        throw new Error('no room');
      },
    );
    await expect(completing).rejects.toThrow('no room');
    await uploads.putPart(which, 2, body('second'), {});
    expect([...uploads.get(id, 'a').parts.keys()]).toEqual([1, 2]);
  });

  it('are completed once, though a client that lost patience asks again', async () => {
    const clock = new FakeClock();
    const { store } = await buildStore();
    const uploads = await open(clock);
    const which = { id: (await uploads.begin(upload(clock))).id, key: 'a' };
    const part = await uploads.putPart(which, 1, body('all'), {});
    let makes = 0;
    const ask = () =>
      uploads.complete(
        which,
        () => [part],
        (content) => {
          makes++;
          return store.write('a', content);
        },
      );
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(first).toMatchObject({ key: 'a', size: 3 });
    expect(second).toBe(first);
    expect(makes).toBe(1);
    await expect(ask()).rejects.toMatchObject({ code: 'NoSuchUpload' });
  });

  it('keep nothing of a part that is not what was announced', async () => {
    const clock = new FakeClock();
    const folder = await temporaryFolder();
    const uploads = await open(clock, { folder });
    const { id } = await uploads.begin(upload(clock));
    const md5 = '0'.repeat(32);
    await expect(uploads.putPart({ id, key: 'a' }, 1, body('abc'), { md5 })).rejects.toMatchObject({
      code: 'wrong_digest',
    });
    await expect(uploads.putPart({ id, key: 'a' }, 1, body('abc'), { size: 2 })).rejects.toMatchObject({
      code: 'wrong_size',
    });
    expect(readdirSync(join(folder, id))).toEqual(['upload.json']);
  });
});
