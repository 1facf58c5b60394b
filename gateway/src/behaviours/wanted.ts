import type { Count, Vote } from './count.ts';

/** What is asked for: a behaviour of a channel. What is equal is one for all who want it. */
export type Wanted =
  | { kind: 'awareness'; channel: string; keys: readonly string[]; timeoutMs: number }
  | { kind: 'gather'; channel: string; key: string; timeoutMs: number }
  | { kind: 'leader'; channel: string }
  | { kind: 'sync'; channel: string }
  | { kind: 'consensus'; channel: string; key: string }
  | { kind: 'poll'; channel: string }
  | { kind: 'spread'; channel: string; key: string }
  | { kind: 'spatial'; channel: string; key: string };

/** What is asked in a poll. */
export interface Question {
  readonly text: string;
  readonly count: Count;
  /** What may be voted for; none: anything. */
  readonly options: readonly unknown[];
  /** With fewer votes there is no result. */
  readonly quorum: number;
  readonly timeoutMs: number;
}

/** What a client that asks does there itself. */
export type Act =
  /** It wants to lead, or does not any more. */
  | { kind: 'leader'; stand: boolean }
  /** The time from pulse to pulse; `set`: also where the beat has one already. */
  | { kind: 'sync'; periodMs: number; set: boolean }
  /** It asks a question, votes, or ends the poll before its time. */
  | { kind: 'poll'; open: Question }
  | { kind: 'poll'; vote: Vote }
  | { kind: 'poll'; close: true }
  /** It wants a role, or none any more. */
  | { kind: 'spread'; take: boolean }
  /** It wants to know who is within reach, and through whom it reaches another one. */
  | { kind: 'spatial'; reach: number; to: string | undefined };

/** The name of a behaviour's kind, of its channel, and of what of it is meant. */
export function nameOf({ kind, channel, ...options }: Wanted): string {
  return JSON.stringify([kind, channel, 'key' in options ? options.key : '']);
}

/** The fields by which messages about it are known. */
export function aboutOf(wanted: Wanted): Record<string, unknown> {
  const key = 'key' in wanted ? { key: wanted.key } : {};
  return { [wanted.kind]: wanted.channel, ...key };
}
