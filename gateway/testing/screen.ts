/** A terminal of so many columns and rows, that knows what tables are drawn with: cursor up, clearing, and wrapping of long lines. */
export class Screen {
  columns: number;
  readonly rows: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** What stands on it and above it, without colours. */
  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join('\n');
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about these.
    for (const [piece, , count, command] of text.matchAll(/(\u001b\[(\d*)([A-Za-z]))|[^\u001b]/g)) {
      if (command === undefined) this.#put(piece);
      else if (command === 'A') this.#row = Math.max(0, this.#lines.length - this.rows, this.#row - Number(count || 1));
      else if (command === 'K') this.#clearLine(count === '2' ? 0 : this.#column);
      else if (command === 'J') {
        this.#clearLine(this.#column);
        this.#lines.length = this.#row + 1;
      }
    }
  }

  /** The person makes the window narrower: what is too long takes several rows from now on, as in most terminals. */
  narrow(columns: number): void {
    this.columns = columns;
    const before = this.#lines.slice(0, this.#row).flatMap((line) => pieces(line.trimEnd(), columns));
    const behind = this.#lines.slice(this.#row).flatMap((line) => pieces(line.trimEnd(), columns));
    this.#lines = [...before, ...behind];
    this.#row = before.length;
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#row++;
      this.#column = 0;
    } else {
      if (this.#column === this.columns) {
        this.#row++;
        this.#column = 0;
      }
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #clearLine(from: number): void {
    // A line that fills its row leaves the cursor upon its last character.
    const at = Math.min(from, this.columns - 1);
    this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, at);
  }
}

function pieces(line: string, columns: number): string[] {
  const found: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += columns) found.push(line.slice(at, at + columns));
  return found;
}
