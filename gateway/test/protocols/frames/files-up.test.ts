import { crc32 } from 'node:zlib';
import { CODES, FILE_KINDS, type Frame, type FrameInit } from '@crosscomm/protocol';
import type { FrameDevice, HelloInit } from '@crosscomm/testing/frame-device';
import type { HouseOptions } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { FileFault } from '../../../src/protocols/frames/files/access.ts';
import { FileStore } from './file-store.ts';
import { buildFrameHouse } from './support.ts';

const CONTENT = 'The quick brown fox jumps over the lazy dog.';
const BYTES = Buffer.from(CONTENT);
const OFFER = { type: 'offer', fileId: 0, name: 'fox.txt', size: BYTES.length, party: 'web-1' } as const;
const DONE = { type: 'done', fileId: 0, size: BYTES.length, crc32: crc32(BYTES) } as const;

const DAY = { uploadBytesPerDay: 30 };

function build(hello: HelloInit = {}, options: HouseOptions = {}) {
  const files = new FileStore();
  const house = buildFrameHouse({ files }, options);
  return { ...house, files, device: house.open(hello) };
}

/** Everything that waits for the store goes on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Says frames, and hears the answers. */
async function ask(device: FrameDevice, ...frames: FrameInit[]): Promise<Frame[]> {
  device.say(...frames);
  await settle();
  return device.take();
}

function chunk(offset: number, end: number, fileId = 0): FrameInit {
  return { type: 'chunk', fileId, offset, content: BYTES.subarray(offset, end) };
}

function want(offset: number, bytes = BYTES.length - offset, fileId = 0): Frame {
  return { type: 'want', fileId, offset, bytes };
}

describe('a file that a device sends', () => {
  it('is wanted, acknowledged piece by piece, and stored with a key', async () => {
    const { device, files } = build();
    expect(await ask(device, OFFER)).toEqual([want(0)]);
    expect(await ask(device, chunk(0, 10))).toEqual([want(10)]);
    expect(await ask(device, chunk(10, 20), chunk(20, 44))).toEqual([want(44)]);
    expect(await ask(device, DONE)).toEqual([{ type: 'done', fileId: 0, size: null, crc32: null, key: 'key/0' }]);
    expect(files.complete).toEqual([['fox.txt', 'web-1', CONTENT]]);
    expect(files.uploads[0]?.init).toMatchObject({ from: 'uno-1', kind: 'file' });
  });

  it('is for all where it says nothing else, or for a channel by its number', async () => {
    const { device, files } = build();
    device.say({ type: 'alias', alias: 3, channel: 'lab/cam' });
    await ask(device, { ...OFFER, party: null }, { ...OFFER, fileId: 2, party: 3 });
    expect(files.uploads.map(({ init }) => init.to)).toEqual(['all', 'lab/cam']);
  });

  it('ends where the quota of its account does', async () => {
    const { device, incidents } = build({}, { quotas: { anonymous: DAY, device: DAY } });
    await ask(device, OFFER);
    await ask(device, chunk(0, 20));
    expect(await ask(device, chunk(20, 44))).toMatchObject([{ type: 'cancel', fileId: 0, code: CODES.too_many }]);
    expect(incidents.counts()).toMatchObject({ 'frames PEER_TOO_MANY': 1 });
  });

  it('is of a folder, or the folder itself, where its kind says so', async () => {
    const { device, files } = build();
    const folder = '1795476531059_6ad035a5_folder';
    await ask(
      device,
      { ...OFFER, name: 'deep/fox.txt', kind: FILE_KINDS.part, party: folder },
      { ...OFFER, fileId: 2, name: `${folder}/Fotos`, kind: FILE_KINDS.folder, size: 0 },
      { ...OFFER, fileId: 4, name: 'no folder', kind: FILE_KINDS.folder, size: 0 },
      { ...OFFER, fileId: 6, kind: FILE_KINDS.part, party: null },
    );
    expect(files.uploads.map(({ init }) => [init.kind, init.folder, init.name, init.to])).toEqual([
      ['file', folder, 'deep/fox.txt', undefined],
      ['folder', folder, 'Fotos', 'web-1'],
      ['folder', 'no folder', '', 'web-1'],
      ['file', '', 'fox.txt', undefined],
    ]);
  });

  it('may be of unknown size, and empty', async () => {
    const { device, files } = build();
    device.say({ type: 'offer', fileId: 2, name: 'stream' });
    await settle();
    expect(device.take()).toEqual([want(0, 32_768, 2)]);
    expect(await ask(device, { ...DONE, fileId: 2, size: 0, crc32: 0 })).toMatchObject([
      { type: 'done', key: 'key/0' },
    ]);
    expect(files.complete).toEqual([['stream', 'all', '']]);
  });

  it('is answered without the key where that is too long for the device', async () => {
    const { device, files } = build({ maxFrame: 48 });
    files.uploads.length = 0;
    const begin = files.begin.bind(files);
    files.begin = async (init) => {
      const upload = await begin(init);
      return typeof upload === 'string' ? upload : { ...upload, size: 0, finish: async () => 'k'.repeat(60) };
    };
    await ask(device, { ...OFFER, size: 0 });
    expect(await ask(device, { ...DONE, size: 0, crc32: 0 })).toMatchObject([{ type: 'done', key: null }]);
  });

  it('is asked for once more where a chunk was lost, once for each gap', async () => {
    const { device, files, clock } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 10));
    await ask(device, chunk(0, 10));
    clock.advance(100);
    await ask(device);
    expect(await ask(device, chunk(20, 30), chunk(30, 40))).toEqual([want(10)]);
    clock.advance(100);
    expect(await ask(device, chunk(30, 40))).toEqual([want(10)]);
    clock.advance(100);
    // A Done that comes too early.
    expect(await ask(device, DONE)).toEqual([want(10)]);
    expect(await ask(device, chunk(10, 44))).toEqual([want(44)]);
    expect(await ask(device, DONE)).toMatchObject([{ type: 'done' }]);
    expect(files.complete).toEqual([['fox.txt', 'web-1', CONTENT]]);
  });

  it('is not asked for again what still waits for the disk', async () => {
    const { device, files } = build();
    await ask(device, OFFER);
    let open = (): void => {};
    files.gate = new Promise((resolve) => {
      open = resolve;
    });
    expect(await ask(device, chunk(0, 10), chunk(20, 30))).toEqual([]);
    open();
    await settle();
    // Where it is, and that it misses what comes next.
    expect(device.take()).toEqual([want(10), want(10)]);
  });

  it('hears every answer again that it asks for again', async () => {
    const { device } = build();
    await ask(device, OFFER);
    expect(await ask(device, OFFER)).toEqual([want(0)]);
    await ask(device, chunk(0, 44));
    expect(await ask(device, chunk(0, 44))).toEqual([want(44)]);
    const done = await ask(device, DONE);
    expect(await ask(device, DONE)).toEqual(done);
    expect(await ask(device, OFFER)).toEqual(done);
  });

  it('is told to wait while the disk is busy with the end of it', async () => {
    const { device, files } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 44));
    let open = (): void => {};
    files.gate = new Promise((resolve) => {
      open = resolve;
    });
    expect(await ask(device, DONE, DONE)).toEqual([want(44, 0)]);
    open();
    await settle();
    expect(device.take()).toMatchObject([{ type: 'done', key: 'key/0' }]);
  });

  it('is remembered for a while when it is stored, as eight others are', async () => {
    const { device } = build();
    const nothing = { ...DONE, size: 0, crc32: 0 };
    for (let fileId = 0; fileId < 24; fileId += 2) {
      await ask(device, { ...OFFER, fileId, size: 0 });
      expect(await ask(device, { ...nothing, fileId })).toMatchObject([{ type: 'done' }]);
    }
    expect(await ask(device, { ...nothing, fileId: 22 })).toMatchObject([{ type: 'done' }]);
    expect(await ask(device, { ...nothing, fileId: 6 })).toMatchObject([{ type: 'done' }]);
    expect(await ask(device, { ...nothing, fileId: 0 })).toMatchObject([{ type: 'cancel', code: CODES.no_file }]);
  });

  it('goes on where it was after a lost link', async () => {
    const { device, connect, files } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 30));
    device.unplug();
    const again = connect();
    again.greet({ bootId: 7 });
    expect(await ask(again, OFFER)).toEqual([want(30)]);
    await ask(again, chunk(30, 44), DONE);
    expect(files.complete).toEqual([['fox.txt', 'web-1', CONTENT]]);
  });

  it('goes on where it was after a reset, by another id', async () => {
    const { device, connect, files } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 30));
    device.unplug();
    const again = connect();
    again.greet({ bootId: 8 });
    expect(await ask(again, { ...OFFER, fileId: 8 })).toEqual([want(30, 14, 8)]);
    await ask(again, chunk(30, 44, 8), { ...DONE, fileId: 8 });
    expect(files.complete).toEqual([['fox.txt', 'web-1', CONTENT]]);
    expect(files.openCount).toBe(0);
  });

  it('goes on after its session was given up', async () => {
    const { device, connect, files, clock } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 30));
    device.unplug();
    clock.advance(200_000);
    await settle();
    expect(files.openCount).toBe(0);
    const again = connect();
    again.greet();
    expect(await ask(again, chunk(30, 44))).toEqual([
      { type: 'cancel', fileId: 0, code: CODES.no_file, text: 'Offer it again.' },
    ]);
    expect(await ask(again, OFFER)).toEqual([want(30)]);
  });

  it('makes room for others where it stands still, and goes on later', async () => {
    const { device, files, clock } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 30));
    for (let seconds = 0; seconds < 80; seconds += 20) {
      device.say({ type: 'ping' });
      clock.advance(20_000);
      if (seconds < 40) expect(files.openCount).toBe(1);
    }
    await settle();
    expect(files.openCount).toBe(0);
    device.take();
    expect(await ask(device, chunk(30, 44))).toMatchObject([{ type: 'cancel', code: CODES.no_file }]);
    expect(await ask(device, OFFER)).toEqual([want(30)]);
  });

  it('is stored once where the answer was lost with the session', async () => {
    const { device, connect, files, clock } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 44), DONE);
    device.unplug();
    clock.advance(200_000);
    const again = connect();
    again.greet();
    expect(await ask(again, OFFER)).toMatchObject([{ type: 'done', key: 'key/0' }]);
    expect(files.uploads).toHaveLength(1);
  });

  it('is forgotten where the device cancels it', async () => {
    const { device, files } = build();
    await ask(device, OFFER);
    await ask(device, chunk(0, 30), { type: 'cancel', fileId: 0 });
    expect(files.uploads).toEqual([]);
    expect(await ask(device, OFFER)).toEqual([want(0)]);
    expect(files.openCount).toBe(1);
  });
});

describe('a device that sends files wrongly', () => {
  async function refusal(device: FrameDevice, ...frames: FrameInit[]): Promise<unknown> {
    const cancels = (await ask(device, ...frames)).filter(({ type }) => type === 'cancel');
    return cancels.map((frame) => frame.type === 'cancel' && frame.code);
  }

  it('is told of a wrong checksum, and may begin again', async () => {
    const { device, files, incidents } = build();
    await ask(device, OFFER);
    expect(await refusal(device, chunk(0, 44), { ...DONE, crc32: 1 })).toEqual([CODES.wrong_content]);
    expect([files.uploads, files.openCount]).toEqual([[], 0]);
    expect(incidents.counts()).toMatchObject({ 'frames PEER_MALFORMED': 1 });
    expect(await ask(device, OFFER)).toEqual([want(0)]);
  });

  it.each([
    ['an odd id', { ...OFFER, fileId: 1 }, CODES.malformed],
    ['a kind that is none', { ...OFFER, kind: 5 }, CODES.not_supported],
    ['a name with a NUL', { ...OFFER, name: 'a\u0000b' }, CODES.name_invalid],
    ['an alias that it did not declare', { ...OFFER, party: 9 }, CODES.unknown_alias],
    ['a name of a channel without an end', { ...OFFER, party: 'x'.repeat(2_000) }, CODES.name_invalid],
  ])('is refused %s', async (_, offer, code) => {
    const { device, files } = build();
    expect(await refusal(device, offer)).toEqual([code]);
    expect(files.uploads).toEqual([]);
  });

  it('is told where a file is longer than it said, or than any may be', async () => {
    const { device, files } = build();
    await ask(device, { ...OFFER, size: 20 });
    expect(await refusal(device, chunk(0, 30))).toEqual([CODES.wrong_content]);
    await ask(device, { ...OFFER, fileId: 2 });
    expect(await refusal(device, { ...DONE, fileId: 2, size: 43 })).toEqual([CODES.wrong_content]);
    files.maxBytes = 40;
    expect(await refusal(device, { ...OFFER, fileId: 4 })).toEqual([CODES.too_large]);
    await ask(device, { type: 'offer', fileId: 6, name: 'without end' });
    expect(await refusal(device, chunk(0, 44, 6))).toEqual([CODES.too_large]);
    expect([files.uploads, files.openCount]).toEqual([[], 0]);
  });

  it('has four files open, however many it begins', async () => {
    const { device, files } = build();
    const offers = Array.from({ length: 10_000 }, (_, index) => ({ ...OFFER, fileId: index * 2, name: `${index}` }));
    const refused = await refusal(device, ...offers);
    expect(refused).toEqual(Array(9_996).fill(CODES.too_many));
    expect(files.openCount).toBe(4);
  });

  it('has no more in memory than it was granted, however much it sends', async () => {
    const { device, files } = build({ maxFrame: 65_535 });
    await ask(device, { type: 'offer', fileId: 0, name: 'flood' });
    let open = (): void => {};
    files.gate = new Promise((resolve) => {
      open = resolve;
    });
    const content = new Uint8Array(1024);
    for (let offset = 0; offset < 1024 * 1024; offset += 1024)
      device.say({ type: 'chunk', fileId: 0, offset, content });
    open();
    await settle();
    expect(files.uploads[0]?.bytes.length).toBe(32 * 1024);
    expect(device.take()).toContainEqual(want(32_768, 32_768));
  });

  it('is told at most ten times a second that it sends what nobody asked for', async () => {
    const { device } = build();
    const chunks = Array.from({ length: 100 }, (_, index) => chunk(0, 10, 2 * index));
    expect(await refusal(device, ...chunks)).toEqual(Array(10).fill(CODES.no_file));
  });

  it('is told that this gateway takes no files', async () => {
    const device = buildFrameHouse().open();
    expect(await refusal(device, OFFER)).toEqual([CODES.not_supported]);
    device.say({ type: 'fetch', what: 'key/0' });
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.not_supported, about: [21] }]);
  });

  it('is told of what the store refuses, and the next may come', async () => {
    const { device, files } = build();
    const begin = files.begin.bind(files);
    files.begin = async () => {
      throw new FileFault('storage_full', 'No room.');
    };
    expect(await refusal(device, OFFER)).toEqual([CODES.storage_full]);
    files.begin = begin;
    expect(await ask(device, OFFER)).toEqual([want(0)]);
  });
});
