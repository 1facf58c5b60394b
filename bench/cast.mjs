/**
 * The servers of one section: the gateway and its peers, started once and used by all lines of the section. One that
 * cannot start is kept with the reason, and its lines say so.
 */
export class Cast {
  #members = [];

  /** @param {Record<string, () => Promise<object>>} starters by the name that the table shows, the gateway first */
  static async start(starters) {
    const cast = new Cast();
    for (const [who, start] of Object.entries(starters)) {
      try {
        cast.#members.push({ who, server: await start() });
      } catch (error) {
        cast.#members.push({ who, problem: error.message });
      }
    }
    return cast;
  }

  /**
   * Runs something with each member in turn, round after round, so that what disturbs the machine disturbs all alike.
   * @returns {Promise<{ who: string, results: object[], problem?: string }[]>}
   */
  async alternate(rounds, run, names = this.#members.map(({ who }) => who)) {
    const rows = this.#members
      .filter(({ who }) => names.includes(who))
      .map(({ who, server, problem }) => ({ who, server, problem, results: [] }));
    for (let round = 0; round < rounds; round++) {
      for (const row of inTurn(rows, round)) {
        if (row.problem) continue;
        try {
          row.results.push(await run(row.server));
        } catch (error) {
          row.problem = error.message;
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
 * @param {Record<string, () => Promise<object>>} starters as those of `Cast.start`
 * @returns {Promise<{ who: string, results: object[], problem?: string }[]>}
 */
export async function alternateNew(starters, rounds, run) {
  const rows = Object.entries(starters).map(([who, start]) => ({ who, start, results: [], problem: undefined }));
  for (let round = 0; round < rounds; round++) {
    for (const row of inTurn(rows, round)) {
      if (row.problem) continue;
      try {
        row.results.push(await withServer(row.start, run));
      } catch (error) {
        row.problem = error.message;
      }
    }
  }
  return rows.map(({ who, results, problem }) => ({ who, results, problem }));
}

async function withServer(start, run) {
  const server = await start();
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

/** Who came first comes last in the next round: what the one leaves behind, the other has to bear as often. */
const inTurn = (rows, round) => (round % 2 === 0 ? rows : rows.toReversed());
