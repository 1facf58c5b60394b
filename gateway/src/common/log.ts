import type { ErrorCode } from './errors.ts';

/** The part of pino's logger that the gateway uses; context first, then a sentence. */
export interface Log {
  /** What only somebody who looks for a fault wants. */
  debug(context: object, sentence: string): void;
  /** What an operator wants to see once. */
  info(context: object, sentence: string): void;
  /** Something was lost or refused. */
  warn(context: object, sentence: string): void;
  /** What needs a person; docs/errors.md tells them by its code what to do. */
  error(context: ErrorContext, sentence: string): void;
  /** A log whose lines all have this context too. */
  child(context: object): Log;
  /** True where debug lines are wanted; ask before building what only they need. */
  readonly debugging: boolean;
}

/** What a line says that needs a person: its code, and what it is about. */
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
