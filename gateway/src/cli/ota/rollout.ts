import { setTimeout as after } from 'node:timers/promises';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { askGateway } from '../ask-gateway.ts';
import type { Reach } from '../reach.ts';
import { callOf, EXIT, type Shell, say, warn } from '../shell.ts';

/** A board that is sent firmware, as the gateway tells of it. */
export interface BoardView {
  client: string;
  state: 'waiting' | 'sending' | 'restarting' | 'done' | 'failed' | 'stopped';
  isHere: boolean;
  percent: number;
  why: string | null;
}

export interface RolloutView {
  id: string;
  version: string;
  board: string;
  bytes: number;
  timeMs: number;
  by: string | null;
  atOnce: number;
  stopAfter: number;
  isOver: boolean;
  counts: Record<BoardView['state'], number>;
}

export interface RolloutDetails extends RolloutView {
  boards: BoardView[];
}

const LOOK_EVERY_MS = 500;
const TELL_EVERY_PERCENT = 10;

export interface FollowOptions {
  /** How long boards that are away are waited for. */
  waitMs: number;
  isJson: boolean;
}

/** What the gateway answers about one rollout. */
export async function rolloutOf(shell: Shell, reach: Reach, id: string): Promise<RolloutDetails> {
  return (await askGateway(
    shell,
    reach.url,
    'GET',
    `/api/v1/firmware/${encodeURIComponent(id)}`,
    reach,
  )) as RolloutDetails;
}

/**
 * Shows how firmware gets to boards, until all run it or are away for too long.
 *
 * @throws GatewayError FLASH_FAILED where it failed, or somebody has ended the command; what has begun goes on then
 */
export async function followRollout(
  shell: Shell,
  reach: Reach,
  begun: RolloutDetails,
  { waitMs, isJson }: FollowOptions,
): Promise<number> {
  const told = new Map<string, string>();
  const startMs = performance.now();
  for (let rollout = begun; ; rollout = await rolloutOf(shell, reach, begun.id)) {
    for (const board of rollout.boards) {
      const key = `${board.state} ${board.isHere} ${Math.floor(board.percent / TELL_EVERY_PERCENT)}`;
      if (told.get(board.client) === key) continue;
      told.set(board.client, key);
      tell(shell, rollout, board, isJson);
    }
    if (rollout.isOver) return outcome(shell, rollout);
    const { counts } = rollout;
    const away = rollout.boards.filter(({ isHere, state }) => state === 'waiting' && !isHere).length;
    const isAllAway = away === counts.waiting && counts.sending + counts.restarting === 0;
    if (isAllAway && performance.now() - startMs >= waitMs) {
      const who = rollout.boards.length === 1 ? `${printable(begun.boards[0]?.client ?? '')} is` : `${away} boards are`;
      const call = callOf(shell.env, `ota status ${rollout.id}`);
      if (!isJson) warn(shell, `${who} away. The gateway keeps it, and sends it when they are back: ${call} shows it.`);
      return EXIT.fine;
    }
    if (shell.ended.aborted) {
      throw new GatewayError(
        'FLASH_FAILED',
        `You have ended the command; the gateway goes on with number ${begun.id}.`,
      );
    }
    await after(LOOK_EVERY_MS, undefined, { signal: shell.ended }).catch(() => {});
  }
}

function tell(shell: Shell, { version }: RolloutDetails, board: BoardView, isJson: boolean): void {
  const { client, percent, state, why } = board;
  if (isJson) {
    say(shell, JSON.stringify({ is: state, client, version, isHere: board.isHere, percent, why }));
    return;
  }
  const who = printable(client);
  switch (state) {
    case 'waiting':
      warn(shell, `${who} ${board.isHere ? 'waits for its turn' : 'is away; it is waited for'}.`);
      break;
    case 'sending':
      warn(shell, `${who}: ${version} is at ${percent} %`);
      break;
    case 'restarting':
      warn(shell, `${who}: ${version} is there, and begins when the sketch restarts.`);
      break;
    case 'done':
      say(shell, why === null ? `${who} runs ${version}.` : `${who} runs ${version}: ${printable(why)}.`);
      break;
    default:
      warn(shell, `${who} does not run ${version}: ${printable(why ?? state)}.`);
  }
}

function outcome(shell: Shell, { boards, counts, id, version }: RolloutDetails): number {
  if (counts.done === boards.length) return EXIT.fine;
  const [only] = boards;
  if (boards.length === 1 && only !== undefined) {
    const why = printable(only.why ?? only.state);
    throw new GatewayError('FLASH_FAILED', `${printable(only.client)} does not run ${version}: ${why}.`);
  }
  const sum = `${counts.done} of ${boards.length} boards run ${version}, ${counts.failed} failed, ${counts.stopped} were stopped`;
  throw new GatewayError('FLASH_FAILED', `${sum}: ${callOf(shell.env, `ota status ${id}`)} shows which.`);
}
