import { judge } from './asked.mjs';
import { printLine, printSection } from './report/table.mjs';

/** Collects the lines of a run, prints each as soon as it is there, and knows which were wanted. */
export class Bench {
  lines = [];
  #options;
  #section = undefined;

  constructor(options) {
    this.#options = options;
  }

  get options() {
    return this.#options;
  }

  /** The lines of a section that --only leaves. */
  wanted(title, lines) {
    return lines.filter(({ name }) => this.#options.only.test(`${title} ${name}`));
  }

  /** @param {{ title: string, note?: string, more?: string, showsLoss?: boolean }} section */
  begin(section) {
    this.#section = section;
    printSection(section);
  }

  /**
   * Adds a line.
   * @param {{ name: string, unit: string, asked?: object }} line
   * @param {object[]} rows the gateway's first: who, figure (median, min, max) or problem, more, lost, duplicated
   */
  add({ name, unit, asked }, rows) {
    const judged = asked ? judge(asked, rows) : {};
    const line = { section: this.#section.title, name, unit, asked: asked?.text, ...judged, rows };
    this.lines.push(line);
    printLine(line);
  }

  /** Something could not be measured; peers that are not installed may be excused. */
  get incomplete() {
    const bad = (row) => row.problem && !(this.#options.allowMissing && row.who !== 'gateway');
    return this.lines.some((line) => line.rows.some(bad));
  }
}
