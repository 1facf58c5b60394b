import { BEFORE, judge, timesBefore } from './asked.mjs';
import { printLine, printSection } from './report/table.mjs';
import { BUILT } from './subjects/gateway.mjs';

/** @import { Asked, Line, Options, Row, Section, Starters } from './types.ts' */

/** How much slower than the build before a line may be: less than a run can tell. */
const LEAST_OF_BEFORE = 0.97;

/** Collects the lines of a run, prints each as soon as it is there, and knows which were wanted. */
export class Bench {
  /** @type {Line[]} */
  lines = [];
  /** @type {Options} */
  #options;
  /** @type {Section | undefined} */
  #section = undefined;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  get options() {
    return this.#options;
  }

  /**
   * The lines of a section that --only leaves.
   * @template {{ name: string }} L
   * @param {string} title
   * @param {L[]} lines
   */
  wanted(title, lines) {
    return lines.filter(({ name }) => this.#options.only.test(`${title} ${name}`));
  }

  /**
   * Who is measured: the gateway, and beside it the peers, or the other build where there is one to compare with.
   * @template S
   * @param {(main: string) => Promise<S>} start starts the gateway whose cli/main.js that is
   * @param {Starters<S>} [peers]
   * @returns {Starters<S>}
   */
  starters(start, peers = {}) {
    const { before } = this.#options;
    return { gateway: () => start(BUILT), ...(before ? { [BEFORE]: () => start(before) } : peers) };
  }

  /** @param {Section} section */
  begin(section) {
    this.#section = section;
    printSection(section);
  }

  /**
   * Adds a line.
   * @param {{ name: string, unit: string, asked?: Asked }} line
   * @param {Row[]} rows the gateway's first: who, figure (median, min, max) or problem, more, lost, duplicated
   */
  add({ name, unit, asked }, rows) {
    const isBeside = asked?.kind === 'atMostTimesPeer' && rows.some(({ who }) => who === asked.peer);
    const isOwn = asked?.kind === 'timesBefore' || isBeside;
    const wish = this.#options.before && !isOwn ? timesBefore(LEAST_OF_BEFORE, unit) : asked;
    const judged = wish ? judge(wish, rows) : {};
    const line = { section: this.#section?.title ?? '', name, unit, asked: wish?.text, ...judged, rows };
    this.lines.push(line);
    printLine(line);
  }

  /** Something could not be measured; peers that are not installed may be excused. */
  get incomplete() {
    /** @param {Row} row */
    const bad = (row) => row.problem && !(this.#options.allowMissing && row.who !== 'gateway');
    return this.lines.some((line) => line.rows.some(bad));
  }
}
