import { crc32 } from 'node:zlib';
import type { Frame, FrameInit, Want } from '@crosscomm/protocol';
import type { FrameDevice } from '@crosscomm/testing/frame-device';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FileStore } from './file-store.ts';
import { buildFrameHouse } from './support.ts';

const SIZE = 300;
const CHUNK = 16;
const REPEAT_MS = 500;
const BYTES = Buffer.from(Array.from({ length: SIZE }, (_, index) => index % 251));

/** What a device with a little memory does, on a line that loses what `loses` says; gives up after so many turns. */
async function send(device: FrameDevice, advance: (ms: number) => void, loses: () => boolean): Promise<Frame> {
  let asks: FrameInit[] = [{ type: 'offer', fileId: 0, name: 'log', size: SIZE }];
  let wanted: Want | undefined;
  let wentBackTo = -1;
  for (let turn = 0; turn < 2_000; turn++) {
    for (const frame of asks) if (!loses()) device.say(frame);
    await new Promise((resolve) => setImmediate(resolve));
    const heard = device.take().filter(() => !loses());
    const end = heard.find(({ type }) => type === 'done' || type === 'cancel');
    if (end) return end;
    const wants = heard.filter((frame) => frame.type === 'want' && frame.offset >= (wanted?.offset ?? 0)) as Want[];
    const last = wants.at(-1);
    if (last === undefined) advance(REPEAT_MS);
    else if (last.offset === wanted?.offset && wentBackTo === last.offset) {
      asks = [];
      continue;
    } else wentBackTo = last.offset;
    wanted = last ?? wanted;
    if (wanted) asks = window(wanted.offset);
  }
  throw new Error('the file did not come through');
}

/** Three chunks, or what is left, and Done behind the last. */
function window(from: number): FrameInit[] {
  const frames: FrameInit[] = [];
  for (let offset = from; offset < Math.min(SIZE, from + 3 * CHUNK); offset += CHUNK) {
    frames.push({ type: 'chunk', fileId: 0, offset, content: BYTES.subarray(offset, offset + CHUNK) });
  }
  if (from + 3 * CHUNK >= SIZE) frames.push({ type: 'done', fileId: 0, size: SIZE, crc32: crc32(BYTES) });
  return frames;
}

it('a file arrives whole and once, whatever a line loses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 40 }), async (seed, percent) => {
      const files = new FileStore();
      const house = buildFrameHouse({ files });
      let state = seed;
      const loses = (): boolean => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        return (state >>> 8) % 100 < percent;
      };
      const end = await send(house.open(), (ms) => house.clock.advance(ms), loses);
      expect(end).toMatchObject({ type: 'done', key: 'key/0' });
      expect(files.uploads.map(({ bytes }) => bytes.equals(BYTES))).toEqual([true]);
      house.devices.stop();
    }),
    { numRuns: 60 },
  );
});

it('a line that loses nothing needs no repetition', async () => {
  const files = new FileStore();
  const house = buildFrameHouse({ files });
  const device = house.open();
  const never = (): never => {
    throw new Error('it waited for something');
  };
  expect(await send(device, never, () => false)).toMatchObject({ type: 'done' });
});
