import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BodyMemory, MAX_WHOLE_BYTES } from '../../src/objects/content/body-memory.ts';
import { body, buildStore, contentOf } from './support.ts';

const MIB = 1024 * 1024;

it('stores more at once than there is memory to gather, each whole', async () => {
  const { store, folder } = await buildStore();
  const contents = Array.from({ length: 40 }, (_, number) => randomBytes(300_000 + number * 25_000));
  const infos = await Promise.all(contents.map((content, number) => store.write(`a/${number}`, body(content))));
  for (const [number, content] of contents.entries()) {
    expect(infos[number]).toMatchObject({
      size: content.length,
      etag: createHash('md5').update(content).digest('hex'),
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    const opened = await store.open(`a/${number}`);
    expect(opened && content.equals(await contentOf(opened.stream))).toBe(true);
  }
  expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())).toHaveLength(
    80,
  );
});

it.each([0, 1, MIB - 1, MIB, MIB + 1])('stores a body of %i bytes, announced or not', async (size) => {
  const { store } = await buildStore();
  const content = randomBytes(size);
  for (const options of [{}, { size }]) {
    const info = await store.write('a', body(content, 100_000), options);
    expect(info).toMatchObject({ size, sha256: createHash('sha256').update(content).digest('hex') });
    const opened = await store.open('a');
    expect(opened && content.equals(await contentOf(opened.stream))).toBe(true);
  }
});

it('has room for a body again once another one is written', () => {
  const memory = new BodyMemory();
  const taken = [];
  for (let one = memory.take(MAX_WHOLE_BYTES); one !== undefined; one = memory.take(MAX_WHOLE_BYTES)) taken.push(one);
  expect(taken).toHaveLength(16);
  expect(memory.take(1)).toBeUndefined();
  for (const one of taken.splice(0, 1)) memory.give(one);
  expect(memory.take(MAX_WHOLE_BYTES + 1)).toBeUndefined();
  expect(memory.take(200_000)).toHaveLength(MAX_WHOLE_BYTES);
  expect(memory.taken).toBe(16);
});
