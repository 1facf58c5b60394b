import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '../../common/printable.ts';
import type { TraceAnswer } from '../../web/api/trace.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, UsageError, warn } from '../shell.ts';
import { timeOfDay } from '../time-of-day.ts';

export interface TraceOptions extends ReachOptions {
  follow?: boolean;
  json?: boolean;
  limit?: string;
}

/** How often the gateway is asked for what is new. */
const FOLLOW_MS = 500;
/** How many are asked for at once; more than the gateway writes down in the time between. */
const MOST = 1000;
const DEFAULT_LIMIT = 20;

/** `crosscomm trace`: what became of the messages that a client sent or that were for it, or for a channel. */
export async function trace(shell: Shell, about: string | undefined, options: TraceOptions): Promise<number> {
  const { follow = false, json = false, limit, ...reach } = options;
  const most = limitOf(limit);
  const { url, ...credential } = await reachOf(shell, reach);
  const ask = async (question: Record<string, string>): Promise<TraceAnswer> => {
    const query = new URLSearchParams({ ...(about !== undefined && { about }), ...question });
    return (await askGateway(shell, url, 'GET', `/api/v1/trace?${query}`, credential)) as TraceAnswer;
  };
  const show = (messages: TraceAnswer['messages']): void => {
    for (const message of messages) say(shell, json ? JSON.stringify(message) : line(shell, message));
  };
  let answer = await ask({ limit: String(most) });
  show(answer.messages);
  if (!json) explain(shell, about, answer);
  while (follow && (await passed(FOLLOW_MS, shell.ended))) {
    answer = await ask({ limit: String(MOST), after: String(answer.last) });
    show(answer.messages);
  }
  return EXIT.fine;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit is a whole number from 1 to ${MOST}, not "${printable(text)}".`);
}

/** What a person wonders about who sees few lines, or none. */
function explain(shell: Shell, about: string | undefined, { messages, leftOut, sinceMs }: TraceAnswer): void {
  const since = timeOfDay(sinceMs);
  if (messages.length === 0) {
    const which = about === undefined ? 'No message was sent' : `No message was sent to ${printable(about)} or by it`;
    warn(shell, `${which} since ${since}, as far as the gateway knows.`);
  }
  if (leftOut === 0) return;
  warn(
    shell,
    `${leftOut} other messages since ${since} were too many at once to be noted, those that arrived first of all.`,
  );
}

function line(shell: Shell, { timestampMs, from, to, isFailed, sentence }: TraceAnswer['messages'][number]): string {
  const paint = paintOf(shell);
  const who = `${paint.cyan(printable(from || '?'))} ${paint.dim('->')} ${paint.green(printable(to))}`;
  const what = printable(sentence);
  return `${paint.dim(timeOfDay(timestampMs))}  ${who}  ${isFailed ? paint.yellow(what) : what}`;
}

/** True after the time; false at once when the person ends the command. */
async function passed(ms: number, ended: AbortSignal): Promise<boolean> {
  if (ended.aborted) return false;
  try {
    await sleep(ms, undefined, { signal: ended });
    return true;
  } catch {
    return false;
  }
}
