import { CODES, type FileFrameInit, type Offer } from '@crosscomm/protocol';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { describe, expect, it } from 'vitest';
import type { FileOutcome, OfferedFile } from '../../src/client/file-types.ts';
import { ClientFiles } from '../../src/client/files.ts';

const BYTES = Uint8Array.from({ length: 100 }, (_, index) => index);
const OFFER: Offer = { type: 'offer', fileId: 1, name: 'a', size: 100, kind: 0, party: null, crc32: 0x58c932f5 };
const FILE = {
  name: 'a.bin',
  size: 100,
  read: (offset: number, length: number) => BYTES.subarray(offset, offset + length),
};

/** The files of a client whose gateway is the test. */
function build() {
  const clock = new FakeClock();
  const said: FileFrameInit[] = [];
  const delivered: FileFrameInit[] = [];
  const offered: OfferedFile[] = [];
  const outcomes: FileOutcome[] = [];
  const host = {
    clock,
    send: (frame: FileFrameInit) => said.push(frame) > 0,
    deliver: (frame: FileFrameInit) => void delivered.push(frame),
    chunkBytes: () => 20,
  };
  const files = new ClientFiles(host, (file) => offered.push(file));
  files.online();
  const settle = (outcome: FileOutcome): void => void outcomes.push(outcome);
  const want = (offset: number, bytes: number) => files.receive({ type: 'want', fileId: 0, offset, bytes }, false);
  const chunk = (offset: number, end: number) =>
    files.receive({ type: 'chunk', fileId: 1, offset, content: BYTES.subarray(offset, end) }, false);
  /** What was said since it was last asked: types, and offsets where they have one. */
  const hear = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return said.splice(0).map((frame) => ('offset' in frame ? [frame.type, frame.offset] : [frame.type]));
  };
  return { clock, files, delivered, offered, outcomes, settle, want, chunk, hear };
}

describe('a file up', () => {
  it('is sent once where nothing is lost', async () => {
    const { files, settle, want, hear } = build();
    files.send(FILE, settle);
    expect(await hear()).toEqual([['offer']]);
    want(0, 60);
    expect(await hear()).toEqual([
      ['chunk', 0],
      ['chunk', 20],
      ['chunk', 40],
    ]);
    want(20, 60);
    want(40, 60);
    expect(await hear()).toEqual([['chunk', 60], ['chunk', 80], ['done']]);
    want(100, 0);
    want(100, 0);
    expect(await hear()).toEqual([]);
  });

  it('goes back once for each offset that is wanted again, and then when its time comes', async () => {
    const { clock, files, settle, want, hear } = build();
    files.send(FILE, settle);
    want(0, 40);
    await hear();
    want(0, 40);
    expect(await hear()).toEqual([
      ['chunk', 0],
      ['chunk', 20],
    ]);
    want(0, 40);
    expect(await hear()).toEqual([]);
    clock.advance(500);
    expect(await hear()).toEqual([
      ['chunk', 0],
      ['chunk', 20],
    ]);
    want(20, 40);
    expect(await hear()).toEqual([['chunk', 40]]);
    want(20, 40);
    expect(await hear()).toEqual([
      ['chunk', 20],
      ['chunk', 40],
    ]);
  });

  it('waits as long as it is told to', async () => {
    const { clock, files, outcomes, settle, want, hear } = build();
    files.send(FILE, settle);
    want(0, 0);
    await hear();
    clock.advance(500);
    // It asks again, as it may send nothing.
    expect(await hear()).toEqual([['offer']]);
    for (let seconds = 0; seconds < 120; seconds += 5) {
      want(0, 0);
      clock.advance(5_000);
    }
    await hear();
    expect(outcomes).toEqual([]);
    want(0, 20);
    expect(await hear()).toEqual([['chunk', 0]]);
  });

  it('takes the time that its source takes', async () => {
    const { clock, files, outcomes, settle, want, hear } = build();
    let go = (): void => {};
    const read = (offset: number, length: number) =>
      new Promise<Uint8Array>((resolve) => {
        go = () => resolve(BYTES.subarray(offset, offset + length));
      });
    files.send({ ...FILE, read }, settle);
    want(0, 20);
    await hear();
    for (let seconds = 0; seconds < 120; seconds += 5) clock.advance(5_000);
    expect(outcomes).toEqual([]);
    go();
    expect(await hear()).toEqual([['chunk', 0]]);
    clock.advance(500);
    await hear();
    go();
    expect(await hear()).toEqual([['chunk', 0]]);
  });

  it('is offered again to a gateway that has lost it, and ends where it is refused', async () => {
    const { files, outcomes, settle, want, hear } = build();
    files.send(FILE, settle);
    want(0, 20);
    await hear();
    files.receive({ type: 'cancel', fileId: 0, code: CODES.no_file, text: '' }, false);
    expect(await hear()).toEqual([['offer']]);
    files.receive({ type: 'cancel', fileId: 0, code: CODES.storage_full, text: 'full' }, false);
    expect(outcomes).toEqual([{ code: CODES.storage_full, key: null, text: 'full' }]);
  });
});

describe('a file down', () => {
  it('is wanted again at once, from where it is, where a chunk was lost', async () => {
    const { files, offered, settle, chunk, hear } = build();
    files.receive(OFFER, true);
    offered[0]?.pull(() => {}, settle);
    expect(await hear()).toEqual([['want', 0]]);
    chunk(0, 20);
    chunk(40, 60);
    chunk(60, 80);
    expect(await hear()).toEqual([
      ['want', 20],
      ['want', 20],
    ]);
  });

  it('is not asked for faster than it is written, however long that takes', async () => {
    const { clock, files, offered, outcomes, settle, hear } = build();
    let go = (): void => {};
    const write = (): Promise<void> =>
      new Promise((resolve) => {
        go = resolve;
      });
    files.receive({ ...OFFER, size: 400_000, crc32: null }, true);
    offered[0]?.pull(write, settle);
    const content = new Uint8Array(65_536);
    files.receive({ type: 'chunk', fileId: 1, offset: 0, content }, false);
    await hear();
    for (let seconds = 0; seconds < 120; seconds += 5) clock.advance(5_000);
    expect(await hear()).toEqual([]);
    expect(outcomes).toEqual([]);
    go();
    expect(await hear()).toEqual([['want', 65_536]]);
    clock.advance(500);
    expect(await hear()).toEqual([['want', 65_536]]);
  });

  it('is refused where its checksum is another', async () => {
    const { files, offered, outcomes, delivered, settle, chunk, hear } = build();
    files.receive({ ...OFFER, crc32: 1 }, true);
    offered[0]?.pull(() => {}, settle);
    chunk(0, 100);
    await hear();
    expect(outcomes).toMatchObject([{ code: CODES.wrong_content }]);
    expect(delivered).toEqual([{ type: 'cancel', fileId: 1, code: CODES.wrong_content }]);
  });

  it('is one file where it is offered again while it comes, and another where it says so', async () => {
    const { files, offered, outcomes, delivered, settle, chunk, hear } = build();
    files.receive(OFFER, true);
    offered[0]?.pull(() => {}, settle);
    files.receive(OFFER, true);
    expect(offered).toHaveLength(1);
    files.receive({ ...OFFER, size: 50 }, true);
    expect(offered).toHaveLength(2);
    expect(outcomes).toMatchObject([{ code: CODES.no_file }]);
    files.receive(OFFER, true);
    offered[2]?.pull(() => {}, settle);
    chunk(0, 100);
    await hear();
    expect(outcomes[1]).toMatchObject({ code: CODES.ok });
    expect(delivered).toEqual([{ type: 'done', fileId: 1 }]);
  });
});
