import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checkKey, ObjectError } from '../../src/objects/contract.ts';
import type { LocalStore } from '../../src/objects/local/local-store.ts';
import { body, buildStore, contentOf, openFiles, read } from './support.ts';

/** Every file below a folder, by its path from there. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** The file with an object's content, the only one that is no sidecar. */
function contentFile(folder: string): string {
  return join(folder, filesBelow(folder).find((name) => !name.endsWith('.json')) ?? 'none');
}

describe('a local store', () => {
  it('gives back what was written, and says what it is', async () => {
    const { store, clock } = await buildStore();
    const options = { contentType: 'text/plain', metadata: { name: 'Ä.txt' } };
    const info = await store.write('cross_comm/anna/1_ab.txt', body('hello'), options);
    expect(info).toEqual({
      key: 'cross_comm/anna/1_ab.txt',
      size: 5,
      sha256: createHash('sha256').update('hello').digest('hex'),
      etag: createHash('md5').update('hello').digest('hex'),
      crc64: expect.stringMatching(/^\d+$/),
      crc32: 0x3610a686,
      contentType: 'text/plain',
      modifiedMs: clock.now(),
      metadata: { name: 'Ä.txt' },
    });
    expect(await store.head(info.key)).toEqual(info);
    const opened = await store.open(info.key);
    expect(opened?.info).toEqual(info);
    expect(opened && (await contentOf(opened.stream)).toString()).toBe('hello');
    expect(await read(store, info.key, { start: 1, end: 3 })).toBe('ell');
  });

  it('holds objects of no bytes, and of millions', async () => {
    const { store } = await buildStore();
    await store.write('empty', body(''));
    expect(await read(store, 'empty')).toBe('');
    const large = Buffer.alloc(3 * 2 ** 20, 'abcdefg');
    const info = await store.write('large', body(large));
    expect(info.sha256).toBe(createHash('sha256').update(large).digest('hex'));
    const opened = await store.open('large');
    expect(opened && large.equals(await contentOf(opened.stream))).toBe(true);
  });

  it('knows nothing of what is not there', async () => {
    const { store } = await buildStore();
    expect(await store.head('a')).toBeUndefined();
    expect(await store.open('a')).toBeUndefined();
    expect(await store.remove('a')).toBe(false);
  });

  it('replaces an object at once, and lets go on who reads the older one', async () => {
    const { store, folder } = await buildStore();
    await store.write('a', body('one'));
    const before = await store.open('a');
    await store.write('a', body('three'));
    expect(await read(store, 'a')).toBe('three');
    expect(before && (await contentOf(before.stream)).toString()).toBe('one');
    expect(filesBelow(folder)).toHaveLength(2);
    expect(store.totals).toEqual({ objects: 1, bytes: 5 });
  });

  it('does not replace what is to stay', async () => {
    const { store } = await buildStore();
    await store.write('a', body('one'), { onlyNew: true });
    await expect(store.write('a', body('two'), { onlyNew: true })).rejects.toMatchObject({ code: 'exists' });
    expect(await read(store, 'a')).toBe('one');
  });

  it('ends with one of them, whole, where many write the same key at once', async () => {
    const { store, folder } = await buildStore();
    const contents = Array.from({ length: 20 }, (_, number) => String(number).repeat(1000 + number));
    await Promise.all(contents.map((content) => store.write('a', body(content, 100))));
    expect(contents).toContain(await read(store, 'a'));
    expect(filesBelow(folder)).toHaveLength(2);
  });

  it('removes an object with its files', async () => {
    const { store, folder } = await buildStore();
    await store.write('a', body('one'));
    expect(await store.remove('a')).toBe(true);
    expect(await store.head('a')).toBeUndefined();
    expect((await store.list({ limit: 10 })).objects).toEqual([]);
    expect(filesBelow(folder)).toEqual([]);
    expect(store.totals).toEqual({ objects: 0, bytes: 0 });
  });

  it.each([
    ['a size', { size: 6 }, 'wrong_size'],
    ['a smaller size', { size: 4 }, 'wrong_size'],
    ['an MD5', { md5: '0'.repeat(32) }, 'wrong_digest'],
    ['a SHA-256', { sha256: '0'.repeat(64) }, 'wrong_digest'],
  ])('refuses what is not of %s that was announced, and keeps nothing of it', async (_what, options, code) => {
    const { store, folder } = await buildStore();
    await expect(store.write('a', body('hello', 2), options)).rejects.toMatchObject({ name: 'ObjectError', code });
    expect(filesBelow(folder)).toEqual([]);
  });

  it('keeps nothing of a body that breaks off', async () => {
    const { store, folder } = await buildStore();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('hel');
      throw new Error('the line is dead');
    }
    await expect(store.write('a', broken())).rejects.toThrow('the line is dead');
    expect(filesBelow(folder)).toEqual([]);
  });

  it('has at most so many bytes, and room again when some are removed', async () => {
    const { store, folder } = await buildStore({ maxBytes: 10 });
    await store.write('a', body('123456'));
    await expect(store.write('b', body('12345'))).rejects.toMatchObject({ code: 'full' });
    await expect(store.write('b', body(''), { size: 5 })).rejects.toMatchObject({ code: 'full' });
    expect(filesBelow(folder)).toHaveLength(2);
    await store.remove('a');
    expect(await store.write('b', body('1234567890'))).toMatchObject({ size: 10 });
  });

  describe('that removes what has become too old', () => {
    const keys = async (store: LocalStore) => (await store.list({ limit: 10 })).objects.map(({ key }) => key);

    it('counts from when it came, though that was before the clock was set', async () => {
      const { store, clock } = await buildStore({ maxAgeMs: 86_400_000 });
      const nowMs = clock.now();
      clock.jumpTo(0);
      clock.trusted = false;
      await store.write('old', body('1'));
      clock.advance(80_000_000);
      clock.jumpTo(nowMs);
      clock.trusted = true;
      await store.write('new', body('1'));
      await store.removeAged();
      expect(await keys(store)).toEqual(['new', 'old']);
      clock.advance(7_000_000);
      await store.removeAged();
      expect(await keys(store)).toEqual(['new']);
    });

    it.each([
      ['no time server vouched for the clock when it came', false, true],
      ['no time server vouches for the clock now', true, false],
    ])('removes nothing for a step of a year where %s', async (_what, before, after) => {
      const { store, clock } = await buildStore({ maxAgeMs: 86_400_000 });
      clock.synchronized = before;
      await store.write('a', body('1'));
      clock.jumpTo(clock.now() + 365 * 86_400_000);
      clock.synchronized = after;
      await store.removeAged();
      expect(await keys(store)).toEqual(['a']);
    });

    it('counts the time for which the gateway was off where the clock was and is right', async () => {
      const { store, clock } = await buildStore({ maxAgeMs: 86_400_000 });
      await store.write('a', body('1'));
      clock.jumpTo(clock.now() + 86_400_001);
      await store.removeAged();
      expect(await keys(store)).toEqual([]);
    });
  });

  it('closes the file of what is read to its end, to a part of it, or not at all', async () => {
    const { store, folder } = await buildStore();
    await store.write('a', body('x'.repeat(300_000)));
    const open = async (): Promise<Readable> => ((await store.open('a')) as { stream: Readable }).stream;
    const [whole, part, none] = [await open(), await open(), await open()];
    expect(await openFiles(folder)).toHaveLength(3);
    await contentOf(whole);
    for await (const _ of part) break;
    none.destroy();
    await vi.waitFor(async () => expect(await openFiles(folder)).toEqual([]));
  });

  it('tells at the end of the stream where the content is not what was written', async () => {
    const { store, folder } = await buildStore();
    await store.write('a', body('hello'));
    writeFileSync(contentFile(folder), 'hellO');
    const changed = await store.open('a');
    await expect(changed && contentOf(changed.stream)).rejects.toMatchObject({ code: 'corrupt' });
    writeFileSync(contentFile(folder), 'hell');
    const cut = await store.open('a');
    await expect(cut && contentOf(cut.stream)).rejects.toMatchObject({ code: 'corrupt' });
    rmSync(contentFile(folder));
    await expect(store.open('a')).rejects.toMatchObject({ code: 'corrupt' });
    await store.write('a', body('again'));
    expect(await read(store, 'a')).toBe('again');
  });
});

describe('a local store after a crash', () => {
  it('has everything that was written, and what it has is counted', async () => {
    const house = await buildStore();
    for (const key of ['a', 'b', 'c']) await house.store.write(key, body(key));
    const store = await house.reopen();
    expect((await store.list({ limit: 10 })).objects.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(store.totals).toEqual({ objects: 3, bytes: 3 });
  });

  it('has thrown away what was not complete', async () => {
    const house = await buildStore();
    await house.store.write('a', body('one'));
    const sidecar = join(house.folder, filesBelow(house.folder).find((name) => name.endsWith('.json')) ?? '');
    await writeFile(join(house.folder, 'incoming', 'x-1'), 'half');
    await writeFile(sidecar.replace('.json', '.y-1'), 'content of a replacement that was never made');
    await writeFile(`${sidecar}.new`, '{');
    await mkdir(join(house.folder, '00'), { recursive: true });
    await writeFile(join(house.folder, '00', `${'0'.repeat(64)}.z-1`), 'content without a word about it');
    await house.reopen();
    expect(filesBelow(house.folder)).toHaveLength(2);
    expect(await read(house.store, 'a')).toBe('one');
  });

  it('spares content that is on its way in from the spool, and takes it over', async () => {
    const house = await buildStore();
    const spooled = join(house.folder, '..', 'spooled');
    await writeFile(spooled, 'hello');
    const digests = { size: 5, sha256: 'a', md5: 'b', crc64: '1', crc32: 907_060_870 };
    const file = { path: spooled, id: 'u-1', digests };
    await house.store.adopt('a', file);
    const before = filesBelow(house.folder);
    // As if it had been killed between moving the content and writing the sidecar.
    rmSync(join(house.folder, before.find((name) => name.endsWith('.json')) ?? ''));
    await house.reopen({ isExpected: (id) => id === 'u-1' });
    expect(await house.store.head('a')).toBeUndefined();
    await house.store.adopt('a', file);
    await house.store.adopt('a', file);
    expect(await read(house.store, 'a')).toBe('hello');
    expect(house.store.totals).toEqual({ objects: 1, bytes: 5 });
  });

  it('makes its index again from what is on the disk', async () => {
    const house = await buildStore();
    const other = await buildStore();
    for (const key of ['a', 'b', 'b/c']) await house.store.write(key, body(key));
    await other.store.write('gone', body('gone'));
    const store = await other.reopen({ folder: house.folder });
    expect((await store.list({ limit: 10 })).objects).toEqual((await house.store.list({ limit: 10 })).objects);
    expect(store.totals).toEqual({ objects: 3, bytes: 5 });
  });

  it('leaves alone what it cannot read, and says so', async () => {
    const house = await buildStore();
    const other = await buildStore();
    await house.store.write('a', body('one'));
    const [sidecar = ''] = filesBelow(house.folder).filter((name) => name.endsWith('.json'));
    writeFileSync(join(house.folder, sidecar), readFileSync(join(house.folder, sidecar)).subarray(0, 20));
    const store = await other.reopen({ folder: house.folder });
    expect(filesBelow(house.folder)).toHaveLength(2);
    await expect(store.head('a')).rejects.toMatchObject({ code: 'corrupt' });
    expect((await store.list({ limit: 10 })).objects).toEqual([]);
    expect(other.log.lines).toEqual([expect.stringMatching(/^error .* cannot be read/)]);
  });
});

describe('a list of objects', () => {
  const KEYS = ['a', 'a/', 'a/b', 'a/c/d', 'a-b', 'b', 'é', '￿', '𝄞', 'Z/1', 'z'];

  async function withKeys(keys: readonly string[]) {
    const { store } = await buildStore();
    for (const key of keys) await store.write(key, body('x'));
    return store;
  }
  const byUtf8 = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

  it('has the order of UTF-8, and comes in pages', async () => {
    const store = await withKeys(KEYS);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({ limit: 3, ...(after === undefined ? {} : { after }) });
      found.push(...page.objects.map(({ key }) => key));
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(KEYS.toSorted(byUtf8));
  });

  it('tells what is below a prefix and a delimiter once', async () => {
    const store = await withKeys(KEYS);
    const all = await store.list({ limit: 100, delimiter: '/' });
    expect(all.prefixes).toEqual(['Z/', 'a/']);
    expect(all.objects.map(({ key }) => key)).toEqual(['a', 'a-b', 'b', 'z', 'é', '￿', '𝄞']);
    const below = await store.list({ limit: 100, delimiter: '/', prefix: 'a/' });
    expect([below.prefixes, below.objects.map(({ key }) => key)]).toEqual([['a/c/'], ['a/', 'a/b']]);
  });

  it('in pages is the same as at once, whatever the keys', async () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '￿', '𝄞'), minLength: 1, maxLength: 5 });
    const store = await withKeys([]);
    let written: string[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('a', '/', 'é'), maxLength: 2 }),
        fc.constantFrom('', '/', 'é'),
        fc.integer({ min: 1, max: 4 }),
        async (keys, prefix, delimiter, limit) => {
          for (const old of written) await store.remove(old);
          written = keys.filter(isKey);
          for (const each of written) await store.write(each, body(''));
          const expected = new Set(
            written.filter((each) => each.startsWith(prefix)).map((each) => cut(each, prefix, delimiter)),
          );
          const found: string[] = [];
          let after: string | undefined;
          do {
            const page = await store.list({ prefix, delimiter, limit, ...(after === undefined ? {} : { after }) });
            found.push(...[...page.objects.map((object) => object.key), ...page.prefixes].toSorted(byUtf8));
            after = page.next;
          } while (after !== undefined);
          expect(found).toEqual([...expected].toSorted(byUtf8));
        },
      ),
      { numRuns: 60 },
    );
  });

  function isKey(key: string): boolean {
    try {
      checkKey(key);
      return true;
    } catch {
      return false;
    }
  }

  function cut(key: string, prefix: string, delimiter: string): string {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? key : key.slice(0, end + delimiter.length);
  }
});

describe('the keys of objects', () => {
  const HOSTILE: [string, string][] = [
    ['nothing', ''],
    ['the folder above', '..'],
    ['a path upwards', '../../etc/passwd'],
    ['a way up in between', 'a/../b'],
    ['one of Windows', 'a\\..\\b'],
    ['a dot', 'a/.'],
    ['an absolute path', '/etc/passwd'],
    ['a share', '\\share'],
    ['NUL', 'nul\0byte'],
    ['a line break', 'line\nbreak'],
    ['1024 bytes', 'x'.repeat(1024)],
    ['10 KB', 'x'.repeat(10_240)],
    ['1024 bytes of UTF-8', 'é'.repeat(512)],
    ['half a character', 'half \ud800'],
  ];

  it.each(HOSTILE)('that could lead astray are refused: %s', async (_name, key) => {
    const { store, folder } = await buildStore();
    for (const attempt of [store.head(key), store.open(key), store.remove(key), store.write(key, body('x'))]) {
      await expect(attempt).rejects.toBeInstanceOf(ObjectError);
    }
    expect((await readdir(join(folder, '..'))).sort()).toEqual(['objects', 'reserve', 'state']);
    expect(filesBelow(folder)).toEqual([]);
  });

  it('may be as long as OSS lets them, and differ in capitals, accents and dots alone', async () => {
    const { store } = await buildStore();
    const keys = ['x'.repeat(1023), '图'.repeat(341), 'Photo', 'photo', 'e\u0301', '\u00e9', '...', 'con', 'a.', 'a b'];
    for (const key of keys) await store.write(key, body(key));
    for (const key of keys) expect(await read(store, key)).toBe(key);
  });
});
