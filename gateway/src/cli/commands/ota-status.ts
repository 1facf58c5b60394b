import { printable } from '../../common/printable.ts';
import { askGateway } from '../ask-gateway.ts';
import { type RolloutDetails, type RolloutView, rolloutOf } from '../ota/rollout.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, type Shell, say } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface OtaStatusOptions extends ReachOptions {
  json?: boolean;
}

/** `crosscomm ota status`: of all, or of one, board by board. */
export async function otaStatus(shell: Shell, id: string | undefined, options: OtaStatusOptions): Promise<number> {
  const reach = await reachOf(shell, options);
  if (id !== undefined) {
    const rollout = await rolloutOf(shell, reach, id);
    if (options.json) say(shell, JSON.stringify(rollout));
    else sayBoards(shell, rollout);
    return EXIT.fine;
  }
  const answer = (await askGateway(shell, reach.url, 'GET', '/api/v1/firmware', reach)) as { rollouts: RolloutView[] };
  if (options.json) say(shell, JSON.stringify(answer));
  else if (answer.rollouts.length === 0) say(shell, 'No firmware was sent to boards in the network yet.');
  else sayRollouts(shell, answer.rollouts);
  return EXIT.fine;
}

function sayRollouts(shell: Shell, rollouts: readonly RolloutView[]): void {
  const titles = ['NUMBER', 'VERSION', 'BOARD', 'BEGUN (UTC)', 'RUN IT', 'ON THE WAY', 'WAIT', 'FAILED', 'STOPPED'];
  const rows = rollouts.map(({ id, version, board, timeMs, counts }) => [
    ...[id, version, printable(board), new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')],
    ...[counts.done, counts.sending + counts.restarting, counts.waiting, counts.failed, counts.stopped].map(String),
  ]);
  sayTable(shell, titles, rows);
}

function sayBoards(shell: Shell, { boards, id, version }: RolloutDetails): void {
  say(shell, `Number ${id}, firmware ${version}:`);
  const rows = boards.map(({ client, isHere, percent, state, why }) => {
    const how = state === 'waiting' && !isHere ? 'is away' : state === 'sending' ? `${percent} %` : WORDS[state];
    return [printable(client), how, printable(why ?? '')];
  });
  sayTable(shell, ['CLIENT', 'HOW IT IS', 'WHY'], rows);
}

const WORDS = {
  waiting: 'waits',
  sending: 'takes it',
  restarting: 'has it, restarts',
  done: 'runs it',
  failed: 'failed',
  stopped: 'stopped',
} as const;
