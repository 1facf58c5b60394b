import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerDb, type Operation, OrderedDb } from '../../src/mqtt-engine/store/ordered-db.ts';

/** A database in memory whose batches end when the test says so. */
class SlowDb implements BrokerDb {
  readonly stored = new Map<string, Buffer>();
  readonly batches: Operation[][] = [];
  #ends: ((error?: Error) => void)[] = [];

  getSync(key: string): Buffer | undefined {
    return this.stored.get(key);
  }

  batch(operations: Operation[]): Promise<void> {
    this.batches.push(operations);
    return new Promise((resolve, reject) => {
      this.#ends.push((error) => {
        if (error) {
          reject(error);
          return;
        }
        for (const each of operations) {
          if (each.type === 'put') this.stored.set(each.key, each.value);
          else this.stored.delete(each.key);
        }
        resolve();
      });
    });
  }

  async *keys(): AsyncGenerator<string> {
    yield* this.stored.keys();
  }

  async *iterator(): AsyncGenerator<[string, Buffer]> {
    yield* this.stored.entries();
  }

  async clear(): Promise<void> {
    this.stored.clear();
  }

  /** Ends the batch under way, then every later one at once, unless `error` is given. */
  async end(error?: Error): Promise<void> {
    this.#ends.shift()?.(error);
    await new Promise(setImmediate);
  }
}

const RANGE = { gte: 'a:', lt: 'a;' };
let db = new SlowDb();
afterEach(() => {
  db = new SlowDb();
});

describe('the ordered database', () => {
  it('writes what came in meanwhile as one batch, and resolves in order', async () => {
    const ordered = new OrderedDb(db);
    const done: string[] = [];
    const put = (key: string) => ordered.put(key, Buffer.from(key)).then(() => done.push(key));
    put('a');
    await new Promise(setImmediate);
    for (const key of ['b', 'c']) put(key);
    ordered.barrier().then(() => done.push('barrier'));
    expect(db.batches.map((batch) => batch.length)).toEqual([1]);
    await db.end();
    expect(done).toEqual(['a']);
    expect(db.batches.map((batch) => batch.length)).toEqual([1, 2]);
    await db.end();
    expect(done).toEqual(['a', 'b', 'c', 'barrier']);
  });

  it('reads what is not on disk yet', async () => {
    db.stored.set('old', Buffer.from('1'));
    const ordered = new OrderedDb(db);
    ordered.put('new', Buffer.from('2'));
    await new Promise(setImmediate);
    ordered.batch().del('old').put('new', Buffer.from('3')).write();
    expect((await ordered.get('new'))?.toString()).toBe('3');
    expect(await ordered.get('old')).toBeUndefined();
    await db.end();
    expect((await ordered.get('new'))?.toString()).toBe('3');
    await db.end();
    expect(db.stored.get('new')?.toString()).toBe('3');
  });

  it('lists a range only when everything before is written', async () => {
    const ordered = new OrderedDb(db);
    ordered.put('a:1', Buffer.from('1'));
    const listing = collect(ordered.values(RANGE));
    await new Promise(setImmediate);
    await db.end();
    expect((await listing).map(String)).toEqual(['1']);
  });

  it('tells those whose write failed, and goes on', async () => {
    const ordered = new OrderedDb(db);
    const failed = expect(ordered.put('a', Buffer.from('a'))).rejects.toThrow('disk full');
    const barrier = expect(ordered.barrier()).rejects.toThrow('disk full');
    await new Promise(setImmediate);
    const written = ordered.put('b', Buffer.from('b'));
    await db.end(new Error('disk full'));
    await failed;
    await barrier;
    expect(await ordered.get('a')).toBeUndefined();
    await db.end();
    await written;
    expect([...db.stored.keys()]).toEqual(['b']);
  });

  it('settles at once where nothing is written', async () => {
    const ordered = new OrderedDb(db);
    await ordered.settled();
    await ordered.barrier();
    await ordered.batch([]);
    expect(db.batches).toEqual([]);
  });
});

async function collect(values: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const list: Buffer[] = [];
  for await (const value of values) list.push(value);
  return list;
}
