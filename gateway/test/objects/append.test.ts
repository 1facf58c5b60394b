import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkAppend } from '../../src/objects/append-checks.ts';
import { CRC64_XZ, Crc } from '../../src/objects/content/crc.ts';
import type { AppendOptions } from '../../src/objects/contract.ts';
import type { LocalStore } from '../../src/objects/local/local-store.ts';
import { body, buildStore, contentOf, read } from './support.ts';

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const add = (store: LocalStore, key: string, text: string | Uint8Array, options: AppendOptions = {}) =>
  store.append(key, body(text), options);

const crc64 = (text: string): string => {
  const crc = new Crc(CRC64_XZ);
  crc.update(Buffer.from(text));
  return String(crc.digest());
};

describe('a store that is appended to', () => {
  it('makes the object with the first append, which says what it is, and goes on where it ends', async () => {
    const { store, clock } = await buildStore();
    const first = await add(store, 'log.csv', 'one\n', {
      position: 0,
      contentType: 'text/csv',
      metadata: { unit: '°C' },
      headers: { 'cache-control': 'no-cache' },
    });
    expect(first).toMatchObject({ position: 0, info: { size: 4, isAppendable: true, crc64: crc64('one\n') } });
    const madeMs = clock.now();
    clock.advance(5000);
    const second = await add(store, 'log.csv', 'two\n', { position: 4, contentType: 'text/html', metadata: {} });
    expect(second.position).toBe(4);
    expect(await store.head('log.csv')).toEqual(second.info);
    expect(second.info).toEqual({
      key: 'log.csv',
      size: 8,
      isAppendable: true,
      etag: expect.stringMatching(/^[0-9a-f]{24}0{8}$/),
      crc64: crc64('one\ntwo\n'),
      crc32: crc32('one\ntwo\n'),
      contentType: 'text/csv',
      metadata: { unit: '°C' },
      headers: { 'cache-control': 'no-cache' },
      modifiedMs: madeMs + 5000,
    });
    expect(second.info.etag).not.toBe(first.info.etag);
    expect(await read(store, 'log.csv')).toBe('one\ntwo\n');
    expect(await read(store, 'log.csv', { start: 3, end: 5 })).toBe('\ntw');
  });

  it('appends at the end, wherever that is, for who does not name it', async () => {
    const { store } = await buildStore();
    const appended = await Promise.all(Array.from({ length: 30 }, (_, n) => add(store, 'log', `${n}\n`)));
    const content = (await read(store, 'log')) ?? '';
    expect(
      content
        .trim()
        .split('\n')
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 30 }, (_, n) => n));
    for (const [n, { position }] of appended.entries()) expect(content.startsWith(`${n}\n`, position)).toBe(true);
  });

  it('lets one of many win who append at the same place, and tells the others where the end is', async () => {
    const { store } = await buildStore();
    await add(store, 'log', 'begin ');
    const tries = await Promise.allSettled(['a', 'b', 'c'].map((text) => add(store, 'log', text, { position: 6 })));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of tries) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'wrong_position', length: 7 });
    }
    expect(await read(store, 'log')).toMatch(/^begin [abc]$/);
    await expect(add(store, 'none', 'x', { position: 1 })).rejects.toMatchObject({ code: 'wrong_position', length: 0 });
    expect(await store.head('none')).toBeUndefined();
  });

  it('does not double what is repeated because its answer was lost', async () => {
    const { store } = await buildStore();
    await add(store, 'log', 'one\n', { position: 0, isRepeatable: true });
    await add(store, 'log', 'two\n', { position: 4, isRepeatable: true });
    const again = await add(store, 'log', 'two\n', { position: 4, isRepeatable: true });
    expect(again).toMatchObject({ position: 4, info: { size: 8 } });
    await expect(add(store, 'log', 'TWO\n', { position: 4, isRepeatable: true })).rejects.toMatchObject({ length: 8 });
    await expect(add(store, 'log', 'two\nthree', { position: 4, isRepeatable: true })).rejects.toMatchObject({
      code: 'wrong_position',
    });
    expect(await read(store, 'log')).toBe('one\ntwo\n');
  });

  it('appends nothing to what was written whole, and a write makes an appended object a normal one', async () => {
    const { store, folder } = await buildStore();
    await store.write('a', body('whole'));
    await expect(add(store, 'a', 'x', { position: 5 })).rejects.toMatchObject({ code: 'not_appendable' });
    await add(store, 'b', 'one');
    await add(store, 'b', 'two');
    const info = await store.write('b', body('whole'));
    expect(info.isAppendable).toBeUndefined();
    expect(info.etag).toBe(createHash('md5').update('whole').digest('hex'));
    await expect(add(store, 'b', 'x', { position: 5 })).rejects.toMatchObject({ code: 'not_appendable' });
    expect(files(folder)).toHaveLength(4);
    expect(store.totals).toEqual({ objects: 2, bytes: 10 });
    await store.remove('b');
    await add(store, 'b', 'again', { position: 0 });
    expect(await read(store, 'b')).toBe('again');
  });

  it('leaves the object as it was where a body breaks off, or is not what was announced', async () => {
    const { store, folder } = await buildStore();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(400_000, 'x');
      throw new Error('the line is dead');
    }
    await expect(store.append('log', broken())).rejects.toThrow('the line is dead');
    expect(files(folder)).toEqual([]);
    await add(store, 'log', 'one');
    const before = await store.head('log');
    await expect(store.append('log', broken())).rejects.toThrow('the line is dead');
    await expect(add(store, 'log', 'two', { md5: '0'.repeat(32) })).rejects.toMatchObject({ code: 'wrong_digest' });
    await expect(add(store, 'log', 'two', { size: 2 })).rejects.toMatchObject({ code: 'wrong_size' });
    await expect(add(store, 'log', 'two', { size: 4 })).rejects.toMatchObject({ code: 'wrong_size' });
    expect(await store.head('log')).toEqual(before);
    expect(files(folder)).toHaveLength(2);
    expect(await add(store, 'log', '', { position: 3 })).toMatchObject({ info: before });
  });

  it('is read while it grows: as long as it was when reading began, and checked', async () => {
    const { store } = await buildStore();
    const first = 'a'.repeat(500_000);
    await add(store, 'log', first);
    const opened = await store.open('log');
    await add(store, 'log', 'b'.repeat(500_000));
    expect(opened && (await contentOf(opened.stream)).toString() === first).toBe(true);
    const later = await store.open('log');
    expect(later && (await contentOf(later.stream)).length).toBe(1_000_000);
  });

  it('has room for so many bytes in all, and an object for so many', async () => {
    const { store } = await buildStore({ maxBytes: 10 });
    await add(store, 'log', '123456');
    await expect(add(store, 'log', '12345')).rejects.toMatchObject({ code: 'full' });
    await expect(add(store, 'log', '123', { maxBytes: 8 })).rejects.toMatchObject({ code: 'too_large' });
    await add(store, 'log', '7890');
    expect(store.totals).toEqual({ objects: 1, bytes: 10 });
    await expect(store.append('large', body('x'), { size: 5 * 1024 ** 3 + 1 })).rejects.toMatchObject({ code: 'full' });
    const { store: roomy } = await buildStore({ maxBytes: 2 ** 40 });
    await expect(roomy.append('large', body('x'), { size: 5 * 1024 ** 3 + 1 })).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  it('has no object of over 5 GiB', () => {
    const before = { size: 5 * 1024 ** 3 - 2, isAppendable: true } as const;
    expect(checkAppend('log', before, 2, {})).toBe('at the end');
    expect(() => checkAppend('log', before, 3, {})).toThrow(expect.objectContaining({ code: 'too_large' }));
  });

  it('adds a small append to its files, and writes nothing of them anew', async () => {
    const { store, folder } = await buildStore();
    for (let n = 0; n < 100; n++) await add(store, 'log', `${n} 21.5\n`);
    const sizes = files(folder).map((path) => statSync(path));
    expect(files(folder)).toHaveLength(3);
    expect(Math.max(...sizes.map(({ size }) => size))).toBeLessThan(8192);
    const inodes = sizes.map(({ ino }) => ino);
    await add(store, 'log', 'one more\n');
    expect(files(folder).map((path) => statSync(path).ino)).toEqual(inodes);
  });

  it('is listed as it is now, by key and by time, and keeps its place among the newest', async () => {
    const { store } = await buildStore();
    await add(store, 'log', 'one');
    await store.write('later', body('x'));
    const { info } = await add(store, 'log', 'two');
    expect((await store.list({ limit: 10, prefix: 'log' })).objects).toEqual([info]);
    const { objects } = await store.listed.newest({ limit: 10 });
    expect(objects.map((each) => each.info.key)).toEqual(['later', 'log']);
    expect(objects.at(-1)?.info).toEqual(info);
  });

  it('appends nothing to what is damaged, which stays as it is', async () => {
    const { store, folder } = await buildStore();
    await add(store, 'log', 'one');
    const content = files(folder).find((path) => !path.endsWith('.json')) ?? '';
    truncateSync(content, 2);
    await expect(add(store, 'log', 'two')).rejects.toMatchObject({ code: 'corrupt' });
    expect(readFileSync(content, 'utf8')).toBe('on');
    rmSync(content);
    await expect(add(store, 'log', 'two')).rejects.toMatchObject({ code: 'corrupt' });
    await store.write('log', body('again'));
    expect(await read(store, 'log')).toBe('again');
  });

  it('is old when nothing was appended for long', async () => {
    const { store, clock } = await buildStore({ maxAgeMs: 10_000 });
    await add(store, 'log', 'one');
    clock.advance(8000);
    await add(store, 'log', 'two');
    clock.advance(8000);
    await store.removeAged();
    expect(await read(store, 'log')).toBe('onetwo');
    clock.advance(8000);
    await store.removeAged();
    expect(await store.head('log')).toBeUndefined();
  });

  it('has after a restart what was appended, though its index was never written', async () => {
    const house = await buildStore();
    const other = await buildStore();
    for (const text of ['one ', 'two ', 'three']) await add(house.store, 'log', text);
    await add(house.store, 'once', 'only');
    const info = await house.store.head('log');
    await house.reopen();
    expect(house.store.totals).toEqual({ objects: 2, bytes: 17 });
    expect((await house.store.list({ limit: 10 })).objects[0]).toEqual(info);
    expect(await add(house.store, 'log', ' four')).toMatchObject({ position: 13 });
    const copied = await other.reopen({ folder: house.folder });
    expect((await copied.list({ limit: 10 })).objects.map(({ size }) => size)).toEqual([18, 4]);
    expect(await read(copied, 'log')).toBe('one two three four');
  });
});
