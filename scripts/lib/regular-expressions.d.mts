/** A regular expression that takes more than linear time, or that cannot be looked at. */
export interface SlowPattern {
  line: number;
  pattern: string;
  why: string;
}

export function findSlowPatterns(file: string, source: string): SlowPattern[];
