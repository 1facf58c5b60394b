import type { Operation } from '../../../../src/common/group-commit.ts';

/** A database in memory, which outlives those who write to it. */
export class MemoryDisk {
  readonly #stored = new Map<string, Buffer>();

  /** The database as one run of a gateway has it. After `kill` nothing that this run wrote comes to it any more. */
  open() {
    const stored = this.#stored;
    let isDead = false;
    return {
      kill: () => {
        isDead = true;
      },
      async batch(operations: Operation[]): Promise<void> {
        await new Promise(setImmediate);
        if (isDead) await new Promise(() => {});
        for (const each of operations) {
          if (each.type === 'put') stored.set(each.key, Buffer.from(each.value));
          else stored.delete(each.key);
        }
      },
      iterator({ gt, lt, limit = Number.POSITIVE_INFINITY }: { gt: string; lt: string; limit?: number }) {
        const entries = [...stored].filter(([key]) => key > gt && key < lt).sort(([a], [b]) => (a < b ? -1 : 1));
        // Whoever reads may write over what is read.
        const found = entries.slice(0, limit).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]);
        return { nextv: async (size: number) => found.splice(0, size), close: async () => {} };
      },
    };
  }

  keys(begin: string): string[] {
    return [...this.#stored.keys()].filter((key) => key.startsWith(begin)).sort();
  }

  get(key: string): Buffer | undefined {
    return this.#stored.get(key);
  }
}
