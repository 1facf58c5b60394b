const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Colours for a terminal; each takes a text and returns it coloured, or as it was where colours are not wanted. */
export type Paint = Record<keyof typeof CODES, (text: string) => string>;

/** Colours only for a terminal, and not where NO_COLOR is set (no-color.org) or the terminal is a dumb one. */
export function paintFor(output: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): Paint {
  const coloured = hasColour(output, env);
  const painter = ([on, off]: readonly [number, number]) =>
    coloured ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text;
  return Object.fromEntries(Object.entries(CODES).map(([name, codes]) => [name, painter(codes)])) as Paint;
}

export function hasColour(output: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
