import type { BoardLog } from './listeners.ts';

/** Several logs of one device as one, in the order of time; undefined where there is none. */
export function joinLogs(logs: readonly (BoardLog | undefined)[]): BoardLog | undefined {
  const [one, ...others] = logs.filter((log) => log !== undefined);
  if (one === undefined || others.length === 0) return one;
  const all = [one, ...others];
  const sum = (kind: keyof BoardLog['counts']): number => all.reduce((total, { counts }) => total + counts[kind], 0);
  return {
    lines: () => all.flatMap((log) => log.lines()).sort((first, second) => first.timeMs - second.timeMs),
    counts: { line: sum('line'), noise: sum('noise'), too_long: sum('too_long') },
  };
}
