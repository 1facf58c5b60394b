/** Reads a stream of server-sent events. */
export class EventReader {
  readonly #seen: { name: string; data: unknown }[] = [];
  #text = '';
  #wake: () => void = () => {};
  #isOver = false;
  readonly #abort = new AbortController();

  /** Opens one. Rejects with the answer where it is refused. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = new EventReader();
    const answer = await fetch(url, { headers, signal: reader.#abort.signal });
    if (!answer.ok || answer.body === null) throw new Error(`${answer.status} ${await answer.text()}`);
    void reader.#read(answer.body);
    await reader.#until(() => reader.#text.includes(': here') || undefined);
    return reader;
  }

  /** The next event of this name, which is taken; others stay. */
  async next<T>(name: string): Promise<T> {
    return await this.#until(() => {
      const at = this.#seen.findIndex((event) => event.name === name);
      return at < 0 ? undefined : (this.#seen.splice(at, 1)[0]?.data as T);
    });
  }

  /** All events of this name that have come, which are taken. */
  taken<T>(name: string): T[] {
    const found = this.#seen.filter((event) => event.name === name).map(({ data }) => data as T);
    for (let at = this.#seen.length - 1; at >= 0; at--) if (this.#seen[at]?.name === name) this.#seen.splice(at, 1);
    return found;
  }

  /** Resolves when the gateway has ended it. */
  async ended(): Promise<void> {
    await this.#until(() => this.#isOver || undefined);
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    let rest = '';
    try {
      for await (const chunk of body) {
        const text = Buffer.from(chunk).toString();
        this.#text += text;
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const [, name = '', data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
          if (data !== undefined) this.#seen.push({ name, data: JSON.parse(data) });
        }
        this.#wake();
      }
    } catch {
      // It was ended.
    }
    this.#isOver = true;
    this.#wake();
  }

  async #until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error('the stream is over');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
