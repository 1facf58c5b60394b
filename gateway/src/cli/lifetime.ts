import { EXIT } from './shell.ts';

/** Why the process is to end, and with which exit code. */
export interface End {
  why: string;
  exitCode: number;
}

export interface LifetimeHandlers {
  /** Something failed that nobody caught. */
  fault(error: unknown, sentence: string): void;
  /** The gateway was too slow to say goodbye; write what is to be written, the process ends at once. */
  overdue(): void;
  /** Ends the process. */
  exit(exitCode: number): void;
}

/** Two seconds are allowed for the end; this leaves some for ending the process. */
const DEADLINE_MS = 1900;

/**
 * A second signal so soon after the first is the same wish: at Ctrl-C the terminal tells npm and the gateway, and npm
 * tells the gateway again.
 */
const SAME_WISH_MS = 300;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Listens for the end of the process. The first signal asks for a good end, and sets a deadline to it; the second ends
 * at once. A promise that nobody caught is logged, since no listener depends on it; an exception that nobody caught may have
 * left anything half done, so the gateway saves and ends with exit code 1.
 */
export class Lifetime {
  /** Resolves when the process is to end. */
  readonly end: Promise<End>;
  #resolve: (end: End) => void = () => {};
  #ending = false;
  #signalledAtMs = 0;
  #deadline: NodeJS.Timeout | undefined;
  readonly #release: () => void;
  readonly #handlers: LifetimeHandlers;

  constructor(process: NodeJS.EventEmitter, handlers: LifetimeHandlers) {
    this.#handlers = handlers;
    this.end = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const onSignal = (signal: string) => this.#onSignal(signal);
    const onRejection = (error: unknown) => handlers.fault(error, 'A promise was rejected, and nothing handled it.');
    const onException = (error: unknown) => this.#onException(error);
    for (const signal of SIGNALS) process.on(signal, onSignal);
    process.on('unhandledRejection', onRejection);
    process.on('uncaughtException', onException);
    this.#release = () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onException);
    };
  }

  /** Stops listening, where there is no gateway whose end would matter. */
  release(): void {
    clearTimeout(this.#deadline);
    this.#release();
  }

  get ending(): boolean {
    return this.#ending;
  }

  #onSignal(signal: string): void {
    if (this.#ending) {
      if (performance.now() - this.#signalledAtMs > SAME_WISH_MS) this.#handlers.exit(EXIT.failed);
      return;
    }
    this.#signalledAtMs = performance.now();
    this.#begin({ why: signal, exitCode: EXIT.fine });
  }

  #onException(error: unknown): void {
    this.#handlers.fault(error, 'An exception was not caught: the gateway saves its data and ends.');
    if (!this.#ending) this.#begin({ why: 'exception', exitCode: EXIT.failed });
  }

  #begin(end: End): void {
    this.#ending = true;
    this.#deadline = setTimeout(() => {
      this.#handlers.overdue();
      this.#handlers.exit(end.exitCode);
    }, DEADLINE_MS);
    this.#resolve(end);
  }
}
