import { runManyDevices, runOneDevice } from './devices.mjs';
import { countIdle, openIdle } from './idle.mjs';
import { runPaced } from './paced.mjs';
import { serialPath } from './serial.mjs';
import { runThroughput } from './throughput.mjs';
import { runUpload } from './upload.mjs';

/** The load generator: a process of its own, which gets its jobs from its parent, one at a time. */
const JOBS = {
  throughput: runThroughput,
  paced: runPaced,
  oneDevice: runOneDevice,
  manyDevices: runManyDevices,
  idle: openIdle,
  countIdle,
  serialPath,
  upload: runUpload,
};

process.on('message', async (job) => {
  try {
    process.send({ result: await JOBS[job.kind](job) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
