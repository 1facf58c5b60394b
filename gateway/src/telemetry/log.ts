/** The part of pino's logger that the gateway uses; context first, then a sentence. */
export interface Log {
  debug(context: object, sentence: string): void;
  info(context: object, sentence: string): void;
  warn(context: object, sentence: string): void;
  error(context: object, sentence: string): void;
  child(context: object): Log;
  /** True where debug lines are wanted; ask before building what only they need. */
  readonly debugging: boolean;
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
