import { describe, expect, it } from 'vitest';
import { sealedBytes } from '../../../src/common/sealed.ts';
import { Disk } from '../../../src/mqtt-engine/store/disk.ts';
import { MemoryDb } from './memory-db.ts';

const value = (text: string): Buffer => sealedBytes.encode(Buffer.from(text));
const RANGE = { gte: 'a:', lt: 'a;' };

function held(): { db: MemoryDb; disk: Disk; damaged: string[]; release: (error?: Error) => Promise<void> } {
  const db = new MemoryDb();
  const damaged: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  db.before = () =>
    new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  const disk = new Disk(db, (key) => damaged.push(key));
  const release = async (error?: Error): Promise<void> => {
    while (ends.length === 0) await new Promise(setImmediate);
    ends.shift()?.(error);
    await new Promise(setImmediate);
  };
  return { db, disk, damaged, release };
}

describe('the broker’s disk', () => {
  it('writes what is staged in one turn together, and what comes meanwhile after it, and calls back in order', async () => {
    const { db, disk, release } = held();
    const done: string[] = [];
    disk.put('a', value('1'));
    disk.put('b', value('1'));
    expect(disk.commit(() => done.push('first'))).toBe(true);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    // All of it is staged already.
    expect(disk.commit(() => done.push('also first'))).toBe(true);
    disk.put('c', value('2'));
    disk.del('a');
    disk.commit(() => done.push('second'));
    expect(done).toEqual([]);
    await release();
    expect(done).toEqual(['first', 'also first']);
    await release();
    expect(done).toEqual(['first', 'also first', 'second']);
    expect(db.batches.map((batch) => batch.map(({ key }) => key).join())).toEqual(['a,b', 'c,a']);
    expect(db.keys()).toEqual(['b', 'c']);
  });

  it('has nothing to call back where nothing is staged', async () => {
    const { db, disk } = held();
    expect(disk.commit(() => {})).toBe(false);
    await disk.committed();
    await disk.settled();
    expect(db.batches).toEqual([]);
  });

  it('tells those whose write failed and whatever was to be written, and goes on', async () => {
    const { db, disk, release } = held();
    const undone: number[] = [];
    db.stored.set('old', value('0'));
    disk.put('a', value('1'), { undo: (number) => undone.push(number) }, 7);
    disk.del('old');
    const failed = expect(disk.committed()).rejects.toThrow('disk full');
    await release(new Error('disk full'));
    await failed;
    expect(undone).toEqual([7]);
    disk.put('b', value('2'));
    const written = disk.committed();
    await release();
    await written;
    // Nobody would take it away again.
    expect(db.keys()).toEqual(['b']);
  });

  it('reads a range, and leaves out what is not what was written, and says so', async () => {
    const { db, disk, damaged } = held();
    db.stored.set('a:1', value('one'));
    const spoilt = value('two');
    spoilt[0] = 0xff;
    db.stored.set('a:2', spoilt);
    // Today's formats are never without a seal.
    db.stored.set('a:3', Buffer.from([1, 2, 3]));
    db.stored.set('a:4', Buffer.from('5 of an earlier version'));
    db.stored.set('b:1', value('other'));
    const read: (string | undefined)[] = [];
    for await (const entries of disk.chunks(RANGE)) for (const [, record] of entries) read.push(record?.toString());
    expect(read).toEqual(['one', undefined, undefined, '5 of an earlier version']);
    expect(damaged).toEqual(['a:2', 'a:3']);
    expect((await disk.read(RANGE, 1, 1000)).map(([key]) => key)).toEqual(['a:1']);
  });

  it('reads what many ask for in one turn, or while others are answered, together, and answers each', async () => {
    const { db, disk, damaged } = held();
    db.stored.set('a:1', value('one'));
    db.stored.set('b:1', Buffer.from([1, 2, 3]));
    db.stored.set('c:1', value('three'));
    const asked: string[] = [];
    const getMany = db.getMany.bind(db);
    db.getMany = (keys) => {
      asked.push(keys.join());
      return getMany(keys);
    };
    const later: Promise<[string, Buffer | undefined][]>[] = [];
    const first = disk.readKeys(['a:1', 'a:2']);
    const second = disk.readKeys(['b:1']);
    setImmediate(() => later.push(disk.readKeys(['c:1']), disk.readKeys([])));
    const texts = (found: [string, Buffer | undefined][]) => found.map(([key, record]) => [key, record?.toString()]);
    expect(texts(await first)).toEqual([['a:1', 'one']]);
    expect(texts(await second)).toEqual([['b:1', undefined]]);
    expect((await Promise.all(later)).map(texts)).toEqual([[['c:1', 'three']], []]);
    expect(asked).toEqual(['a:1,a:2,b:1', 'c:1']);
    expect(damaged).toEqual(['b:1']);
    db.getMany = () => Promise.reject(new Error('disk failed'));
    await expect(disk.readKeys(['a:1'])).rejects.toThrow('disk failed');
    db.getMany = getMany;
    expect(texts(await disk.readKeys(['a:1']))).toEqual([['a:1', 'one']]);
  });
});
