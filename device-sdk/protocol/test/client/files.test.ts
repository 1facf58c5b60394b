import { CODES, FILE_KINDS, type FileOutcome, type FileToSend, type OfferedFile } from '@crosscomm/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../../gateway/src/hub/message.ts';
import { FileStore } from '../../../../gateway/test/protocols/frames/file-store.ts';
import { buildFrameHouse, type Fate, type FrameHouse, openClient, type Party } from './support.ts';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index) % 251));

const PHOTO = { from: 'web-1', to: 'uno-1', kind: 'image', body: 'cat.jpg', timestampMs: 1 } as const;

function build(changes: { maxFrame?: number } = {}) {
  const files = new FileStore();
  const house = buildFrameHouse({ files });
  const offered: OfferedFile[] = [];
  const party = openClient(
    house,
    { fileChunkBytes: 1_000, ...changes },
    {
      file: (file) => offered.push(file),
    },
  );
  return { files, house, party, offered };
}

/** Carries, and lets everybody read and write, until `isOver`; in steps of 50 ms at most. */
async function run(house: FrameHouse, party: Party, isOver: () => boolean, fate?: () => Fate): Promise<void> {
  for (let step = 0; step < 4_000; step++) {
    party.line.carry(fate);
    await new Promise((resolve) => setImmediate(resolve));
    if (isOver()) return;
    if (!party.line.isOpen) party.reconnect();
    if (party.line.up.length + party.line.down.length === 0) house.clock.advance(50);
  }
  throw new Error('it did not come to an end');
}

function fileOf(bytes: Uint8Array, more: Partial<FileToSend> = {}): FileToSend {
  return {
    name: 'a.bin',
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    ...more,
  };
}

/** Sends a file, to its end. */
async function send(house: FrameHouse, party: Party, file: FileToSend, fate?: () => Fate): Promise<FileOutcome> {
  let outcome: FileOutcome | undefined;
  party.client.sendFile(file, (settled) => {
    expect(outcome).toBeUndefined();
    outcome = settled;
  });
  await run(house, party, () => outcome !== undefined, fate);
  return outcome as FileOutcome;
}

/** Pulls a file, to its end. */
async function pull(house: FrameHouse, party: Party, file: OfferedFile, fate?: () => Fate) {
  let bytes = Buffer.alloc(0);
  let outcome: FileOutcome | undefined;
  file.pull(
    async (piece) => {
      bytes = Buffer.concat([bytes, piece]);
    },
    (settled) => {
      outcome = settled;
    },
  );
  await run(house, party, () => outcome !== undefined, fate);
  return { bytes, outcome: outcome as FileOutcome };
}

function offerPhoto(house: FrameHouse, files: FileStore, bytes: Buffer = BYTES): void {
  files.objects.set('a/cat', bytes);
  house.hub.send(new Message({ ...PHOTO, objectKey: 'a/cat' }));
}

describe('a file that a client sends', () => {
  it('arrives, and tells how far it is', async () => {
    const { house, party, files } = build();
    const stored: number[] = [];
    const file = fileOf(BYTES, { kind: FILE_KINDS.image, to: 'web-1', progress: (bytes) => stored.push(bytes) });
    expect(await send(house, party, file)).toEqual({ code: CODES.ok, key: 'key/0', text: '' });
    expect(files.uploads[0]?.init).toMatchObject({ name: 'a.bin', kind: 'image', to: 'web-1', size: BYTES.length });
    expect(files.uploads[0]?.bytes.equals(BYTES)).toBe(true);
    expect([stored[0], stored.at(-1)]).toEqual([0, BYTES.length]);
    expect(stored).toEqual([...stored].sort((one, other) => one - other));
  });

  it('may be empty, and read from what takes its time', async () => {
    const { house, party, files } = build();
    const read = async (offset: number, length: number) => BYTES.subarray(offset, offset + length);
    expect(await send(house, party, fileOf(BYTES.subarray(0, 0)))).toMatchObject({ code: CODES.ok });
    expect(await send(house, party, fileOf(BYTES, { read }))).toMatchObject({ code: CODES.ok });
    expect(files.uploads.map(({ bytes }) => bytes.length)).toEqual([0, BYTES.length]);
  });

  it('goes on where it was in another process, with the checksum of all of it', async () => {
    const { house, party, files } = build();
    const half = fileOf(BYTES, {
      read: (offset, length) => {
        if (offset >= 50_000) party.client.stop();
        return BYTES.subarray(offset, offset + length);
      },
    });
    expect(await send(house, party, half)).toMatchObject({ code: CODES.offline });
    expect(files.uploads[0]?.bytes.length).toBeGreaterThan(10_000);
    house.clock.advance(200_000);
    await new Promise((resolve) => setImmediate(resolve));
    const next = openClient(house, { fileChunkBytes: 1_000, bootId: 99 });
    const sent: number[] = [];
    const rest = fileOf(BYTES, { progress: (stored) => sent.push(stored) });
    expect(await send(house, next, rest)).toMatchObject({ code: CODES.ok });
    expect(sent[0]).toBeGreaterThan(10_000);
    expect(files.uploads.map(({ bytes }) => bytes.equals(BYTES))).toEqual([true]);
  });

  it('waits for its turn behind four others', async () => {
    const { house, party, files } = build();
    const outcomes: number[] = [];
    for (let index = 0; index < 6; index++) {
      party.client.sendFile(fileOf(BYTES.subarray(0, 2_000), { name: `${index}` }), ({ code }) => outcomes.push(code));
    }
    await run(house, party, () => outcomes.length === 6);
    expect(outcomes).toEqual(Array(6).fill(CODES.ok));
    expect(files.complete.map(([name]) => name).sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('ends with the reason of the gateway, of the source, or of the client', async () => {
    const { house, party, files } = build();
    files.maxBytes = 50_000;
    expect(await send(house, party, fileOf(BYTES))).toMatchObject({ code: CODES.too_large });
    const broken = fileOf(BYTES.subarray(0, 10), {
      read: () => {
        throw new Error('the card was pulled out');
      },
    });
    expect(await send(house, party, broken)).toMatchObject({ code: CODES.cancelled });
    let outcome: FileOutcome | undefined;
    const file = fileOf(BYTES.subarray(0, 40_000));
    const transfer = party.client.sendFile(file, (settled) => {
      outcome = settled;
    });
    party.line.carry();
    transfer.cancel();
    expect(outcome).toMatchObject({ code: CODES.cancelled });
    await run(house, party, () => files.openCount === 0);
    expect(files.uploads).toEqual([]);
  });

  it('is given up where nobody answers', async () => {
    const house = buildFrameHouse({ files: new FileStore() });
    const party = openClient(house);
    let outcome: FileOutcome | undefined;
    party.client.sendFile(fileOf(BYTES), (settled) => {
      outcome = settled;
    });
    party.line.up.length = 0;
    for (let seconds = 0; seconds < 60; seconds++) {
      house.clock.advance(1_000);
      party.line.up.splice(0).forEach((frame) => {
        // Only what keeps the session alive gets through.
        if ((frame[1] as number) < 16) party.line.up.push(frame);
      });
      party.line.carry();
    }
    expect(outcome).toMatchObject({ code: CODES.timeout });
  });
});

describe('a file that a client is offered', () => {
  it('is pulled, and then is not offered again', async () => {
    const { house, party, files, offered } = build();
    offerPhoto(house, files);
    await run(house, party, () => offered.length > 0);
    const file = offered[0] as OfferedFile;
    expect(file).toMatchObject({ name: 'cat.jpg', size: BYTES.length, kind: FILE_KINDS.image, from: 'web-1' });
    const { bytes, outcome } = await pull(house, party, file);
    expect(outcome).toMatchObject({ code: CODES.ok });
    expect(bytes.equals(BYTES)).toBe(true);
    expect(await pull(house, party, file)).toMatchObject({ outcome: { code: CODES.no_file } });
  });

  it('is not taken for another that the gateway gives the same number after a restart', async () => {
    const { house, party, files, offered } = build();
    offerPhoto(house, files);
    await run(house, party, () => offered.length > 0);
    let outcome: FileOutcome | undefined;
    const transfer = offered[0]?.pull(
      () => new Promise(() => {}),
      (settled) => {
        outcome = settled;
      },
    );
    party.line.carry();
    const other = buildFrameHouse({ files });
    party.reconnect(other.devices);
    files.objects.set('a/cat', BYTES.subarray(0, 100));
    other.hub.send(new Message({ ...PHOTO, objectKey: 'a/cat' }));
    await run(other, party, () => offered.length > 1);
    expect(outcome).toMatchObject({ code: CODES.no_file });
    expect(offered[1]).toMatchObject({ fileId: offered[0]?.fileId, size: 100 });
    transfer?.cancel();
    expect((await pull(other, party, offered[1] as OfferedFile)).bytes).toHaveLength(100);
  });

  it('comes no faster than it is written', async () => {
    const { house, party, files, offered } = build();
    const large = Buffer.alloc(400_000);
    offerPhoto(house, files, large);
    await run(house, party, () => offered.length > 0);
    let isOver = false;
    let written = 0;
    let go = (): void => {};
    offered[0]?.pull(
      (piece) => {
        written += piece.length;
        return new Promise<void>((resolve) => {
          go = resolve;
        });
      },
      () => {
        isOver = true;
      },
    );
    let heard = 0;
    const { receive } = party.client;
    party.client.receive = (frame) => {
      heard += frame.length;
      receive.call(party.client, frame);
    };
    for (let step = 0; step < 50; step++) {
      party.line.carry();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(heard).toBeLessThan(2 * 65_536);
    expect(heard).toBeGreaterThan(60_000);
    await run(house, party, () => {
      go();
      return isOver;
    });
    expect(written).toBe(large.length);
  });

  it('may be declined, or fetched as another image', async () => {
    const { house, party, files, offered } = build();
    offerPhoto(house, files);
    await run(house, party, () => offered.length > 0);
    const sizes: unknown[] = [];
    offered[0]?.fetch({ width: 10, format: 1 }, ({ code, file }) => sizes.push([code, file?.size]));
    party.client.fetch('a/cat', null, ({ code, file }) => sizes.push([code, file?.size]));
    party.client.fetch('nothing', null, ({ code, file }) => sizes.push([code, file?.size]));
    await run(house, party, () => sizes.length === 3);
    expect(sizes).toEqual([
      [CODES.ok, BYTES.length / 2],
      [CODES.ok, BYTES.length],
      [CODES.no_file, undefined],
    ]);
    offered[0]?.decline();
    await run(house, party, () => party.client.pending === 0);
    expect(await pull(house, party, offered[0] as OfferedFile)).toMatchObject({ outcome: { code: CODES.no_file } });
  });
});

describe('on a line that loses, doubles and cuts', () => {
  function fateOf(seed: number): () => Fate {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      const number = (state >>> 8) % 200;
      return number === 0 ? 'cut' : number < 16 ? 'lost' : number < 24 ? 'doubled' : 'arrives';
    };
  }

  it('files arrive whole and once, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { house, party, files, offered } = build();
        const fate = fateOf(seed);
        const up = BYTES.subarray(0, 40_000);
        expect(await send(house, party, fileOf(up), fate)).toMatchObject({ code: CODES.ok });
        expect(files.uploads.map(({ bytes }) => bytes.equals(up))).toEqual([true]);
        offerPhoto(house, files);
        await run(house, party, () => offered.length > 0, fate);
        const { bytes, outcome } = await pull(house, party, offered[0] as OfferedFile, fate);
        expect(outcome).toMatchObject({ code: CODES.ok });
        expect(bytes.equals(BYTES)).toBe(true);
        expect(offered).toHaveLength(1);
        party.client.stop();
        house.devices.stop();
      }),
      { numRuns: 20 },
    );
  });
});
