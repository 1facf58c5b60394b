import type { ErrorCode } from '../common/errors.ts';

/** The part of pino's logger that the gateway uses; context first, then a sentence. */
export interface Log {
  debug(context: object, sentence: string): void;
  info(context: object, sentence: string): void;
  warn(context: object, sentence: string): void;
  /** What needs a person; docs/errors.md tells them by its code what to do. */
  error(context: ErrorContext, sentence: string): void;
  child(context: object): Log;
  /** True where debug lines are wanted; ask before building what only they need. */
  readonly debugging: boolean;
}

export interface ErrorContext {
  code: ErrorCode;
  [name: string]: unknown;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
  debugging: false,
};
