import type { Operation } from '../../../src/common/group-commit.ts';
import type { BrokerDb, DbIterator } from '../../../src/mqtt-engine/store/disk.ts';

/** A database in memory. Where a test says so, its batches wait, or fail. */
export class MemoryDb implements BrokerDb {
  readonly stored = new Map<string, Buffer>();
  readonly batches: Operation[][] = [];
  /** Done before each batch is written. */
  before: (operations: Operation[]) => Promise<void> | void = () => {};

  async batch(operations: Operation[]): Promise<void> {
    this.batches.push(operations);
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.before(operations);
    for (const each of operations) {
      if (each.type === 'put') this.stored.set(each.key, Buffer.from(each.value));
      else this.stored.delete(each.key);
    }
  }

  async getMany(keys: string[]): Promise<(Buffer | undefined)[]> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return keys.map((key) => this.stored.get(key));
  }

  iterator({ gte, lt }: { gte: string; lt: string }): DbIterator {
    const entries = [...this.stored].filter(([key]) => key >= gte && key < lt).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      nextv: async (size) => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        return entries.splice(0, size);
      },
      close: async () => {},
    };
  }

  /** The keys that begin so. */
  keys(prefix = ''): string[] {
    return [...this.stored.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
