import { DAMAGED_BYTES, unseal } from '../../../common/sealed.ts';

/** What is read of an opened level database. */
export interface OutboxDb {
  iterator(range: { gt: string; lt: string; limit?: number; valueEncoding: 'buffer' }): {
    nextv(size: number): Promise<[string, Buffer][]>;
    close(): Promise<void>;
  };
}

const READ_ENTRIES = 500;

/** Values that are as they were written. */
export async function* valuesOf(db: OutboxDb, range: { gt: string; lt: string }): AsyncGenerator<[string, Buffer]> {
  const reader = db.iterator({ ...range, valueEncoding: 'buffer' });
  try {
    for (;;) {
      const found = await reader.nextv(READ_ENTRIES);
      if (found.length === 0) return;
      for (const [key, value] of found) {
        const bytes = unseal(value);
        if (bytes !== DAMAGED_BYTES) yield [key, bytes];
      }
    }
  } finally {
    await reader.close();
  }
}
