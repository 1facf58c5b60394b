/**
 * How bad it is: all is well; somebody should look at it; something does not work, or data is in danger; it could not be found out.
 */
export type FindingLevel = 'ok' | 'warning' | 'fault' | 'unknown';

/** What was found out about one thing. */
export interface Finding {
  /** What was looked at, for programs and translations; the same whatever was found. */
  code: string;
  level: FindingLevel;
  /** What of several it is about: a client id, a port, a listener. */
  subject?: string;
  /** The numbers and names in the sentence, for translations. */
  values: Record<string, string | number>;
  /** What is so, for people. */
  sentence: string;
  /** What to do about it; there unless all is well. */
  advice?: string;
}

/** A finding that somebody should do something about. */
export type Problem = Finding & { level: 'warning' | 'fault'; advice: string };

const ORDER: Record<FindingLevel, number> = { fault: 0, warning: 1, unknown: 2, ok: 3 };

/** The worst first; what is equally bad stays in its order. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((one, other) => ORDER[one.level] - ORDER[other.level]);
}

export function isProblem(finding: Finding): finding is Problem {
  return finding.level === 'warning' || finding.level === 'fault';
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size for people, in thousands as the dashboard has it: `512 B`, `3.1 MB`, `120 GB`. */
export function shownBytes(bytes: number): string {
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < UNITS.length - 1) {
    value /= 1000;
    index++;
  }
  return `${Number(value.toFixed(index === 0 || value >= 100 ? 0 : 1))} ${UNITS[index]}`;
}

/** `1 upload has`, `2 uploads have`. */
export function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
