import { inspect } from 'node:util';
import type { Log } from '../src/common/log.ts';
import { gatewaySaid } from './secrets.ts';

/** A log that a test can look into: each line is its level and sentence. */
export class MemoryLog implements Log {
  readonly debugging = false;
  readonly lines: string[] = [];
  readonly contexts: object[] = [];

  debug(context: object, sentence: string): void {
    this.#note('debug', context, sentence);
  }
  info(context: object, sentence: string): void {
    this.#note('info', context, sentence);
  }
  warn(context: object, sentence: string): void {
    this.#note('warn', context, sentence);
  }
  error(context: object, sentence: string): void {
    this.#note('error', context, sentence);
  }
  child(): Log {
    return this;
  }

  #note(level: string, context: object, sentence: string): void {
    this.lines.push(`${level} ${sentence}`);
    this.contexts.push(context);
    gatewaySaid(() => `${sentence} ${inspect(context, { depth: 4, breakLength: Infinity })}\n`);
  }
}
