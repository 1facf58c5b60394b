import type { Command } from 'commander';
import { createProgram } from './program.ts';

/** A flag that a command knows. */
export interface KnownFlag {
  /** Such as `--http-port`. */
  flag: string;
  /** It has no value. */
  isSwitch: boolean;
  /** No help shows it: it is there to be refused with a hint. */
  isHidden: boolean;
}

/** The flags of the command that these words call, for whoever must know them before it runs; the words that follow do not matter. */
export async function knownFlags(words: readonly string[]): Promise<KnownFlag[]> {
  const nowhere = { write: () => true, once: () => undefined };
  const ended = new AbortController().signal;
  const { program } = await createProgram({ stdout: nowhere, stderr: nowhere, env: {}, cwd: '/', ended }, words);
  let command: Command = program;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (!next) break;
    command = next;
  }
  return command.options
    .filter(({ negate }) => !negate)
    .map(({ long, required, optional, hidden }) => ({
      flag: long ?? '',
      isSwitch: !required && !optional,
      isHidden: hidden,
    }));
}
