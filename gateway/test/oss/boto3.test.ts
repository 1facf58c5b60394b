import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '../../src/access/rules.ts';
import { rightsOf } from '../../src/app/oss.ts';
import { ObjectIndex } from '../../src/objects/local/object-index.ts';
import { body, buildStore } from '../objects/support.ts';
import { addAccount } from '../web/accounts.ts';
import { BUCKET, buildEndpoint, type EndpointHouse } from './support.ts';

const STORY_MS = 120_000;
const OWN: Rule = { effect: 'allow', actions: ['upload', 'read'], topics: ['own/#'] };
let python: Program;

beforeAll(async () => {
  python = startPython('python', 's3_agent.py');
  await python.take('started', {}, STORY_MS);
}, STORY_MS);
afterAll(() => python.stop());

/** Runs one story of the agent; what it saw. */
async function story(
  { url, key }: Pick<EndpointHouse, 'url' | 'key'>,
  command: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  python.command({ endpoint: url, bucket: BUCKET, id: key.id, secret: key.secret, ...command });
  const { event, ...facts } = await python.take('done', {}, STORY_MS);
  return facts;
}

describe.each([
  ['s3v4', 'path'],
  ['s3v4', 'virtual'],
  ['s3', 'path'],
  ['s3', 'virtual'],
])('boto3 with signatures %s and the bucket in the %s', (version, style) => {
  it('puts, gets, copies and deletes objects, also by URLs that it signed', { timeout: STORY_MS }, async () => {
    const { port, key } = await buildEndpoint();
    const url = `http://gateway.test:${port}`;
    expect(await story({ url, key }, { do: 'objects', version, style })).toEqual({
      etag: true,
      same: true,
      checksum: 'FULL_OBJECT',
      head: [300_000, 'image/png', 'max-age=60', { kind: 'image', note: 'a  b' }],
      range: true,
      content_range: 'bytes 10-19/300000',
      suffix: true,
      override: 'text/x',
      replaced: ['a/b', { a: '1' }],
      get_url: [200, true, 'text/y'],
      put_url: 200,
      by_url: 'by url',
      deleted: 6,
      left: ['by url'],
      errors: {
        itself: [400, 'InvalidRequest'],
        copy_condition: [412, 'PreconditionFailed'],
        range: [416, 'InvalidRange'],
        not_modified: [304, '304'],
        match: [412, 'PreconditionFailed'],
        there: [412, 'PreconditionFailed'],
        digest: [400, 'BadDigest'],
        checksum: [400, 'BadDigest'],
        long: [400, 'KeyTooLongError'],
        missing: [404, 'NoSuchKey'],
        missing_head: [404, '404'],
      },
    });
  });
});

describe.each(['s3v4', 's3'])('boto3 with signatures %s', (version) => {
  it('uploads in parts, from files and from objects', { timeout: STORY_MS }, async () => {
    const folder = await temporaryFolder();
    expect(await story(await buildEndpoint(), { do: 'multipart', version, folder })).toEqual({
      etag: true,
      metadata: { a: '1' },
      same: true,
      uploads: [['parts/ü', true]],
      parts: [1, 2, 3],
      assembled: true,
      done: [true, 'parts/ü', 'a/b', { kind: 'x' }],
      errors: {
        part: [400, 'InvalidPart'],
        order: [400, 'InvalidPartOrder'],
        small: [400, 'EntityTooSmall'],
        number: [400, 'InvalidArgument'],
        aborted: [404, 'NoSuchUpload'],
        again: [404, 'NoSuchUpload'],
      },
      left: 0,
    });
  });
});

describe('boto3', () => {
  it('lists 3,000 keys in pages, and their folders', { timeout: STORY_MS }, async () => {
    const { db, clock, store } = await buildStore();
    const number = (value: number, digits: number) => String(value).padStart(digits, '0');
    const keys = Array.from({ length: 3000 }, (_, each) => `${number(Math.floor(each / 10), 3)}/${number(each, 5)}`);
    // A list is made of the index alone; so many files would take longer than all the rest.
    const { modifiedMs, ...like } = await store.write('like', body('a'));
    await store.remove('like');
    const index = await ObjectIndex.open(db, clock);
    const { sha256 = '', crc64 = '', crc32 = 0 } = like;
    for (const key of keys) await index.put(key, { ...like, sha256, crc64, crc32, key, id: key, modifiedMs });
    const house = await buildEndpoint({ store });
    expect(await story(house, { do: 'listing', keys })).toEqual({
      pages: [
        [1000, true],
        [1000, true],
        [1000, false],
      ],
      v2: true,
      v1: true,
      v1_pages: 5,
      folders: [100, '000/'],
      first: ['"0cc175b9c0f1b6a831c399e269772661"', 1, 'STANDARD', { ID: 'crosscomm', DisplayName: 'crosscomm' }],
      after: ['299/02998', '299/02999'],
      none: 0,
      many: 1000,
      versions: [10, 'null'],
      token: [400, 'InvalidArgument'],
    });
  });

  it('finds the bucket as a new one is, and is refused what there is not', { timeout: STORY_MS }, async () => {
    expect(await story(await buildEndpoint(), { do: 'bucket' })).toEqual({
      buckets: [BUCKET],
      head: 'us-east-1',
      made: 200,
      location: null,
      versioning: null,
      tags: [],
      grants: [['FULL_CONTROL', 'CanonicalUser']],
      grantee: true,
      none: [
        [404, 'NoSuchBucketPolicy'],
        [404, 'NoSuchLifecycleConfiguration'],
        [404, 'NoSuchCORSConfiguration'],
        [404, 'ServerSideEncryptionConfigurationNotFoundError'],
        [404, 'NoSuchTagSet'],
        [404, 'ObjectLockConfigurationNotFoundError'],
        [404, 'NoSuchPublicAccessBlockConfiguration'],
      ],
      refused: Array(10).fill([501, 'NotImplemented']),
      deleted: [403, 'AccessDenied'],
      others: [
        [404, 'NoSuchBucket'],
        [404, '404'],
        [403, 'AccessDenied'],
      ],
      owner: [403, '403'],
      content: 'what was there',
    });
  });

  it('replaces an object only where it still is the one that it read', { timeout: STORY_MS }, async () => {
    expect(await story(await buildEndpoint(), { do: 'conditions', writers: 8 })).toEqual({
      errors: {
        other: [412, 'PreconditionFailed'],
        missing: [404, 'NoSuchKey'],
        completed: [412, 'PreconditionFailed'],
        large: [412, 'PreconditionFailed'],
      },
      whole: true,
      number: 8,
      left: 1,
    });
  });

  it('is told the attributes of an object', { timeout: STORY_MS }, async () => {
    expect(await story(await buildEndpoint(), { do: 'attributes' })).toEqual({
      etag: true,
      checksum: { ChecksumSHA256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=', ChecksumType: 'FULL_OBJECT' },
      rest: ['STANDARD', 5, false, true],
      size: ['ObjectSize'],
      missing: [404, 'NoSuchKey'],
      invented: [400, 'InvalidArgument'],
    });
  });

  it('may do with the key of an account what that may', { timeout: STORY_MS }, async () => {
    const people = buildHouse();
    people.roles.replace([{ name: 'own', readsInboxes: false, rules: [OWN] }]);
    await addAccount(people, 'anna', { role: 'own' });
    const house = await buildEndpoint({ rightsOf: (account, peer) => rightsOf(people, account, peer) });
    await house.store.write('other/1', body('other'));
    const key = await house.keys.create('anna', 0, { account: 'anna' });
    const told = { do: 'rights', wrong_secret: house.key.secret };
    expect(await story({ url: house.url, key }, told)).toEqual({
      read: 'own',
      listed: ['own/1'],
      refused: ['AccessDenied', '403', ...Array(5).fill('AccessDenied')].map((code) => [403, code]),
      wrong: [403, 'SignatureDoesNotMatch'],
      unknown: [403, 'InvalidAccessKeyId'],
    });
  });

  it('is told that its clock is wrong', async () => {
    const house = await buildEndpoint();
    house.clock.advance(3_600_000);
    expect(await story(house, { do: 'skewed' })).toEqual({ error: [403, 'RequestTimeTooSkewed'] });
  });
});
