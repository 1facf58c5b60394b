import { PassThrough } from 'node:stream';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { expect, it, vi } from 'vitest';
import { drainBody } from '../../src/common/drain-body.ts';

function begin(maxBytes?: number) {
  const clock = new FakeClock();
  const body = new PassThrough();
  const done = vi.fn();
  const drained = drainBody(body, clock, { limitMs: 1000, ...(maxBytes === undefined ? {} : { maxBytes }) }).then(done);
  return { clock, body, done, drained };
}

it('reads a body to its end', async () => {
  const { clock, body, drained } = begin();
  body.write(Buffer.alloc(100_000));
  body.end();
  await drained;
  expect(clock.timers).toBe(0);
});

it('gives up behind so many bytes', async () => {
  const { body, drained } = begin(10);
  body.write(Buffer.alloc(11));
  await drained;
  expect(body.readableEnded).toBe(false);
});

it('gives up after so long', async () => {
  const { clock, done, drained } = begin();
  clock.advance(999);
  await Promise.resolve();
  expect(done).not.toHaveBeenCalled();
  clock.advance(1);
  await drained;
});

it('waits for nobody who is gone', async () => {
  const { body, drained } = begin();
  body.destroy();
  await drained;
});
