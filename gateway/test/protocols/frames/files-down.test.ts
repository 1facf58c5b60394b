import { crc32 } from 'node:zlib';
import { CAPABILITIES, CODES, type Frame, type FrameInit } from '@crosscomm/protocol';
import type { FrameDevice, HelloInit } from '@crosscomm/testing/frame-device';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../../../src/common/peer-address.ts';
import { Message, type MessageInit } from '../../../src/hub/message.ts';
import { FileStore } from './file-store.ts';
import { buildFrameHouse } from './support.ts';

const BYTES = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
const PHOTO = {
  from: 'web-1',
  to: 'uno-1',
  kind: 'image',
  body: 'cat.jpg',
  timestampMs: 1,
  objectKey: 'a/cat',
} as const;
const OFFER = {
  type: 'offer',
  fileId: 1,
  name: 'cat.jpg',
  size: 200,
  kind: 1,
  party: 'web-1',
  crc32: crc32(BYTES),
  key: 'a/cat',
};
const NO_OPTIONS = { width: null, height: null, fit: null, format: null };

function build(hello: HelloInit = {}) {
  const files = new FileStore();
  files.objects.set('a/cat', BYTES);
  const house = buildFrameHouse({ files });
  const takesFiles = { capabilities: CAPABILITIES.files, ...hello };
  const device = house.open(takesFiles);
  const send = async (message: Partial<MessageInit> = {}) => {
    const receipt = house.hub.send(new Message({ ...PHOTO, ...message }));
    await settle();
    return receipt;
  };
  return { ...house, files, device, send, takesFiles };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function ask(device: FrameDevice, ...frames: FrameInit[]): Promise<Frame[]> {
  device.say(...frames);
  await settle();
  return device.take();
}

function want(offset: number, bytes: number, fileId = 1): FrameInit {
  return { type: 'want', fileId, offset, bytes };
}

/** Offset and length of every chunk. */
function chunks(frames: Frame[]): [number, number][] {
  return frames.flatMap((frame) => (frame.type === 'chunk' ? [[frame.offset, frame.content.length]] : []));
}

describe('a file for a device', () => {
  it('is offered, and pulled at its own pace', async () => {
    const { device, send } = build({ maxFrame: 64 });
    expect(await send()).toMatchObject({ delivered: 1 });
    expect(device.takeNumbered()).toEqual([[1, OFFER]]);
    let bytes = Buffer.alloc(0);
    while (bytes.length < 200) {
      for (const frame of await ask(device, want(bytes.length, 50))) {
        if (frame.type !== 'chunk') throw new Error(`no chunk but ${frame.type}`);
        expect(frame.offset).toBe(bytes.length);
        bytes = Buffer.concat([bytes, frame.content]);
      }
    }
    expect(bytes.equals(BYTES)).toBe(true);
    device.number(1, { type: 'done', fileId: 1 });
    expect(await ask(device, want(0, 50))).toContainEqual({
      type: 'cancel',
      fileId: 1,
      code: CODES.no_file,
      text: 'Not offered.',
    });
  });

  it('comes in frames that the device takes, as full as they can be', async () => {
    const { device, send } = build({ maxFrame: 64 });
    await send();
    device.take();
    expect(chunks(await ask(device, want(0, 200)))).toEqual([
      [0, 58],
      [58, 57],
      [115, 57],
      [172, 28],
    ]);
  });

  it('ends where what is in the store has become shorter', async () => {
    const { device, files, send } = build();
    await send();
    device.take();
    const { open } = files;
    files.open = async (key, options) => {
      const source = await open.call(files, key, options);
      return source && { ...source, read: async () => new Uint8Array() };
    };
    await ask(device, { type: 'fetch', what: 'a/cat' });
    expect(await ask(device, want(0, 100, 3))).toMatchObject([{ type: 'cancel', fileId: 3, code: CODES.no_file }]);
    expect(await ask(device, want(0, 100, 3))).toMatchObject([{ type: 'cancel', fileId: 3 }]);
  });

  it('comes row by row where rows are asked for', async () => {
    const { device, files, send } = build({ maxFrame: 600 });
    files.objects.set('a/cat', Buffer.alloc(96_000));
    await send();
    device.take();
    const rows: [number, number][] = [];
    for (let offset = 0; offset < 96_000; offset += 480) rows.push(...chunks(await ask(device, want(offset, 480))));
    expect(rows).toEqual(Array.from({ length: 200 }, (_, row) => [row * 480, 480]));
  });

  it('comes in shorter frames on a line with noise', async () => {
    const { files, send, connect, takesFiles } = build();
    files.objects.set('a/cat', Buffer.alloc(3_000));
    const device = connect({ noisy: true });
    device.greet({ ...takesFiles, deviceId: 'uno-2', maxFrame: 65_535 });
    await send({ to: 'uno-2' });
    device.take();
    expect(chunks(await ask(device, want(0, 3_000)))).toEqual([
      [0, 1_024],
      [1_024, 1_024],
      [2_048, 952],
    ]);
  });

  it('comes on as more is wanted, and again where the same is wanted again', async () => {
    const { device, send } = build();
    await send();
    device.take();
    expect(chunks(await ask(device, want(0, 100)))).toEqual([[0, 100]]);
    expect(chunks(await ask(device, want(50, 100)))).toEqual([[100, 50]]);
    expect(chunks(await ask(device, want(50, 100)))).toEqual([[50, 100]]);
    expect(chunks(await ask(device, want(20, 10)))).toEqual([[20, 10]]);
    expect(chunks(await ask(device, want(180, 100)))).toEqual([[180, 20]]);
    expect(chunks(await ask(device, want(200, 100), want(500, 100)))).toEqual([]);
  });

  it('waits where the device says so', async () => {
    const { device, send } = build();
    await send();
    device.take();
    expect(await ask(device, want(0, 0))).toEqual([]);
  });

  it('keeps the end of a name that is too long', async () => {
    const { device, send } = build({ maxFrame: 64 });
    await send({ body: `${'long '.repeat(40)}holiday.jpg` });
    const [[, offer]] = device.takeNumbered() as [[number, { name: string }]];
    expect(offer.name).toMatch(/^.{10,40}holiday\.jpg$/);
  });

  it.each([
    ['with its key where there is room for it', 40, 'short.jpg', true],
    ['without its key where that is too long', 60, 'short.jpg', false],
    ['without its key where its name needs the room', 40, 'a longer name of it.jpg', false],
  ])('is offered %s', async (_, length, body, hasKey) => {
    const { device, send, files } = build({ maxFrame: 96 });
    const key = 'k'.repeat(length);
    files.objects.set(key, BYTES);
    await send({ objectKey: key, body });
    const { key: _key, ...offer } = OFFER;
    expect(device.takeNumbered()).toEqual([[1, { ...offer, name: body, ...(hasKey ? { key } : {}) }]]);
  });

  it.each([
    ['a device that takes no files', { capabilities: 0 }, {}],
    ['an object that is not in the store', {}, { objectKey: 'elsewhere' }],
    ['a folder', {}, { kind: 'folder' }],
    ['a file without an object', {}, { objectKey: undefined }],
  ] as const)('is a map for %s', async (_, hello, message) => {
    const { device, send } = build(hello);
    await send(message);
    expect(device.takeNumbered()).toMatchObject([[1, { type: 'message', to: null, from: 'web-1' }]]);
  });

  it('is offered again to a device that was reset, but not one that it has, and not twice', async () => {
    const { device, send, connect, takesFiles } = build();
    await send();
    await send();
    device.take();
    device.say({ type: 'cancel', fileId: 1 });
    device.unplug();
    const again = connect();
    again.greet({ ...takesFiles, bootId: 8 });
    expect(again.takeNumbered()).toEqual([[1, { ...OFFER, fileId: 3 }]]);
  });

  it('goes on by another link', async () => {
    const { device, send, connect, takesFiles } = build();
    await send();
    device.take();
    device.unplug();
    const again = connect();
    again.greet(takesFiles);
    again.take();
    expect(chunks(await ask(again, want(150, 100)))).toEqual([[150, 50]]);
  });

  it('is refused where sixteen wait, until one has gone', async () => {
    const { device, send } = build({ window: 65_535 });
    const receipts = await Promise.all(Array.from({ length: 17 }, () => send()));
    expect(receipts.map(({ delivered }) => delivered)).toEqual([...Array(16).fill(1), 0]);
    expect(receipts[16]).toMatchObject({ reason: 'queue_full' });
    device.say({ type: 'done', fileId: 5 });
    expect(await send()).toMatchObject({ delivered: 1 });
  });

  it('stays where the clock is set', async () => {
    const { device, send, clock } = build();
    await send();
    device.say({ type: 'ack', seq: 1 });
    clock.jumpTo(clock.now() + 86_400_000);
    clock.advance(2_000);
    device.take();
    expect(chunks(await ask(device, want(0, 10)))).toEqual([[0, 10]]);
  });

  it('is forgotten where nobody asks for it', async () => {
    const { device, send, clock } = build();
    await send();
    device.say({ type: 'ack', seq: 1 });
    for (let minute = 0; minute < 11; minute++) {
      for (let part = 0; part < 3; part++) {
        device.say({ type: 'ping' });
        clock.advance(20_000);
      }
    }
    device.take();
    expect(await ask(device, want(0, 10))).toMatchObject([{ type: 'cancel', code: CODES.no_file }]);
  });
});

describe('a device that fetches', () => {
  it('gets an offer of what was asked for, the same where it asks again', async () => {
    const { device, send } = build();
    await send();
    device.take();
    const fetch: FrameInit = { type: 'fetch', what: 1, options: { ...NO_OPTIONS, width: 8, format: 1 } };
    const smaller = [{ ...OFFER, size: 100, crc32: crc32(BYTES.subarray(0, 100)) }];
    expect(await ask(device, fetch, fetch)).toEqual(smaller);
    expect(await ask(device, fetch)).toEqual(smaller);
    expect(chunks(await ask(device, want(0, 200)))).toEqual([[0, 100]]);
  });

  it('gets an object by its key, under a new id', async () => {
    const { device } = build();
    const fetch: FrameInit = { type: 'fetch', what: 'a/cat' };
    expect(await ask(device, fetch)).toEqual([{ ...OFFER, name: 'cat', kind: 0, party: null }]);
    expect(await ask(device, fetch)).toMatchObject([{ fileId: 1 }]);
  });

  it('is refused what it may not read, but not what it was sent', async () => {
    const { device, send, access } = build();
    await send();
    device.take();
    access.mayRead = ({ peer }, key) => addressOf(peer) !== '127.0.0.1' || key !== 'a/cat';
    const refused = await ask(device, { type: 'fetch', what: 'a/cat' });
    expect(refused).toMatchObject([{ type: 'error', code: CODES.not_allowed, about: [21] }]);
    expect(await ask(device, { type: 'fetch', what: 1 })).toMatchObject([{ type: 'offer', fileId: 1 }]);
  });

  it('is offered the file as it is after a reset, and nothing that it fetched by a key', async () => {
    const { device, send, connect, takesFiles } = build();
    await send();
    await ask(device, { type: 'fetch', what: 1, options: { ...NO_OPTIONS, width: 8 } });
    await ask(device, { type: 'fetch', what: 'a/cat' });
    device.unplug();
    const again = connect();
    again.greet({ ...takesFiles, bootId: 8 });
    expect(again.takeNumbered()).toEqual([[1, OFFER]]);
  });

  it.each([
    ['an id that was not offered', { what: 7 }, CODES.no_file],
    ['a key of nothing', { what: 'b' }, CODES.no_file],
    ['an image of what is none', { what: 'a/cat', options: { ...NO_OPTIONS, format: 5 } }, CODES.not_an_image],
  ] as const)('is refused %s', async (_, fetch, code) => {
    const { device } = build();
    expect(await ask(device, { type: 'fetch', ...fetch })).toMatchObject([{ type: 'error', code, about: [21] }]);
  });

  it('has one Fetch open at a time', async () => {
    const { device } = build();
    const heard = await ask(device, { type: 'fetch', what: 'a/cat' }, { type: 'fetch', what: 'b' });
    expect(heard).toMatchObject([{ type: 'error', code: CODES.too_many }, { type: 'offer' }]);
  });
});
