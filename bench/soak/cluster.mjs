import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { ROOT } from '../../scripts/lib/root.mjs';

const TESTS = ['models/schedules', 'kept', 'retained', 'copies'];

/**
 * The tests of what gateways tell one another, in their long form: links are cut for 30 s, and a thousand schedules are run.
 *
 * @returns {Promise<boolean>}
 */
export async function soakCluster() {
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const files = TESTS.map((name) => path.join('gateway', 'test', 'integrations', 'nats', name));
  const env = { ...process.env, CROSSCOMM_LONG: 'yes', FC_SEED: process.env.FC_SEED ?? String(randomInt(2 ** 31)) };
  const run = spawn(process.execPath, [vitest, 'run', '--maxWorkers', '1', ...files], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  const [code] = await once(run, 'exit');
  return code === 0;
}
