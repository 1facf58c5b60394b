import { Readable } from 'node:stream';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectInfo } from '../../../src/objects/contract.ts';
import { DEFAULT_IMAGES_OPTIONS, Images, type ImagesOptions } from '../../../src/objects/images/images.ts';

let photo: Buffer;
beforeAll(async () => {
  const create = { width: 64, height: 48, channels: 3, background: 'teal' } as const;
  photo = await sharp({ create }).jpeg().toBuffer();
});

/** A store with photos, and how often each was read. */
function buildImages(options: Partial<ImagesOptions> = {}) {
  const etags = new Map([
    ['a.jpg', 'one'],
    ['b.jpg', 'two'],
  ]);
  const reads: string[] = [];
  const head = async (key: string): Promise<ObjectInfo | undefined> => {
    const etag = etags.get(key);
    return etag === undefined
      ? undefined
      : { key, size: photo.length, etag, contentType: 'image/jpeg', modifiedMs: 0, metadata: {} };
  };
  const store = {
    head,
    async open(key: string) {
      reads.push(key);
      const info = await head(key);
      return info && { info, stream: Readable.from([photo.subarray(0, 100), photo.subarray(100)]) };
    },
  };
  return { etags, reads, images: new Images(store, { ...DEFAULT_IMAGES_OPTIONS, ...options }) };
}

describe('the images of an object store', () => {
  it('are converted once, and then kept', async () => {
    const { images, reads } = buildImages();
    const first = await images.get('a.jpg', { width: 8, format: 'rgb565' });
    const second = await images.get('a.jpg', { width: 8, format: 'rgb565', fit: 'contain' });
    expect(first).toMatchObject({ width: 8, height: 6 });
    expect(second).toEqual(first);
    expect(reads).toEqual(['a.jpg']);
  });

  it('are converted once where several ask at the same time', async () => {
    const { images, reads } = buildImages();
    const asked = await Promise.all([1, 2, 3].map(() => images.get('a.jpg', { width: 8, format: 'mono' })));
    expect(new Set(asked.map((image) => image?.etag)).size).toBe(1);
    expect(reads).toEqual(['a.jpg']);
  });

  it('are converted again, with another ETag, where the object was replaced', async () => {
    const { images, reads, etags } = buildImages();
    const before = await images.get('a.jpg', { width: 8 });
    etags.set('a.jpg', 'other');
    const after = await images.get('a.jpg', { width: 8 });
    expect(reads).toEqual(['a.jpg', 'a.jpg']);
    expect(after?.etag).not.toBe(before?.etag);
  });

  it('are not kept beyond the bound, the one that was used last the longest', async () => {
    const { images, reads } = buildImages({ maxCachedBytes: 8 * 6 * 2 * 2 });
    const rgb = { width: 8, format: 'rgb565' } as const;
    await images.get('a.jpg', rgb);
    await images.get('b.jpg', rgb);
    await images.get('a.jpg', rgb);
    await images.get('a.jpg', { width: 4, format: 'rgb565' });
    await images.get('a.jpg', rgb);
    await images.get('b.jpg', rgb);
    expect(reads).toEqual(['a.jpg', 'b.jpg', 'a.jpg', 'b.jpg']);
  });

  it('are refused where too many wait', async () => {
    const { images } = buildImages({ maxWaiting: 2 });
    const asked = await Promise.allSettled([1, 2, 3, 4].map((width) => images.get('a.jpg', { width })));
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(asked[3]).toMatchObject({ reason: { code: 'busy' } });
    expect(await images.get('a.jpg', { width: 9 })).toMatchObject({ width: 9 });
  });

  it('are not read where they are too large, and not there where the object is not', async () => {
    const { images, reads } = buildImages({ maxInputBytes: 100 });
    await expect(images.get('a.jpg', { width: 8 })).rejects.toMatchObject({ code: 'too_large' });
    expect(await images.get('c.jpg', { width: 8 })).toBeUndefined();
    expect(reads).toEqual([]);
  });
});
