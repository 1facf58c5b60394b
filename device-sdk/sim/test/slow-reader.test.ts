import { FakeClock } from '@crosscomm/testing/fake-clock';
import { expect, it } from 'vitest';
import type { Connection } from '../src/link.ts';
import { SlowReader } from '../src/slow-reader.ts';

function build() {
  const clock = new FakeClock();
  const taken: number[] = [];
  const asked: string[] = [];
  const connection: Connection = {
    send: () => true,
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    close: () => {},
  };
  const reader = new SlowReader(100, clock, (frame) => taken.push(frame.length));
  return { clock, taken, asked, connection, reader };
}

it('A slow reader takes frames at its pace, and reads nothing meanwhile', () => {
  const { asked, clock, connection, reader, taken } = build();
  reader.push(new Uint8Array(50), connection);
  reader.push(new Uint8Array(100), connection);
  expect([taken, asked]).toEqual([[], ['pause']]);
  clock.advance(500);
  expect(taken).toEqual([50]);
  clock.advance(999);
  expect(taken).toEqual([50]);
  clock.advance(1);
  expect([taken, asked]).toEqual([
    [50, 100],
    ['pause', 'resume'],
  ]);
});

it('A slow reader whose connection is gone takes nothing of it', () => {
  const { clock, connection, reader, taken } = build();
  reader.push(new Uint8Array(50), connection);
  reader.reset();
  clock.advance(10_000);
  expect(taken).toEqual([]);
});
