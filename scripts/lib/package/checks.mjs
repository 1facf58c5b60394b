import { tell } from '../progress.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */

/** What was looked at, and how it ended. */
export class Checks {
  passed = 0;
  failed = 0;

  /**
   * @param {string} sentence
   * @param {boolean} isTrue
   * @param {string} said shown where it is not
   */
  that(sentence, isTrue, said = '') {
    if (isTrue) this.passed += 1;
    else this.failed += 1;
    tell(`${isTrue ? 'ok  ' : 'FAILED  '}${sentence}${isTrue || said === '' ? '' : `\n${said.slice(-4000)}`}`);
  }

  /**
   * That a line of the shell ends well, and says what it should.
   *
   * @param {Machine} machine
   * @param {string} sentence
   * @param {string} line
   * @param {RegExp} [expected]
   * @param {{ input?: string, env?: Record<string, string> }} [options]
   */
  line(machine, sentence, line, expected = /(?:)/, options = {}) {
    const { status, output } = machine.run(line, options);
    this.that(sentence, status === 0 && expected.test(output), `$ ${line}\n${output}exit code ${status}`);
  }
}
