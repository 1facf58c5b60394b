import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../storage/atomic-file.ts';
import type { Rollout, Target, TargetState } from './rollout.ts';

const STATES: readonly TargetState[] = ['waiting', 'sending', 'restarting', 'done', 'failed', 'stopped'];

/** All that is kept of rollouts over a restart. */
export interface KeptRollouts {
  /** The number of the newest there ever was. */
  last: number;
  rollouts: Rollout[];
}

/** Reads them; none where there is no file. Throws an Error where it is no such file. */
export async function readRollouts(path: string): Promise<KeptRollouts> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { last: 0, rollouts: [] };
  const { version, last, rollouts } = JSON.parse(text) as { version: unknown } & KeptRollouts;
  if (version !== 1 || !Number.isSafeInteger(last) || !Array.isArray(rollouts)) throw new Error('no such file');
  return { last, rollouts: rollouts.map(readRollout) };
}

/** Writes them; they are on the disk when this resolves. */
export async function writeRollouts(path: string, { last, rollouts }: KeptRollouts): Promise<void> {
  const text = JSON.stringify({ version: 1, last, rollouts: rollouts.map(recordOf) });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, `${text}\n`);
}

function recordOf({ targets, ...rollout }: Rollout): object {
  return { ...rollout, targets: targets.map(({ client, state, why }) => [client, state, ...(why ? [why] : [])]) };
}

function readRollout(record: Rollout): Rollout {
  const { id, version, board, bytes, digest, timeMs, by, atOnce, stopAfter, targets } = record;
  const isIt =
    [id, version, board, digest].every((text) => typeof text === 'string') &&
    [bytes, timeMs, atOnce, stopAfter].every((number) => Number.isFinite(number)) &&
    /^[0-9a-f]{64}$/.test(digest) &&
    Array.isArray(targets);
  if (!isIt) throw new Error('no such file');
  const read = targets.map((target) => readTarget(target as unknown as unknown[]));
  return { id, version, board, bytes, digest, timeMs, by, atOnce, stopAfter, targets: read };
}

function readTarget([client, state, why]: unknown[]): Target {
  if (typeof client !== 'string' || !STATES.includes(state as TargetState)) throw new Error('no such file');
  // What was being sent goes on when the board is here; the board knows from where.
  const now = state === 'sending' ? 'waiting' : (state as TargetState);
  return { client, state: now, percent: 0, why: typeof why === 'string' ? why : undefined };
}
