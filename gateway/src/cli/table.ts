import { paintOf, type Shell, say } from './shell.ts';
import { aligned, alignedWithin } from './text.ts';

/**
 * Writes rows below their titles: on a terminal in lines that fit it, else each row in one line, for `grep` and the like. The cells hold
 * nothing that `printable` would write otherwise.
 */
export function sayTable(shell: Shell, titles: readonly string[], rows: readonly (readonly string[])[]): void {
  const { isTTY, columns } = shell.stdout;
  const all = [titles, ...rows];
  const [head = '', ...lines] = isTTY && columns ? alignedWithin(all, columns) : aligned(all);
  say(shell, paintOf(shell).bold(head));
  for (const line of lines) say(shell, line);
}
