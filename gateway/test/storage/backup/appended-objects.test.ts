import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';
import { openObjects } from '../../../src/storage/backup/data-files.ts';
import { closeFile, readAt } from '../../../src/storage/backup/opened-file.ts';
import { body, buildStore, read } from '../../objects/support.ts';

it('a backup has an object that is appended to as it was at one moment, and it can be appended to once it is restored', async () => {
  const house = await buildStore();
  const other = await buildStore();
  const { store } = house;
  await store.append('once', body('only'));
  for (const text of ['one ', 'two ', 'x'.repeat(9000)]) await store.append('log', body(text));
  const info = await store.head('log');
  const folder = join(await temporaryFolder(), 'restored');
  for (const files of openObjects(dirname(house.folder))) {
    // The gateway goes on meanwhile.
    await store.append('log', body('y'.repeat(5000)));
    for (const file of files) {
      const path = join(folder, file.name);
      mkdirSync(dirname(path), { recursive: true });
      const content = typeof file.content === 'number' ? Buffer.alloc(file.size) : file.content;
      if (typeof file.content === 'number') readAt(file.content, content, 0);
      writeFileSync(path, content);
      closeFile(file);
    }
  }
  const restored = await other.reopen({ folder: join(folder, 'objects') });
  expect(await read(restored, 'once')).toBe('only');
  const found = (await read(restored, 'log')) ?? '';
  expect(found).toMatch(/^one two x{9000}(y{5000})?$/);
  expect((await restored.list({ limit: 10 })).objects[0]).toMatchObject({ key: 'log', size: found.length });
  expect(await restored.append('log', body('more'), { position: found.length })).toMatchObject({
    info: { size: found.length + 4, contentType: info?.contentType },
  });
  expect(await read(restored, 'log')).toBe(`${found}more`);
});
