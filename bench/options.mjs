import path from 'node:path';
import { parseArgs } from 'node:util';

/** @import { Options } from './types.ts' */

export const HELP = `npm run bench -- [options]

Measures the gateway beside its peers, in the same run, and prints each figure beside the one that was asked for.

  --quick          rounds of 1 s, and fewer starts
  --rounds N       how many rounds each figure is the median of (3)
  --seconds N      how long a round measures (2.5)
  --only PATTERN   only the lines whose name matches this regular expression, such as "oocsi", "latency.*mqtt"
  --before FOLDER  beside another build of the gateway, in the checkout FOLDER, instead of the peers: round by round,
                   with the ratio of the pairs, of which none should be below 0.97
  --json FILE      writes every figure to FILE too
  --profile DIR    writes processor profiles of the gateway to DIR (open them in Chrome's developer tools)
  --allow-missing  exit code 0 also where a peer (mosquitto, pywayne) is not installed
  --help           this text

Environment: CROSSCOMM_BENCH_GATEWAY, the cli/main.js of another build; CROSSCOMM_BENCH_PYTHON, a Python with pywayne.

A figure that misses its target is marked, and the exit code stays 0; 1 means that something could not be measured.
`;

/**
 * Reads the command line; throws a TypeError on what it does not know.
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      only: { type: 'string', default: '' },
      before: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      'allow-missing': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 2.5));
  const rounds = Number(values.rounds);
  if (!(seconds > 0)) throw new TypeError('--seconds wants a number above 0');
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError('--rounds wants a whole number above 0');
  return {
    quick: values.quick,
    rounds,
    measureMs: seconds * 1000,
    warmupMs: values.quick ? 500 : 1000,
    starts: values.quick ? 3 : 5,
    only: new RegExp(values.only, 'i'),
    before: values.before && path.resolve(values.before, 'gateway', 'dist', 'cli', 'main.js'),
    jsonFile: values.json,
    profile: values.profile,
    allowMissing: values['allow-missing'],
    help: values.help,
  };
}
