import { describe, expect, it } from 'vitest';
import { LoadedEntries } from '../../../src/mqtt-engine/store/loaded-entries.ts';
import { QueueRoom } from '../../../src/mqtt-engine/store/queue-room.ts';

const MIB = 1024 * 1024;
const newRoom = () => new QueueRoom({ maxQueued: 1e9, maxQueuedBytes: 1e9 });

describe('what is loaded of a queue', () => {
  it('is its beginning, without a gap, of few entries and few bytes', () => {
    const room = newRoom();
    const many = new LoadedEntries(room);
    for (let seq = 1; seq <= 100; seq++) many.add(seq, Buffer.from(`${seq}`));
    expect(many.take().map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    const long = new LoadedEntries(room);
    for (const [index, bytes] of [100, 3000, 3000, 1].entries()) long.add(index, Buffer.alloc(bytes));
    expect(long.take().map(({ seq }) => seq)).toEqual([0, 1]);
  });

  it('is bounded for all queues together, and what was taken counts no more', () => {
    const room = newRoom();
    const queues = Array.from({ length: 10_000 }, () => new LoadedEntries(room));
    for (const each of queues) each.add(1, Buffer.alloc(3000));
    expect(room.heldBytes).toBeLessThan(8 * MIB + 4096);
    const taken = queues.flatMap((each) => each.take());
    expect(taken.length).toBeGreaterThan(2000);
    expect(room.heldBytes).toBe(0);
    expect(queues.flatMap((each) => each.take())).toEqual([]);
  });

  it('does not keep alive what was read with it', () => {
    const loaded = new LoadedEntries(newRoom());
    loaded.add(1, Buffer.alloc(MIB).subarray(0, 10));
    expect(loaded.take()[0]?.record.buffer.byteLength).toBeLessThan(MIB);
  });
});
