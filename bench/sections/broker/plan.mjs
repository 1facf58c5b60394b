import { alternateNew, Cast } from '../../cast.mjs';
import { whoOf } from '../../subjects/brokers.mjs';
import { Load } from '../../subjects/load.mjs';

/** @import { Asked, Member, Row, Server, Starters } from '../../types.ts' */
/** @import { Bench } from '../../bench.mjs' */
/** @import { findBrokers, How, Variant } from '../../subjects/brokers.mjs' */

/** @typedef {Awaited<ReturnType<typeof findBrokers>>} Brokers */
/** @typedef {Brokers['lines'][number]} LineNames */

/**
 * What is shown of a job's results in one line, for each variant of the gateway.
 * @template R
 * @typedef {{ name: string, unit: string, asked: Asked, row: (member: Member<R>) => Row }} Figure
 */

/**
 * Something that every broker does: `prepare`: what has to be done before a round's server starts, once for each; it returns how that is started.
 * @template R
 * @typedef {object} Job
 * @property {Figure<R>[]} figures
 * @property {(server: Server, load: Load, name: string) => Promise<R>} run
 * @property {How} [how]
 * @property {string[]} [without] who cannot do it
 * @property {Variant['core']} [withoutCore] the core with which it would say the same again
 * @property {(start: (how: How) => Promise<Server>, name: string) => Promise<How>} [prepare]
 */

export const TITLE = 'Broker';

/**
 * A job whose results are its own business.
 * @typedef {object} Task
 * @property {(bench: Bench, lines: LineNames[]) => string[]} wanted by whom it has to be done, for the lines that are wanted
 * @property {(bench: Bench, brokers: Brokers, cast?: Cast<Server>) => Promise<void>} run does it round after round and adds its lines; `cast`: who
 *   is running already
 */

/**
 * @template R
 * @param {Job<R>} job
 * @returns {Task}
 */
export function task(job) {
  return {
    wanted: (bench, lines) => namesOf(linesOf(bench, lines, job)),
    async run(bench, brokers, cast) {
      const lines = linesOf(bench, brokers.lines, job);
      if (lines.length === 0) return;
      const members = await membersOf(
        bench,
        job,
        cast ?? (await startersOf(brokers, job, namesOf(lines))),
        namesOf(lines),
      );
      addLines(bench, lines, members);
    },
  };
}

/**
 * The lines of a job that are wanted.
 * @template R
 * @param {Bench} bench
 * @param {LineNames[]} variants
 * @param {Job<R>} job
 */
function linesOf(bench, variants, { figures, without = [], withoutCore }) {
  const lines = figures.flatMap((figure) =>
    variants
      .filter(({ core }) => core === undefined || core !== withoutCore)
      .map(({ suffix, names }) => ({
        name: figure.name + suffix,
        figure,
        names: names.filter((name) => !without.includes(whoOf(name))),
      })),
  );
  return bench.wanted(TITLE, lines);
}

/** @param {{ names: string[] }[]} lines */
const namesOf = (lines) => [...new Set(lines.flatMap(({ names }) => names))];

/**
 * @template R
 * @param {Bench} bench
 * @param {Job<R>} job
 * @param {Cast<Server> | Starters<Server>} whom
 * @param {string[]} names
 */
async function membersOf({ options: { rounds } }, job, whom, names) {
  /** @type {Load | undefined} */
  let load;
  /**
   * @param {Server} server
   * @param {string} name
   */
  const run = (server, name) => {
    if (load === undefined || load.hasEnded) load = new Load();
    return job.run(server, load, name);
  };
  const isRunning = whom instanceof Cast;
  const members = await (isRunning ? whom.alternate(rounds, run, names) : alternateNew(whom, rounds, run));
  load?.stop();
  return members;
}

/**
 * @template R
 * @param {Bench} bench
 * @param {{ name: string, figure: Figure<R>, names: string[] }[]} lines
 * @param {Member<R>[]} members
 */
function addLines(bench, lines, members) {
  const shown = new Set();
  for (const { name, figure, names } of lines) {
    const rows = names.flatMap((each) => {
      const isRepeated = shown.has(figure.name + each);
      shown.add(figure.name + each);
      const mine = members.filter(({ who }) => who === each);
      return mine.map((member) => ({ ...figure.row(member), who: whoOf(each), ...(isRepeated ? { isRepeated } : {}) }));
    });
    const { unit, asked } = figure;
    bench.add({ name, unit, asked }, rows);
  }
}

/**
 * @template R
 * @param {Brokers} brokers
 * @param {Job<R>} job
 * @param {string[]} names
 */
async function startersOf({ start }, { how = {}, prepare }, names) {
  /** @type {Starters<Server>} */
  const starters = {};
  for (const name of names) {
    /** @type {Promise<How>} */
    const prepared = prepare ? prepare(start[name], name) : Promise.resolve(how);
    // What went wrong is told in the first round.
    await prepared.catch(() => {});
    starters[name] = async () => start[name](await prepared);
  }
  return starters;
}
