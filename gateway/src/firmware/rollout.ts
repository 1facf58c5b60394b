/**
 * How far one board is. `waiting`: it is away, or its turn has not come; `sending`: it takes the file; `restarting`: it has it, whole;
 * `done`: it said that it runs; `stopped`: it gets nothing of it any more.
 */
export type TargetState = 'waiting' | 'sending' | 'restarting' | 'done' | 'failed' | 'stopped';

/** One board that is to get firmware. */
export interface Target {
  readonly client: string;
  state: TargetState;
  /** How much of the file the board has. */
  percent: number;
  /** Why it has failed or was stopped, or what is to be said of it besides: a part of a sentence. */
  why: string | undefined;
}

/** Firmware for some boards, and how it goes. */
export interface Rollout {
  /** "1", "2": unique in this gateway. */
  readonly id: string;
  /** Of the firmware: "1.4.0". */
  readonly version: string;
  readonly board: string;
  /** Of the file. */
  readonly bytes: number;
  readonly digest: string;
  /** When it was begun; milliseconds since 1970. */
  readonly timeMs: number;
  /** The account that began it; undefined: nobody's. */
  readonly by: string | undefined;
  /** How many boards take it at once. */
  readonly atOnce: number;
  /** After so many failures nothing more is sent. */
  readonly stopAfter: number;
  readonly targets: readonly Target[];
}

/** Whether nothing more happens to it. */
export function isOver({ targets }: Pick<Rollout, 'targets'>): boolean {
  return !targets.some(isOpen);
}

/** Whether the board may still get it, or say that it runs. */
export function isOpen({ state }: Target): boolean {
  return state === 'waiting' || isUnderWay({ state });
}

/** Whether the board is being written, or restarts. */
export function isUnderWay({ state }: Pick<Target, 'state'>): boolean {
  return state === 'sending' || state === 'restarting';
}

/** How many targets are in each state. */
export function countsOf({ targets }: Pick<Rollout, 'targets'>): Record<TargetState, number> {
  const counts = { waiting: 0, sending: 0, restarting: 0, done: 0, failed: 0, stopped: 0 };
  for (const { state } of targets) counts[state]++;
  return counts;
}

/** Ends what has not begun, and what is being sent; the boards whose sending ended are answered. */
export function stop(rollout: Rollout, why: string): Target[] {
  const sending = rollout.targets.filter(({ state }) => state === 'sending');
  for (const target of rollout.targets) {
    if (target.state !== 'waiting' && target.state !== 'sending') continue;
    target.state = 'stopped';
    target.why = why;
  }
  return sending;
}

/** What a board said of its firmware: which version it means, and what became of that. */
export type Said =
  | { is: 'runs' | 'already' | 'ready' | 'broken'; version: string | undefined }
  | { is: 'refused'; version: string | undefined; why: string };

const LINE = /^(that came|[\d.]{1,20}) (.{1,200})$/;

/** Reads what comes behind "firmware" in a device's log (SPEC.md, section 20); undefined: nothing that changes anything. */
export function readSaid(text: string): Said | undefined {
  const [, named = '', what = ''] = LINE.exec(text) ?? [];
  const version = named === 'that came' ? undefined : named;
  if (what === 'runs') return { is: 'runs', version };
  if (what === 'runs already') return { is: 'already', version };
  if (what === 'is ready') return { is: 'ready', version };
  if (what === 'broke off') return { is: 'broken', version };
  return what.startsWith('refused') ? { is: 'refused', version, why: what } : undefined;
}
