/** Scripts and signs that take two columns of a terminal (most of Unicode's East Asian Width W and F, and emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Marks that stand upon the character before. */
const MARK = /\p{Mn}|\p{Me}/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** How many columns of a terminal `text` takes; it holds nothing that `printable` would write otherwise. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

function widthOfOne(character: string): number {
  return MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** `text` with blanks behind it, until it takes so many columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** `text` in at most so many columns: its beginning and an ellipsis where it takes more. */
export function clipped(text: string, columns: number): string {
  return widthOf(text) <= columns ? text : `${headOf(text, columns - 1)}…`;
}

/** As `clipped`, but of names, whose end tells them apart as well: `sensors/kitc…temperature`. */
export function clippedInside(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const head = headOf(text, Math.ceil((columns - 1) / 2));
  const reversed = headOf([...text].reverse().join(''), columns - 1 - widthOf(head));
  return `${head}…${[...reversed].reverse().join('')}`;
}

/** The longest beginning that takes at most so many columns. */
function headOf(text: string, columns: number): string {
  let head = '';
  let width = 0;
  for (const character of text) {
    width += widthOfOne(character);
    if (width > columns) break;
    head += character;
  }
  return head;
}

/** Rows as lines whose columns begin below one another; the last column is left as it is. */
export function aligned(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : padded(cell, (widths[index] ?? 0) + gap)))
      .join('')
      .trimEnd(),
  );
}

/** The least room for a last cell that goes on in its own column. */
const LEAST_LAST = 24;

/**
 * As `aligned`, in lines of at most `columns`. A last cell that is too long goes on below itself, broken behind blanks and commas; where
 * there is no room for that, the columns that do not fit stand below the others.
 */
export function alignedWithin(rows: readonly (readonly string[])[], columns: number, gap = 2): string[] {
  const whole = aligned(rows, gap);
  if (whole.every((line) => widthOf(line) <= columns)) return whole;
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => widthOf(row[index] ?? ''))) + gap);
  const startOf = (index: number): number => widths.slice(0, index).reduce((sum, width) => sum + width, 0);
  const last = widths.length - 1;
  const isBeside = columns - startOf(last) >= LEAST_LAST;
  const fitting = widths.findLastIndex((_, index) => startOf(index) - gap <= columns);
  const cut = isBeside ? last : Math.max(1, fitting);
  const indent = ' '.repeat(isBeside ? startOf(last) : 2 * gap);
  const heads = aligned(
    rows.map((row) => [...row.slice(0, cut), '']),
    gap,
  );
  return rows.flatMap((row, index) => {
    const rest = row.slice(cut).filter((cell) => cell !== '');
    const lines = broken(rest.join(' '.repeat(gap)), columns - indent.length).map((line) => `${indent}${line}`);
    const head = heads[index] ?? '';
    return isBeside ? [`${head}${(lines[0] ?? '').slice(widthOf(head))}`, ...lines.slice(1)] : [head, ...lines];
  });
}

/** `text` in lines of at most `columns`, broken behind blanks and commas; what has neither may be longer. */
function broken(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const piece of text.split(/(?<=[ ,])/).filter((each) => each !== '')) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + widthOf(piece.trimEnd()) <= columns)
      lines[lines.length - 1] = line + piece;
    else lines.push(piece);
  }
  return lines.map((line) => line.trimEnd());
}

/**
 * Rows of a label, a value that is never cut, such as an address, and a note, as lines of at most `columns`. Where a value is so long
 * that its note would not fit beside it, the note stands below it.
 */
export function described(rows: readonly (readonly [string, string, string])[], columns: number, gap = 2): string[] {
  const widest = (cells: readonly string[]): number => Math.max(0, ...cells.map(widthOf));
  const label = widest(rows.map(([text]) => text)) + gap;
  const room = columns - label - gap - widest(rows.map(([, , note]) => note));
  const value = widest(rows.flatMap(([, text, note]) => (note !== '' && widthOf(text) <= room ? [text] : [])));
  return rows.flatMap(([name, text, note]) => {
    const head = `${padded(name, label)}${text}`;
    if (note === '') return [head];
    const indent = ' '.repeat(label + (value > 0 ? value + gap : gap));
    return widthOf(text) <= value ? [`${padded(head, indent.length)}${note}`] : [head, `${indent}${note}`];
  });
}

/** `text` in lines of at most `columns`, broken at blanks; a word that is longer has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  return packed(text.split(' '), columns);
}

/** A call in quotes, which is to be copied whole, or a word. */
const PIECE = /(?<!\S)"[^"\s][^"]*"\S*|\S+/g;

/** Each line of `text` that is wider than `columns` broken at blanks, but not inside quotes that fit; what follows is indented. */
export function wrappedSentences(text: string, columns: number): string {
  const fits = (words: string): boolean => widthOf(words) <= columns - HANGING.length;
  return text
    .split('\n')
    .flatMap((line) => {
      if (widthOf(line) <= columns) return [line];
      const pieces = line.match(PIECE) ?? [];
      return packed(
        pieces.flatMap((piece) => (fits(piece) ? [piece] : piece.split(' '))),
        columns,
        HANGING,
      );
    })
    .join('\n');
}

const HANGING = '  ';

function packed(words: readonly string[], columns: number, indent = ''): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${indent}${word}`);
  }
  return lines;
}
