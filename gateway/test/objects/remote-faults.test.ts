import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { FAULTS, FaultyProxy, type Operation } from '@crosscomm/testing/faulty-proxy';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { checkpointOf } from '../../src/objects/remote/checkpoint.ts';
import { type House, PART_BYTES, remoteHouses, spooled } from './remote-houses.ts';
import { contentOf } from './support.ts';

const SMALL = 5000;
const LARGE = 2 * PART_BYTES + 17;

/** A request that is answered may take so long, on a machine that does everything else as well; one that is not is given up sooner. */
const TIMEOUT_MS = 10_000;
const SILENT_MS = 1000;
const timeoutOf = (fault: string): number => (['silence', 'stall'].includes(fault) ? SILENT_MS : TIMEOUT_MS);

/** A store that is reached by a proxy, and a complete file as the spool has them. */
async function buildAt(house: House, size: number, timeoutMs = TIMEOUT_MS) {
  const far = await house.build();
  const proxy = await FaultyProxy.open({ host: '127.0.0.1', port: far.port });
  onTestFinished(() => proxy.close());
  const store = far.open({ endpoint: proxy.url, timeoutMs });
  // One that gives up soon would do so on a slow disk, too; what follows the fault is done by one that waits.
  const patient = timeoutMs === TIMEOUT_MS ? store : far.open({ endpoint: proxy.url, timeoutMs: TIMEOUT_MS });
  const content = randomBytes(size);
  const file = await spooled(content);
  /** Tries until the file is there; why it was not, each time. */
  const adopt = async (): Promise<string[]> => {
    const reasons: string[] = [];
    for (;;) {
      try {
        await (reasons.length === 0 ? store : patient).adopt('a', file, {});
        return reasons;
      } catch (error) {
        expect(error).toBeInstanceOf(ObjectError);
        expect(existsSync(file.path)).toBe(true);
        reasons.push((error as Error).message);
        if (reasons.length > 3) return reasons;
      }
    }
  };
  const isThere = async (): Promise<boolean> => (await far.read('a'))?.equals(content) === true;
  return { far, proxy, store, patient, content, file, adopt, isThere };
}

const WHOLE: [Operation, number][] = [
  ['head', SMALL],
  ['put', SMALL],
];
const IN_PARTS: [Operation, number][] = [
  ['head', LARGE],
  ['initiate', LARGE],
  ['part', LARGE],
  ['complete', LARGE],
];

describe.each(remoteHouses())('a store in $name at $where, on a bad line', (house) => {
  const build = (size: number, timeoutMs?: number) => buildAt(house, size, timeoutMs);

  const takesParts = house.partBytes < LARGE;
  it.each(
    [...WHOLE, ...(takesParts ? IN_PARTS : [])].flatMap(([operation, size]) =>
      FAULTS.map((fault) => [operation, fault, size] as const),
    ),
  )(
    'brings an object there whole, once, and leaves nothing else where a request to %s meets %s (%i bytes)',
    async (operation, fault, size) => {
      const { proxy, file, adopt, far, isThere } = await build(size, timeoutOf(fault));
      proxy.plan(operation, fault);
      const reasons = await adopt();
      expect(proxy.planned).toEqual([]);
      expect(reasons.length).toBeLessThan(3);
      // One sentence for a person, which is the same each time.
      for (const reason of reasons) expect(reason).toMatch(/^[^{}]{20,140}[^.]\.$/);
      expect(await isThere()).toBe(true);
      expect(existsSync(checkpointOf(file.path))).toBe(false);
      expect(await far.unfinished()).toEqual([]);
      const passed = proxy.asked.get('part') ?? 0;
      // What has arrived is not sent again, but where the parts themselves were lost.
      expect(passed).toBeLessThanOrEqual(fault === 'swallow' ? 6 : 5);
    },
  );

  it('is told apart from a disk that has lost what was to be sent', async () => {
    const changed = await build(SMALL);
    await writeFile(changed.file.path, randomBytes(SMALL));
    await expect(changed.store.adopt('a', changed.file, {})).rejects.toMatchObject({ code: 'corrupt' });
    for (const size of [SMALL, LARGE]) {
      const lost = await build(size);
      await unlink(lost.file.path);
      await expect(lost.store.adopt('a', lost.file, {})).rejects.toMatchObject({ code: 'corrupt' });
    }
  });

  it.each(
    (
      [
        'cut-before',
        'cut-after',
        'cut-in-head',
        'cut-in-body',
        '500',
        'garbage',
        'silence',
        'stall',
        'swallow',
      ] as const
    ).flatMap((fault) => [undefined, { start: 1000, end: LARGE - 1000 }].map((range) => [fault, range] as const)),
  )('never takes a part for all where it is read and the answer meets %s (%o)', async (fault, range) => {
    const { proxy, store, patient, content, file } = await build(LARGE, timeoutOf(fault));
    await patient.adopt('a', file, {});
    const wanted = range ? content.subarray(range.start, range.end + 1) : content;
    let received = 0;
    const read = async (): Promise<void> => {
      const opened = await store.open('a', range);
      for await (const piece of opened?.stream ?? []) received += (piece as Buffer).length;
    };
    proxy.plan('get', fault);
    while (proxy.planned.length > 0) {
      received = 0;
      await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/unavailable|corrupt/) });
      expect(received).toBeLessThan(wanted.length);
    }
    const again = await patient.open('a', range);
    expect(again && (await contentOf(again.stream)).equals(wanted)).toBe(true);
  });

  it('keeps back the end of an object in which a byte is another', async () => {
    const { proxy, store, adopt } = await build(LARGE);
    await adopt();
    proxy.plan('get', 'flip');
    let received = 0;
    const read = async (): Promise<void> => {
      const opened = await store.open('a');
      for await (const piece of opened?.stream ?? []) received += (piece as Buffer).length;
    };
    await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
    expect(received).toBeLessThan(LARGE);
  });

  it('does not take for an object of no bytes what something else answers', async () => {
    const { proxy, store } = await build(SMALL);
    proxy.standing = 'swallow';
    await expect(store.open('a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('lets go of a connection whose content nobody reads, and ends at once what hangs when it is closed', async () => {
    const { proxy, store, file, adopt } = await build(LARGE);
    await adopt();
    proxy.plan('get', 'stall', 'silence');
    const opened = await store.open('a');
    opened?.stream.destroy();
    await vi.waitFor(() => expect(proxy.silenced).toBe(0));
    const reading = expect(store.open('a')).rejects.toMatchObject({ code: 'unavailable' });
    await proxy.silencing(1);
    store.close();
    await reading;
    await expect(store.adopt('b', file, {})).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe.each(remoteHouses().filter(({ isStrict }) => isStrict))(
  'a store in $name at $where, by a wrong clock',
  (house) => {
    it('says so, and goes on when it is right', async () => {
      const { far, store, file } = await buildAt(house, SMALL);
      far.shiftClock(3_600_000);
      const clocks = {
        code: 'unavailable',
        message: expect.stringContaining(`clock of this machine and that of ${house.name} are too far apart`),
      };
      await expect(store.adopt('a', file, {})).rejects.toMatchObject(clocks);
      await expect(store.open('a')).rejects.toMatchObject(clocks);
      await expect(store.list({ limit: 1 })).rejects.toMatchObject(clocks);
      far.shiftClock(-3_600_000);
      expect((await store.adopt('a', file, {})).size).toBe(SMALL);
    });
  },
);

const inParts = remoteHouses().filter(({ partBytes }) => partBytes < LARGE);

describe.each(inParts)('a store in $name at $where that gets an object in parts', (house) => {
  it('leaves no upload in parts behind, however often its beginning is cut off', async () => {
    const { proxy, adopt, far, isThere } = await buildAt(house, LARGE);
    proxy.plan('initiate', 'cut-after', 'cut-in-body', 'cut-in-head');
    expect(await adopt()).toHaveLength(3);
    expect(await isThere()).toBe(true);
    expect(await far.unfinished()).toEqual([]);
  });

  it('brings a large object there also where nothing can be noted, as on a full disk', async () => {
    const { proxy, file, adopt, isThere } = await buildAt(house, LARGE);
    await mkdir(`${checkpointOf(file.path)}.new`);
    proxy.plan('part', 'cut-before');
    expect(await adopt()).toHaveLength(1);
    expect(await isThere()).toBe(true);
  });
});
