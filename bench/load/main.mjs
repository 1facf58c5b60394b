import { problemOf } from '../problem.mjs';
import { countCrowd, runCrowd } from './broker/crowd.mjs';
import { runFanIn } from './broker/fan-in.mjs';
import { runFlow } from './broker/flow.mjs';
import { runFill, runReturn } from './broker/sessions.mjs';
import { runAway, runRetained } from './broker/stored.mjs';
import { runManyDevices, runOneDevice } from './devices.mjs';
import { runHandshakes } from './handshakes.mjs';
import { countIdle, openIdle } from './idle.mjs';
import { runJoins } from './joins.mjs';
import { runPaced } from './paced.mjs';
import { runRoom } from './room.mjs';
import { serialPath } from './serial.mjs';
import { countSilent, openSilent } from './silent.mjs';
import { runThroughput } from './throughput.mjs';
import { runUpload } from './upload.mjs';

/** @import { Jobs, Kind, Runners } from '../job-types.ts' */

/**
 * The load generator: a process of its own, which gets its jobs from its parent, one at a time.
 * @type {Runners}
 */
const JOBS = {
  throughput: runThroughput,
  paced: runPaced,
  oneDevice: runOneDevice,
  manyDevices: runManyDevices,
  idle: openIdle,
  countIdle,
  silent: openSilent,
  countSilent,
  flow: runFlow,
  fanIn: runFanIn,
  crowd: runCrowd,
  countCrowd,
  retained: runRetained,
  away: runAway,
  fill: runFill,
  return: runReturn,
  joins: runJoins,
  room: runRoom,
  handshakes: runHandshakes,
  serialPath,
  upload: runUpload,
};

/**
 * @template {Kind} K
 * @param {{ kind: K } & Jobs[K]} job
 */
const run = (job) => JOBS[job.kind](job);

process.on('message', async (/** @type {{ kind: Kind } & Jobs[Kind]} */ job) => {
  try {
    process.send?.({ result: await run(job) });
  } catch (error) {
    process.send?.({ error: problemOf(error) });
  }
});
process.on('disconnect', () => process.exit());
