/** What came back then and now, each unit in words. */
export class Comparison {
  readonly #balance = new Map<string, number>();
  /** How many units came that are compared. */
  recorded = 0;
  replayed = 0;

  expect(label: string): void {
    this.recorded++;
    this.#add(label, -1);
  }

  got(label: string): void {
    this.replayed++;
    this.#add(label, 1);
  }

  /** What came then and not now, and what came now and not then; how often each. */
  differences(): { missing: [string, number][]; more: [string, number][] } {
    const all = [...this.#balance];
    return {
      missing: all.filter(([, count]) => count < 0).map(([label, count]) => [label, -count]),
      more: all.filter(([, count]) => count > 0),
    };
  }

  #add(label: string, count: number): void {
    this.#balance.set(label, (this.#balance.get(label) ?? 0) + count);
  }
}
