import { type CodeLanguage, codeFor } from '../../shapes/code/code.ts';
import type { ReachOptions } from '../reach.ts';
import { EXIT, type Shell, say } from '../shell.ts';
import { shapeOf } from './shapes.ts';

export interface CodegenOptions extends ReachOptions {
  lang: CodeLanguage;
}

/** `crosscomm codegen`: writes source for the messages of a channel. */
export async function codegen(shell: Shell, channel: string, { lang, ...reach }: CodegenOptions): Promise<number> {
  say(shell, codeFor(await shapeOf(shell, channel, reach), lang).trimEnd());
  return EXIT.fine;
}
