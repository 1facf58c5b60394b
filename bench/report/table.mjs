import { bold, dim, green, red, yellow } from './colour.mjs';

/** @import { Line, Section } from '../types.ts' */

const VERDICTS = {
  ok: green('ok'),
  floor: green('ok, at the floor'),
  missed: red('MISSED'),
  unknown: yellow('not measured'),
};

/**
 * How numbers of a unit are written.
 * @type {Record<string, number>}
 */
const DIGITS = { 'msg/s': 0, ms: 3, KB: 1, MB: 1, 'MB/s': 1, s: 2, us: 1, '%': 1 };

const WIDTHS = { name: 34, who: 11, figure: 14, more: 19, range: 20, lost: 6, asked: 23, ratio: 7 };

/**
 * @param {number} value
 * @param {string} unit
 */
function number(value, unit) {
  const digits = DIGITS[unit] ?? 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {Record<keyof typeof WIDTHS | "verdict", string>} cells */
function row(cells) {
  const { name, who, figure, more, range, lost, asked, ratio } = WIDTHS;
  return [
    cells.name.padEnd(name),
    cells.who.padEnd(who),
    cells.figure.padStart(figure),
    cells.more.padStart(more),
    cells.range.padStart(range),
    cells.lost.padStart(lost),
    ` ${cells.asked}`.padEnd(asked),
    cells.ratio.padStart(ratio),
    ` ${cells.verdict}`,
  ]
    .join(' ')
    .trimEnd();
}

/**
 * Prints a section's title and the heads of its columns.
 * @param {Section} section
 */
export function printSection({ title, note, more, showsLoss }) {
  console.log(`\n${bold(title)}${note ? dim(`  ${note}`) : ''}`);
  const heads = {
    name: '',
    who: '',
    figure: 'median',
    more: more ?? '',
    range: 'lowest - highest',
    lost: showsLoss ? 'lost' : '',
    asked: 'asked',
    ratio: 'ratio',
    verdict: '',
  };
  console.log(dim(row(heads)));
}

/**
 * Prints a line: the gateway's figure with what was asked, and its peers' below it.
 * @param {Line} line
 */
export function printLine(line) {
  line.rows.forEach((subject, index) => {
    const first = index === 0;
    if (subject.isRepeated) return;
    if (subject.problem || subject.figure === undefined) {
      const text = `${first ? line.name : ''}`.padEnd(WIDTHS.name);
      console.log(`${text} ${subject.who.padEnd(WIDTHS.who)} ${yellow((subject.problem ?? '').split('\n')[0])}`);
      return;
    }
    const { median, min, max } = subject.figure;
    const ratio = first ? line.ratio : line.rows[0].figure && line.rows[0].figure.median / median;
    const cells = {
      name: first ? line.name : '',
      who: subject.who,
      figure: `${number(median, line.unit)} ${line.unit}`,
      more: subject.more ?? '',
      range: `${number(min, line.unit)} - ${number(max, line.unit)}`,
      lost: subject.lost === undefined ? '' : number(subject.lost + (subject.duplicated ?? 0), ''),
      asked: first ? (line.asked ?? '') : '',
      ratio: ratio === undefined || (first && !line.asked) ? '' : ratio.toFixed(2),
      verdict: first && line.verdict ? VERDICTS[line.verdict] : '',
    };
    console.log(first ? row(cells) : dim(row(cells)));
    if (subject.note) console.log(yellow(`${''.padEnd(WIDTHS.name)} ${subject.note}`));
  });
}
