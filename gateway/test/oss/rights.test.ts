import { request } from 'node:http';
import { buildHouse, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Action } from '../../src/access/rules.ts';
import { rightsOf } from '../../src/app/oss.ts';
import type { AccessKey } from '../../src/oss/access-keys.ts';
import { body } from '../objects/support.ts';
import { addAccount } from '../web/accounts.ts';
import { awsFetch } from './aws-support.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, type SignedInit, signatureOf, signedFetch } from './support.ts';

let people: TestHouse;
let house: EndpointHouse;
let anna: AccessKey;
let ben: AccessKey;

/** `anna` may upload and read below `a/`, `ben` may read below `b/`; the key of the house has no account. */
beforeEach(async () => {
  people = buildHouse();
  rules(['upload', 'read']);
  await addAccount(people, 'anna', { role: 'a' });
  await addAccount(people, 'ben', { role: 'b' });
  house = await buildEndpoint({ rightsOf: (account, peer) => rightsOf(people, account, peer) });
  anna = await house.keys.create('anna', 0, { account: 'anna' });
  ben = await house.keys.create('ben', 0, { account: 'ben' });
});

function rules(a: readonly Action[]): void {
  people.roles.replace([
    { name: 'a', readsInboxes: false, rules: [{ effect: 'allow', actions: a, topics: ['a/#'] }] },
    { name: 'b', readsInboxes: false, rules: [{ effect: 'allow', actions: ['read'], topics: ['b/#'] }] },
  ]);
}

function ask(key: AccessKey, method: string, resource: string, init?: SignedInit): Promise<Response> {
  return signedFetch({ ...house, key }, method, `/${BUCKET}/${resource}`, init ?? {});
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const { status } = await answer;
  const text = await (await answer).text();
  return status < 300 ? String(status) : `${status} ${/<Code>(.*)<\/Code>/.exec(text)?.[1]}`;
}

const DENIED = '403 AccessDenied';

describe('a key of an account', () => {
  it('reads and writes what the account may, and nothing else', async () => {
    await house.fetch('PUT', `/${BUCKET}/b/1`, { body: 'one' });
    expect(await codeOf(ask(anna, 'PUT', 'a/1', { body: 'one' }))).toBe('200');
    expect(await (await ask(anna, 'GET', 'a/1')).text()).toBe('one');
    expect(await codeOf(ask(ben, 'GET', 'b/1'))).toBe('200');
    expect(await codeOf(ask(anna, 'PUT', 'b/2', { body: 'x' }))).toBe(DENIED);
    expect(await codeOf(ask(ben, 'PUT', 'b/2', { body: 'x' }))).toBe(DENIED);
    expect(await codeOf(ask(anna, 'GET', 'b/1'))).toBe(DENIED);
    expect((await ask(anna, 'HEAD', 'b/1')).status).toBe(403);
    // Whether it is there is not said, either.
    expect(await codeOf(ask(anna, 'GET', 'b/none'))).toBe(DENIED);
    expect(await codeOf(ask(ben, 'DELETE', 'b/1'))).toBe(DENIED);
    expect(await codeOf(ask(anna, 'POST', 'a/9?uploads'))).toBe('200');
    expect(await codeOf(ask(anna, 'POST', 'b/9?uploads'))).toBe(DENIED);
    expect(await house.store.head('b/1')).toBeDefined();
    expect(await codeOf(ask(anna, 'DELETE', 'a/1'))).toBe('204');
  });

  it('appends to what the account may write, and to nothing else', async () => {
    await house.fetch('POST', `/${BUCKET}/b/log?append&position=0`, { body: 'one' });
    expect(await codeOf(ask(anna, 'POST', 'a/log?append&position=0', { body: 'one' }))).toBe('200');
    expect(await codeOf(ask(anna, 'POST', 'b/log?append&position=3', { body: 'two' }))).toBe(DENIED);
    expect(await codeOf(ask(ben, 'POST', 'b/log?append&position=3', { body: 'two' }))).toBe(DENIED);
    // Where it ends is not said, either.
    expect((await ask(anna, 'POST', 'b/log?append&position=0')).headers.has('x-oss-next-append-position')).toBe(false);
    expect((await house.store.head('b/log'))?.size).toBe(3);
  });

  it('copies only from what it may read to what it may write', async () => {
    await house.fetch('PUT', `/${BUCKET}/b/1`, { body: 'one' });
    await house.fetch('PUT', `/${BUCKET}/a/1`, { body: 'one' });
    const from = (key: string): SignedInit => ({ headers: { 'x-oss-copy-source': `/${BUCKET}/${key}` } });
    expect(await codeOf(ask(anna, 'PUT', 'a/2', from('b/1')))).toBe(DENIED);
    expect(await codeOf(ask(anna, 'PUT', 'b/2', from('a/1')))).toBe(DENIED);
    expect(await codeOf(ask(anna, 'PUT', 'a/2', from('a/1')))).toBe('200');
  });

  it('deletes all of many, or none', async () => {
    for (const key of ['a/1', 'b/1']) await house.fetch('PUT', `/${BUCKET}/${key}`, { body: 'one' });
    const body = '<Delete><Object><Key>a/1</Key></Object><Object><Key>b/1</Key></Object></Delete>';
    expect(await codeOf(ask(anna, 'POST', '?delete', { body }))).toBe(DENIED);
    expect(await house.store.head('a/1')).toBeDefined();
  });

  it('sees in lists what it may read', async () => {
    for (const key of ['a/1', 'a/x/2', 'b/1']) await house.fetch('PUT', `/${BUCKET}/${key}`, { body: 'one' });
    const keys = async (key: AccessKey, unsigned = ''): Promise<string[]> => {
      const text = await (await ask(key, 'GET', '', { unsigned })).text();
      return Array.from(text.matchAll(/<(?:Key|Prefix)>([^<]+)</g), ([, name = '']) => name);
    };
    expect(await keys(anna)).toEqual(['a/1', 'a/x/2']);
    expect(await keys(ben, 'delimiter=/')).toEqual(['b/']);
    expect(await keys(house.key)).toEqual(['a/1', 'a/x/2', 'b/1']);
    const narrow = await house.keys.create('narrow', 0, { account: 'anna', prefix: 'a/x/' });
    expect(await keys(narrow)).toEqual(['a/x/2']);
    expect(await codeOf(ask(narrow, 'GET', 'a/1'))).toBe(DENIED);
    expect(await codeOf(ask(narrow, 'PUT', 'a/3', { body: 'x' }))).toBe(DENIED);
  });

  it.each([
    ['a list', 'max-keys=1'],
    ['a list of folders', 'max-keys=1&delimiter=/'],
  ])('learns from no page of %s that there is anything else', async (_, query) => {
    const pages = async (): Promise<string[]> => {
      const found: string[] = [];
      for (let after = ''; ; ) {
        const text = await (await ask(anna, 'GET', '', { unsigned: `${query}${after}` })).text();
        found.push(text);
        const [, value] = /<NextMarker>([^<]+)</.exec(text) ?? [];
        if (value === undefined) return found;
        after = `&marker=${encodeURIComponent(value)}`;
      }
    };
    const now = /<LastModified>[^<]*/g;
    const plain = (texts: string[]): string[] => texts.map((text) => text.replaceAll(now, ''));
    for (const key of ['a/1', 'a/2/x', 'a/3']) await house.fetch('PUT', `/${BUCKET}/${key}`, { body: 'one' });
    const alone = await pages();
    for (const key of ['0', 'a0', 'b/1', 'b/2/3', 'z']) await house.fetch('PUT', `/${BUCKET}/${key}`, { body: 'one' });
    expect(plain(await pages())).toEqual(plain(alone));
    expect(alone.join()).toContain('<IsTruncated>false</IsTruncated>');
  });

  it('does not go on with the upload in parts of another account', async () => {
    const begun = await (await ask(anna, 'POST', 'a/big?uploads')).text();
    const id = /<UploadId>(.*)<\/UploadId>/.exec(begun)?.[1] ?? '';
    await people.accounts.update('ben', (account) => ({ ...account, roles: ['a'] }));
    expect(await codeOf(ask(ben, 'PUT', `a/big?partNumber=1&uploadId=${id}`, { body: 'x' }))).toBe('404 NoSuchUpload');
    expect(await codeOf(ask(ben, 'GET', `a/big?uploadId=${id}`))).toBe('404 NoSuchUpload');
    expect(await codeOf(ask(ben, 'DELETE', `a/big?uploadId=${id}`))).toBe('404 NoSuchUpload');
    expect(await (await ask(ben, 'GET', '?uploads')).text()).not.toContain(id);
    expect(await codeOf(ask(anna, 'PUT', `a/big?partNumber=1&uploadId=${id}`, { body: 'x' }))).toBe('200');
    expect(await (await ask(anna, 'GET', '?uploads')).text()).toContain(id);
  });

  it('is over at once with the account, or its time', async () => {
    await people.accounts.update('anna', (account) => ({ ...account, expiresMs: people.clock.now() - 1 }));
    expect(await codeOf(ask(anna, 'PUT', 'a/1', { body: 'one' }))).toBe(DENIED);
    await people.accounts.update('anna', (account) => ({ ...account, expiresMs: undefined }));
    expect(await codeOf(ask(anna, 'PUT', 'a/1', { body: 'one' }))).toBe('200');
    await people.accounts.remove('anna');
    expect(await codeOf(ask(anna, 'GET', 'a/1'))).toBe(DENIED);
    // A key without an account is as before.
    expect(await codeOf(house.fetch('GET', `/${BUCKET}/a/1`))).toBe('200');
  });

  it.each([
    ['the account is removed', () => people.accounts.remove('anna')],
    ['a rule forbids it', () => rules(['read'])],
    ['the key is revoked', () => house.keys.revoke(anna.id)],
  ] as [string, () => unknown][])('ends an upload that goes on, where %s', async (_, change) => {
    const path = `/${BUCKET}/a/slow`;
    const date = { 'x-oss-date': new Date(house.clock.now()).toUTCString() };
    const authorization = `OSS ${anna.id}:${signatureOf(anna.secret, 'PUT', path, date)}`;
    const headers = { ...date, authorization, 'content-length': 1000 };
    const sent = request(`${house.url}${path}`, { method: 'PUT', headers });
    const ended = new Promise((resolve) => sent.on('error', resolve).on('response', resolve));
    sent.write('begin');
    await new Promise((resolve) => sent.once('socket', (socket) => socket.once('connect', resolve)));
    await change();
    await expect
      .poll(async () => {
        house.clock.advance(500);
        return await Promise.race([ended.then(() => true), new Promise((resolve) => setTimeout(resolve, 20, false))]);
      })
      .toBe(true);
    expect(await house.store.head('a/slow')).toBeUndefined();
  });
});

describe('what S3 alone has', () => {
  it('shows an account nothing but the objects that it may read', async () => {
    for (const name of ['a/1', 'b/1']) await house.store.write(name, body(name));
    const asked = (resource: string): Promise<Response> =>
      awsFetch({ ...house, key: anna }, 'GET', `/${BUCKET}${resource}`);
    const versions = await (await asked('?versions=')).text();
    expect(Array.from(versions.matchAll(/<Key>(.*?)<\/Key>/g), ([, key]) => key)).toEqual(['a/1']);
    expect(await codeOf(asked('/a/1?acl='))).toBe('200');
    expect(await codeOf(asked('/b/1?acl='))).toBe('403 AccessDenied');
  });
});
