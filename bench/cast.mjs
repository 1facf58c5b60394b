import { problemOf } from './problem.mjs';

/** @import { Member, Starters, Stoppable } from './types.ts' */

/**
 * The servers of one section: the gateway and its peers, started once and used by all lines of the section. One that
 * cannot start is kept with the reason, and its lines say so.
 * @template {Stoppable} S
 */
export class Cast {
  /** @type {{ who: string, server?: S, problem?: string }[]} */
  #members = [];

  /**
   * @template {Stoppable} S
   * @param {Starters<S>} starters by the name that the table shows, the gateway first
   */
  static async start(starters) {
    /** @type {Cast<S>} */
    const cast = new Cast();
    for (const [who, start] of Object.entries(starters)) {
      try {
        cast.#members.push({ who, server: await start() });
      } catch (error) {
        cast.#members.push({ who, problem: problemOf(error) });
      }
    }
    return cast;
  }

  /**
   * Runs something with each member in turn, round after round, so that what disturbs the machine disturbs all alike.
   * @template R
   * @param {number} rounds
   * @param {(server: S, who: string) => Promise<R> | R} run
   * @param {string[]} names whom to run it with
   * @returns {Promise<Member<R>[]>}
   */
  async alternate(rounds, run, names = this.#members.map(({ who }) => who)) {
    const rows = this.#members
      .filter(({ who }) => names.includes(who))
      .map(({ who, server, problem }) => ({ who, server, problem, results: /** @type {R[]} */ ([]) }));
    for (let round = 0; round < rounds; round++) {
      for (const row of inTurn(rows, round)) {
        if (row.server === undefined || row.problem) continue;
        try {
          row.results.push(await run(row.server, row.who));
        } catch (error) {
          row.problem = problemOf(error);
        }
      }
    }
    return rows.map(({ who, results, problem }) => ({ who, results, problem }));
  }

  async stop() {
    await Promise.all(this.#members.map(({ server }) => server?.stop()));
  }
}

/**
 * The same where each round wants a server of its own, which is stopped after it.
 * @template {Stoppable} S
 * @template R
 * @param {Starters<S>} starters as those of `Cast.start`
 * @param {number} rounds
 * @param {(server: S, who: string) => Promise<R> | R} run
 * @returns {Promise<Member<R>[]>}
 */
export async function alternateNew(starters, rounds, run) {
  const rows = Object.entries(starters).map(([who, start]) => ({
    who,
    start,
    results: /** @type {R[]} */ ([]),
    problem: /** @type {string | undefined} */ (undefined),
  }));
  for (let round = 0; round < rounds; round++) {
    for (const row of inTurn(rows, round)) {
      if (row.problem) continue;
      try {
        row.results.push(await withServer(row.start, (server) => run(server, row.who)));
      } catch (error) {
        row.problem = problemOf(error);
      }
    }
  }
  return rows.map(({ who, results, problem }) => ({ who, results, problem }));
}

/**
 * @template {Stoppable} S
 * @template R
 * @param {() => Promise<S>} start
 * @param {(server: S) => Promise<R> | R} run
 */
async function withServer(start, run) {
  const server = await start();
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

/**
 * Who came first comes last in the next round: what the one leaves behind, the other has to bear as often.
 * @template T
 * @param {T[]} rows
 * @param {number} round
 */
const inTurn = (rows, round) => (round % 2 === 0 ? rows : rows.toReversed());
