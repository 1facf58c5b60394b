import { type DestinationStream, type Logger, pino } from 'pino';
import type { ErrorContext, Log } from '../common/log.ts';
import { printable } from '../common/printable.ts';

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** Lines for a person at a terminal, in colour where `colour` is true; otherwise one line of JSON each. */
  pretty: boolean;
  colour?: boolean;
  /** Where to write instead of standard error; for tests. */
  destination?: DestinationStream;
}

/** A log, and the way to have all of it written before the process ends. */
export interface OpenLog {
  log: Log;
  flush(): void;
}

/** Standard error may be a pipe that nobody reads: lines beyond this many waiting bytes are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
const STANDARD_ERROR = 2;

/** Opens the gateway's log on standard error. pino-pretty is loaded only for people. */
export async function openLog({ level, pretty, colour = false, destination }: LogOptions): Promise<OpenLog> {
  if (destination) return { log: new PinoLog(logger(level, destination)), flush: () => {} };
  if (pretty) {
    const { default: prettyStream } = await import('pino-pretty');
    const stream = prettyStream({
      destination: STANDARD_ERROR,
      sync: true,
      colorize: colour,
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    });
    return { log: new PinoLog(logger(level, stream)), flush: () => {} };
  }
  const stream = pino.destination({ dest: STANDARD_ERROR, sync: false, maxLength: MAX_WAITING_BYTES });
  return { log: new PinoLog(logger(level, stream)), flush: () => flushQuietly(stream) };
}

function logger(level: LogOptions['level'], stream: DestinationStream): Logger {
  const { err } = pino.stdSerializers;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err, error: err },
    },
    stream,
  );
}

function flushQuietly(stream: { flushSync(): void }): void {
  try {
    stream.flushSync();
  } catch {
    // Standard error is closed or was never ready: there is nobody left to tell.
  }
}

/** A text, or a list in which there are texts; errors are written by their serializer. */
function safeValue(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  return Array.isArray(value) ? value.map(safeValue) : value;
}

/** The context, in which names and texts of peers can neither begin a line of their own nor look like another one. */
function safe(context: object): object {
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(context)) {
    const shown = safeValue(value);
    if (shown === value) continue;
    copy ??= { ...context };
    copy[name] = shown;
  }
  return copy ?? context;
}

class PinoLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get debugging(): boolean {
    return this.#logger.isLevelEnabled('debug');
  }

  debug(context: object, sentence: string): void {
    this.#logger.debug(safe(context), printable(sentence));
  }

  info(context: object, sentence: string): void {
    this.#logger.info(safe(context), printable(sentence));
  }

  warn(context: object, sentence: string): void {
    this.#logger.warn(safe(context), printable(sentence));
  }

  error(context: ErrorContext, sentence: string): void {
    this.#logger.error(safe(context), printable(sentence));
  }

  child(context: object): Log {
    return new PinoLog(this.#logger.child(safe(context)));
  }
}
