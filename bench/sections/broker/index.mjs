import { Cast } from '../../cast.mjs';
import { EVERY_LINE, findBrokers } from '../../subjects/brokers.mjs';
import { crowdJob } from './crowd.mjs';
import { fanInJob, flowJobs } from './messages.mjs';
import { TITLE, task } from './plan.mjs';
import { forgetFilled, returnJob, startJob } from './restart.mjs';
import { storedJobs } from './stored.mjs';

/** @import { Server, Starters } from '../../types.ts' */
/** @import { Bench } from '../../bench.mjs' */
/** @import { Task } from './plan.mjs' */

/**
 * The gateway as an MQTT broker, with each of its cores and in each version, beside mosquitto with its persistence on, bare aedes, and the
 * floor of Node.
 * @param {Bench} bench
 */
export async function benchBroker(bench) {
  /** @type {{ note: string, more: string, showsLoss?: boolean, isShared?: boolean, tasks: Task[] }[]} `isShared`: by servers that go on running */
  const blocks = [
    {
      note: 'messages a second, as many as it takes; processor time of a delivery',
      more: 'processor',
      showsLoss: true,
      isShared: true,
      tasks: flowJobs(bench).map(task),
    },
    {
      note: '500 publishers of 20 messages a second; processor time and lateness of a message',
      more: 'lateness',
      showsLoss: true,
      isShared: true,
      tasks: [task(fanInJob(bench))],
    },
    {
      note: '4,000 clients of a server that has just started; resident memory',
      more: 'processor',
      tasks: [task(crowdJob)],
    },
    { note: 'messages of QoS 1 that are kept', more: 'processor', showsLoss: true, tasks: storedJobs.map(task) },
    { note: 'after a restart: sessions with a queue of 5 each', more: '', showsLoss: true, tasks: [task(returnJob)] },
    { note: '100,000 retained messages, and 100,000 in 100 queues', more: 'processor', tasks: [task(startJob)] },
  ];
  const wanted = blocks.filter(({ tasks }) => tasks.some((each) => each.wanted(bench, EVERY_LINE).length > 0));
  if (wanted.length === 0) return;
  const brokers = await findBrokers(bench.options);
  for (const { tasks, isShared, ...heading } of wanted) {
    const names = tasks.flatMap((each) => each.wanted(bench, brokers.lines));
    if (names.length === 0) continue;
    bench.begin({ title: TITLE, ...heading });
    const cast = isShared ? await Cast.start(startersOf(brokers.start, names)) : undefined;
    for (const each of tasks) await each.run(bench, brokers, cast);
    await cast?.stop();
    forgetFilled();
  }
  if (brokers.missing.length > 0) console.log(`This build does not have: ${brokers.missing.join(', ')}`);
}

/**
 * @param {Awaited<ReturnType<typeof findBrokers>>['start']} start
 * @param {string[]} names
 */
function startersOf(start, names) {
  /** @type {Starters<Server>} */
  const starters = {};
  for (const name of names) starters[name] = () => start[name]({});
  return starters;
}
