import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rule } from '../../src/access/rules.ts';
import { rightsOf } from '../../src/app/oss.ts';
import { addAccount } from '../web/accounts.ts';
import { BUCKET, buildEndpoint, REGION } from './support.ts';

const STORY_MS = 120_000;
const OWN: Rule = { effect: 'allow', actions: ['upload', 'read'], topics: ['own/#'] };
let python: Program;

beforeAll(async () => {
  python = startPython('python', 'oss_agent.py');
  await python.take('started', {}, STORY_MS);
}, STORY_MS);
afterAll(() => python.stop());

/** Runs one story of the agent against an endpoint of its own; what it saw. */
async function story(command: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { url, key } = await buildEndpoint();
  python.command({ endpoint: url, bucket: BUCKET, region: REGION, id: key.id, secret: key.secret, ...command });
  const { event, ...facts } = await python.take('done', {}, STORY_MS);
  return facts;
}

describe.each(['v1', 'v4'])('oss2 with signatures %s', (version) => {
  it('puts, gets, copies and deletes objects', { timeout: STORY_MS }, async () => {
    const folder = await temporaryFolder();
    expect(await story({ do: 'oss2_objects', version, folder })).toEqual({
      etag: true,
      crc: true,
      kind: 'image',
      type: 'image/png',
      length: 300_000,
      same: true,
      range: true,
      suffix: true,
      resumed: true,
      updated: '1',
      not_modified: { status: 304, code: '', type: 'NotModified' },
      precondition: { status: 412, code: 'PreconditionFailed', type: 'PreconditionFailed' },
      overwrite: { status: 409, code: 'FileAlreadyExists', type: expect.any(String) },
      digest: { status: 400, code: 'InvalidDigest', type: 'InvalidDigest' },
      missing: { status: 404, code: 'NoSuchKey', type: 'NoSuchKey' },
      missing_head: { status: 404, code: 'NoSuchKey', type: 'NoSuchKey' },
      exists: [true, false],
      deleted: true,
      url: 200,
      by_url: 'by url',
    });
  });

  it('appends to objects, and checks the CRC-64 of all of it', { timeout: STORY_MS }, async () => {
    expect(await story({ do: 'oss2_append', version })).toEqual({
      next: 8,
      crc: true,
      type: ['Appendable', 'text/csv'],
      listed: ['Appendable'],
      wrong: 8,
      content: 'one\ntwo\n',
      whole: { status: 409, code: 'ObjectNotAppendable', type: 'ObjectNotAppendable' },
    });
  });

  it('may do with the key of an account what that may', { timeout: STORY_MS }, async () => {
    const people = buildHouse();
    people.roles.replace([{ name: 'own', readsInboxes: false, rules: [OWN] }]);
    await addAccount(people, 'anna', { role: 'own' });
    const house = await buildEndpoint({ rightsOf: (account, peer) => rightsOf(people, account, peer) });
    await house.fetch('PUT', `/${BUCKET}/other/1`, { body: 'other' });
    const { id, secret } = await house.keys.create('anna', 0, { account: 'anna' });
    const where = { endpoint: house.url, bucket: BUCKET, region: REGION, id, secret, version };
    python.command({ do: 'oss2_rights', ...where });
    expect(await python.take('done', {}, STORY_MS)).toMatchObject({
      read: 'own',
      listed: ['own/1'],
      refused: Array(5).fill('AccessDenied'),
      wrong: 'SignatureDoesNotMatch',
      none: 'AccessDenied',
    });
  });

  it('lists objects, folders and buckets in pages', { timeout: STORY_MS }, async () => {
    expect(await story({ do: 'oss2_listing', version })).toEqual({
      v1: true,
      v2: true,
      prefix: true,
      folders: ['a/', 'b/', 'c'],
      after: ['b/1', 'c'],
      info: BUCKET,
      location: 'oss-crosscomm',
      acl: 'private',
      buckets: [BUCKET],
    });
  });

  it('uploads in parts, from files and from objects', { timeout: STORY_MS }, async () => {
    const folder = await temporaryFolder();
    expect(await story({ do: 'oss2_multipart', version, folder })).toEqual({
      resumed: true,
      etag: true,
      assembled: true,
      uploads: [['parts/ü', true]],
      parts: [1, 2],
      wrong: { status: 400, code: 'InvalidPart', type: expect.any(String) },
      again: { status: 404, code: 'NoSuchUpload', type: 'NoSuchUpload' },
      left: 0,
    });
  });
});

describe.each(['v1', 'v4'])('alibabacloud_oss_v2 with signatures %s', (version) => {
  it('puts, gets, lists, copies and deletes, whole and in parts', { timeout: STORY_MS }, async () => {
    const folder = await temporaryFolder();
    const name = 'Ordner & more/Grüße +1%.txt';
    expect(await story({ do: 'v2_story', version, folder })).toEqual({
      same: true,
      downloaded: true,
      copied: true,
      keys: [name, 'copy', 'large'],
      presigned: true,
      missing: { status: 404, code: 'NoSuchKey' },
      bucket: true,
      object: false,
      deleted: [name, 'copy', 'large'],
    });
  });
});

describe.each(['v1', 'v4'])('alibabacloud_oss_v2 with signatures %s', (version) => {
  it('appends to objects, by itself and as to a file', { timeout: STORY_MS }, async () => {
    expect(await story({ do: 'v2_append', version })).toEqual({
      next: 4,
      content: 'one\ntwo\nthree\n',
      type: 'Appendable',
    });
  });
});

describe('ossfs for fsspec', () => {
  it('opens files to be written, appended to and read', { timeout: STORY_MS }, async () => {
    expect(await story({ do: 'ossfs_story', version: 'v1' })).toEqual({
      content: 'one\ntwo\n',
      tail: 'two\n',
      size: 8,
      large: true,
      listed: [`${BUCKET}/dir/log.csv`, `${BUCKET}/large`],
      read: 'two\n',
      whole: expect.any(String),
      left: [],
    });
  });
});

describe.each(['v1', 'v4'])('what there is not, with signatures %s', (version) => {
  it('is refused to both of Aliyun’s clients, and the object stays as it is', { timeout: STORY_MS }, async () => {
    const refused = ['hold', 'versions', 'version', 'tags', 'tagged', 'public'];
    expect(await story({ do: 'refusals', version })).toEqual({
      ...Object.fromEntries(refused.map((what) => [what, 'NotImplemented'])),
      private: 200,
      has_tags: 0,
      versioning: null,
      content: 'what was there',
    });
  });
});

describe("pywayne's OssManager", () => {
  it('uploads, reads, lists, moves, downloads and deletes files and folders', { timeout: STORY_MS }, async () => {
    const folder = await temporaryFolder();
    const { url, key } = await buildEndpoint();
    python.command({ do: 'pywayne', endpoint: url, bucket: BUCKET, id: key.id, secret: key.secret, folder });
    expect(await python.take('done', {}, STORY_MS)).toEqual({
      event: 'done',
      uploaded: true,
      text: true,
      image: true,
      read: 'grüß dich',
      folder: [
        ['inner', true],
        ['image.jpg', false],
        ['note.txt', false],
        ['top.txt', false],
      ],
      keys: ['tree/image.jpg', 'tree/inner/deep.txt', 'tree/note.txt', 'tree/top.txt'],
      exists: [true, false],
      metadata: 5,
      copied: true,
      moved: true,
      all: ['moved.txt', 'tree/image.jpg', 'tree/inner/deep.txt', 'tree/note.txt', 'tree/top.txt'],
      downloaded: true,
      deep: 'grüß dich',
      deleted: true,
      left: ['moved.txt'],
      anonymous: false,
    });
  });
});
