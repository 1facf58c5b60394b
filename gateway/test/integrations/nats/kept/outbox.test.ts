import { describe, expect, it } from 'vitest';
import { GroupCommit, type Operation } from '../../../../src/common/group-commit.ts';
import { Outbox } from '../../../../src/integrations/nats/kept/outbox.ts';

const KIB = Buffer.alloc(1024, 'x');

/** A database in memory, whose writes fail where a test says so. */
class Db {
  readonly stored = new Map<string, Buffer>();
  fails = false;

  async batch(operations: Operation[]): Promise<void> {
    await new Promise(setImmediate);
    if (this.fails) throw new Error('the disk is full');
    for (const each of operations) {
      if (each.type === 'put') this.stored.set(each.key, Buffer.from(each.value));
      else this.stored.delete(each.key);
    }
  }

  iterator({ gt, lt, limit = Number.POSITIVE_INFINITY }: { gt: string; lt: string; limit?: number }) {
    const entries = [...this.stored].filter(([key]) => key > gt && key < lt).sort(([a], [b]) => (a < b ? -1 : 1));
    const found = entries.slice(0, limit);
    return { nextv: async (size: number) => found.splice(0, size), close: async () => {} };
  }
}

let damages = 0;

async function open(db: Db, run = 'now', maxBytes = 1024 ** 3) {
  const writes = new GroupCommit(db);
  const outbox = await Outbox.open({ db, writes, maxBytes, run, damaged: () => void damages++ });
  return { outbox, writes };
}

/** Takes out everything, waiting for what is read. */
async function drained(outbox: Outbox): Promise<string[]> {
  const found: string[] = [];
  while (outbox.count > 0) {
    const entry = outbox.at(0);
    if (entry === undefined) {
      await new Promise<void>((resolve) => outbox.onGrown(resolve));
      continue;
    }
    found.push(`${entry.chain.run} ${entry.number}`);
    outbox.shift();
  }
  return found;
}

describe('what waits on disk', () => {
  it('may be sent when it is written, and is there no more when it was taken out', async () => {
    const db = new Db();
    const { outbox, writes } = await open(db);
    outbox.add('cc.1.a.lamp', Buffer.from('on'), 17);
    expect([outbox.at(0), outbox.count, outbox.oldestMs]).toEqual([undefined, 1, 17]);
    await writes.committed();
    expect(outbox.at(0)).toMatchObject({ subject: 'cc.1.a.lamp', payload: Buffer.from('on'), number: 0, takenMs: 17 });
    outbox.shift();
    await writes.committed();
    expect([db.stored.size, outbox.count, outbox.bytes]).toEqual([0, 0, 0]);
  });

  it('comes in its order however much it is, also from the disk, and before what a later run took', async () => {
    const db = new Db();
    const first = await open(db, 'first');
    for (let number = 0; number < 6000; number++) first.outbox.add('s', KIB, number);
    await first.writes.committed();
    const second = await open(db, 'second');
    expect([second.outbox.count, second.outbox.bytes]).toEqual([6000, first.outbox.bytes]);
    for (let number = 0; number < 10; number++) second.outbox.add('s', KIB, number);
    const expected = [...Array(6000).keys()].map((number) => `first ${number}`);
    expect(await drained(second.outbox)).toEqual([
      ...expected,
      ...[...Array(10).keys()].map((each) => `second ${each}`),
    ]);
    await second.writes.committed();
    expect([db.stored.size, second.outbox.bytes]).toEqual([0, 0]);
  });

  it('is no more than there is room for', async () => {
    const { outbox } = await open(new Db(), 'now', 3000);
    expect([1, 2, 3].map(() => outbox.add('s', KIB, 0))).toEqual([true, true, false]);
    outbox.shift();
    expect(outbox.add('s', KIB, 0)).toBe(true);
  });

  it('is forgotten where it could not be written, as its sender is told so', async () => {
    const db = new Db();
    const { outbox, writes } = await open(db);
    db.fails = true;
    outbox.add('s', KIB, 0);
    await expect(writes.committed()).rejects.toThrow('the disk is full');
    expect([outbox.count, outbox.bytes, outbox.at(0)]).toEqual([0, 0, undefined]);
    db.fails = false;
    outbox.add('s', KIB, 0);
    await writes.committed();
    expect(outbox.at(0)?.number).toBe(1);
  });

  it('is left out where it is not what was written, and the rest goes on', async () => {
    const db = new Db();
    const { outbox, writes } = await open(db, 'first');
    for (let number = 0; number < 3; number++) outbox.add('s', KIB, number);
    await writes.committed();
    const [, key = ''] = [...db.stored.keys()].sort();
    db.stored.get(key)?.writeUInt8(0, 20);
    const again = await open(db, 'second');
    expect(await drained(again.outbox)).toEqual(['first 0', 'first 2']);
    expect(damages).toBe(1);
  });
});
