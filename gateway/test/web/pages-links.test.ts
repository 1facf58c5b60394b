import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse } from '@crosscomm/testing/test-hub';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OriginRules } from '../../src/web/origin-rules.ts';
import { createPagesServer } from '../../src/web/pages-server.ts';

/** A folder of pages with links, beside what is nobody's business, and a server of it. */
async function open(): Promise<{ app: FastifyInstance; folder: string; outside: string }> {
  const outside = await temporaryFolder();
  const folder = join(outside, 'www');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  mkdirSync(join(outside, 'private'));
  writeFileSync(join(outside, 'private', 'a.txt'), 'secret');
  writeFileSync(join(folder, 'a.txt'), 'public');
  writeFileSync(join(folder, 'deep', 'a.txt'), 'public');
  writeFileSync(join(folder, 'deep', 'index.html'), 'deep');
  const originRules = new OriginRules({ machineName: () => 'pi' });
  const app = await createPagesServer({ context: buildHouse(), folder, originRules, maxConnections: 100 });
  onTestFinished(() => app.close());
  return { app, folder, outside };
}

/** The bodies of many requests, between whose steps `swap` is called now and then, in turns with true and false; last with false. */
async function whileSwapped(app: FastifyInstance, path: string, swap: (isOut: boolean) => void): Promise<Set<string>> {
  const bodies = new Set<string>();
  const { random } = buildHouse();
  let left = 600;
  const ask = async (): Promise<void> => {
    while (left-- > 0) bodies.add((await app.inject(path)).body);
  };
  const swapping = (async () => {
    for (let isOut = true; left > 0 || !isOut; ) {
      if (random() < 0.3) {
        swap(isOut);
        isOut = !isOut;
      }
      await setImmediate();
    }
  })();
  await Promise.all([ask(), ask(), ask(), swapping]);
  return bodies;
}

describe('links in the folder of pages', () => {
  it('lead to files and folders of it', async () => {
    const { app, folder } = await open();
    symlinkSync('a.txt', join(folder, 'same.txt'));
    symlinkSync('deep', join(folder, 'other'));
    symlinkSync('../a.txt', join(folder, 'deep', 'up.txt'));
    expect((await app.inject('/same.txt')).body).toBe('public');
    expect((await app.inject('/other/')).body).toBe('deep');
    expect((await app.inject('/other')).headers.location).toBe('/other/');
    expect((await app.inject('/other/up.txt')).body).toBe('public');
  });

  it('that lead out do not tell what is there, nor whether anything is', async () => {
    const { app, folder, outside } = await open();
    symlinkSync(join(outside, 'private'), join(folder, 'out'));
    symlinkSync('out', join(folder, 'again'));
    symlinkSync(join(outside, 'private', 'a.txt'), join(folder, 'file'));
    symlinkSync(join(outside, 'nothing'), join(folder, 'none'));
    symlinkSync('/proc/1/root', join(folder, 'locked'));
    const answers = new Set<string>();
    const paths = ['/out', '/out/', '/out/a.txt', '/out/b', '/out/b/c/', '/again', '/again/a.txt', '/again/b'];
    for (const path of [...paths, '/file', '/file/', '/none', '/none/', '/none/a.txt', '/locked', '/locked/a']) {
      const { statusCode, body } = await app.inject(path);
      answers.add(`${statusCode} ${body.replace(path, 'PATH')}`);
    }
    expect([...answers]).toEqual([expect.stringMatching(/^403 .*PATH is behind a link that leads out/)]);
  });

  it('give out nothing of outside while a file is swapped for one', async () => {
    const { app, folder, outside } = await open();
    const bodies = await whileSwapped(app, '/swap.txt', (isOut) => {
      if (isOut) symlinkSync(join(outside, 'private', 'a.txt'), join(folder, '.next'));
      else writeFileSync(join(folder, '.next'), 'public');
      renameSync(join(folder, '.next'), join(folder, 'swap.txt'));
    });
    expect([bodies.has('secret'), (await app.inject('/swap.txt')).body]).toEqual([false, 'public']);
  });

  it('give out nothing of outside while a folder is swapped for one', async () => {
    const { app, folder, outside } = await open();
    const deep = join(folder, 'deep');
    const bodies = await whileSwapped(app, '/deep/a.txt', (isOut) => {
      if (isOut) {
        renameSync(deep, join(folder, '.deep'));
        symlinkSync(join(outside, 'private'), deep);
      } else {
        rmSync(deep);
        renameSync(join(folder, '.deep'), deep);
      }
    });
    expect([bodies.has('secret'), (await app.inject('/deep/a.txt')).body]).toEqual([false, 'public']);
  });
});
