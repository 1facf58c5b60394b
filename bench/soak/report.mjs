import { bold, green, red } from '../report/colour.mjs';
import { median } from '../stats.mjs';

/** @import { Account, Growth } from '../types.ts' */

/** @type {('sent' | 'accepted' | 'lost' | 'twice' | 'inDoubt')[]} */
const COLUMNS = ['sent', 'accepted', 'lost', 'twice', 'inDoubt'];
const HEADS = ['SENT', 'ACCEPTED', 'LOST', 'TWICE', 'IN DOUBT'];
/** @typedef {{ links: number, resets: number, lost: number }} Counts what befell the devices of a fleet */
/** @typedef {{ acknowledged: number, faults: string[] }} Sleepers what was published for the MQTT clients that are mostly away */
/** @typedef {{ rows: Account[], counts: Counts[], sleepers: Sleepers, restarts: number[], growth: Growth, undrained: number, minutes: number }} Report */

const SHOWN_EXAMPLES = 5;

/**
 * Prints the table; true where all is well.
 * @param {Report} of
 */
export function printReport({ rows, counts, sleepers, restarts, growth, undrained, minutes }) {
  /** @param {string | number} text */
  const cell = (text) => String(text).padStart(10);
  console.log(bold(['SOURCE'.padEnd(14), ...HEADS.map(cell)].join(' ')));
  for (const row of rows) {
    console.log([row.source.padEnd(14), ...COLUMNS.map((name) => cell(row[name].toLocaleString('en-US')))].join(' '));
  }
  /** @param {keyof Counts} name */
  const sum = (name) => counts.reduce((total, each) => total + each[name], 0);
  const { firstMb, lastMb, mostMb } = growth;
  console.log(`
${minutes} minutes, ${restarts.length} kills; ready again after ${restarts.length > 0 ? (median(restarts) / 1000).toFixed(1) : '-'} s (median)
${sum('links')} links lost, ${sum('resets')} resets, ${sum('lost')} readings lost with a device's memory
${sleepers.acknowledged.toLocaleString('en-US')} messages for MQTT sessions that are mostly away, ${sleepers.faults.length} faults
gateway: ${firstMb.toFixed(0)} MB at first, ${lastMb.toFixed(0)} MB at last, ${mostMb.toFixed(0)} MB at most
in doubt: the gateway was killed after it took a message and before it acknowledged it, so that it came again`);
  const faults = [
    ...rows.flatMap(({ examples }) => examples.slice(0, SHOWN_EXAMPLES)),
    ...sleepers.faults.slice(0, SHOWN_EXAMPLES),
    ...(undrained > 0 ? [`${undrained} messages were not acknowledged at the end`] : []),
    ...(growth.grew ? ['the memory of the gateway grew'] : []),
    ...(rows.some(({ accepted, source }) => accepted === 0 && source !== 'CrossComm')
      ? ['a source had no success']
      : []),
  ];
  for (const fault of faults) console.log(red(fault));
  console.log(faults.length === 0 ? green('All is well.') : red('All is not well.'));
  return faults.length === 0;
}
