import { Backoff } from '../../common/backoff.ts';
import { ConnectionCounts } from '../connection-counts.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from '../outbox.ts';
import type { Tap, Tappable } from '../taps.ts';
import type { Wire } from '../wire.ts';
import { explainOpenFailure } from './port-fault.ts';
import type { OpenPort, OpenPortOptions, PortOpener } from './port-opener.ts';
import type { PortSession, SerialContext } from './port-session.ts';

export interface PortLinkOptions {
  port: OpenPortOptions;
  open: PortOpener;
  context: SerialContext;
  turn: WriteTurn;
  budget: QueueBudget;
  limits: OutboxLimits;
  /** The longest time between two tries to open the port. */
  maxRetryMs: number;
  /**
   * Called before a port is opened again. Another board may be there under the same name by now; then whoever looks
   * closes this link and makes another.
   */
  lookAgain(): Promise<void>;
  /** Makes the session of a port that has just been opened. */
  connect(wire: Wire): PortSession;
}

/** `waiting`: for the next try to open the port. */
export type PortLinkState = 'opening' | 'open' | 'waiting' | 'closed';

const FIRST_RETRY_MS = 250;
/** A port that was open for so long was in order; its next failure is a new one. */
const SOUND_MS = 5000;
/** What comes sooner after opening than a board needs to start began before the port was open. */
const CUT_WITHIN_MS = 20;
/** How long closing waits for what is queued. */
const FLUSH_MS = 300;
/** How long closing waits for the system, which may want to empty its own buffer first. */
const CLOSE_MS = 1000;

/** Keeps one serial port open, with a session at it: opens it again whenever it fails, until it is told to stop. */
export class PortLink {
  readonly #options: PortLinkOptions;
  #state: PortLinkState = 'waiting';
  #port: OpenPort | undefined;
  #outbox: Outbox | undefined;
  #session: PortSession | undefined;
  readonly #backoff: Backoff;
  readonly #counts: ConnectionCounts;
  #openedMs = 0;
  /** Whether anything came since the port was opened. */
  #heard = false;
  #cancelRetry: () => void = () => {};
  #closing: Promise<void> | undefined;
  #tap: Tap | undefined;

  constructor(options: PortLinkOptions) {
    this.#options = options;
    this.#counts = new ConnectionCounts(options.context.metrics, 'serial', 'serial');
    this.#backoff = new Backoff(FIRST_RETRY_MS, options.maxRetryMs, options.context.random);
  }

  get state(): PortLinkState {
    return this.#state;
  }

  get session(): PortSession | undefined {
    return this.#session;
  }

  /** Whether anything came since the port was opened. */
  get hasHeard(): boolean {
    return this.#heard;
  }

  /** As whoever watches connections has it, while it is open. */
  get tappable(): Tappable | undefined {
    const outbox = this.#outbox;
    const session = this.#session;
    if (outbox === undefined || session === undefined) return undefined;
    const { path: peer } = this.#options.port;
    return {
      facts: { listener: 'serial', by: 'serial', isStream: true, peer, client: session.id },
      tap: (tap) => {
        this.#tap = tap;
        outbox.tap = (units) => {
          for (const unit of units) tap.sent(unit);
        };
        return () => {
          this.#tap = undefined;
          outbox.tap = undefined;
        };
      },
    };
  }

  /** Opens the port, now and whenever it fails. Resolves after the first try; never rejects. */
  async open(): Promise<void> {
    if (this.#state !== 'waiting') return;
    const { context, open, port } = this.#options;
    this.#state = 'opening';
    let session: PortSession | undefined;
    try {
      const opened = await open(port, {
        data: (chunk) => {
          if (session) this.#receive(session, chunk);
        },
        closed: (error) => this.#lost(error),
      });
      if (this.#stopped) {
        await opened.close();
        return;
      }
      session = this.#begin(opened);
    } catch (error) {
      const message = explainOpenFailure(port.path, error);
      context.incidents.report({ door: 'serial', who: port.path, code: 'SERIAL_PORT', message });
      this.#retry();
    }
  }

  /** Called every second. */
  tick(nowMs: number): void {
    this.#session?.tick(nowMs);
  }

  /** Takes the device offline at once, then writes what is queued and closes the port, for good. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #stopped(): boolean {
    return this.#state === 'closed';
  }

  #begin(port: OpenPort): PortSession {
    const { budget, context, limits, connect, port: settings, turn } = this.#options;
    const outbox = new Outbox(port.output, turn, budget, limits);
    this.#port = port;
    this.#outbox = outbox;
    this.#state = 'open';
    this.#openedMs = context.clock.monotonicMs();
    const session = connect({
      peer: settings.path,
      write: (unit) => outbox.write(unit),
      end: () => void this.close(),
    });
    this.#session = session;
    this.#counts.opened();
    context.log.info({ who: session.id, path: settings.path, baudRate: settings.baudRate }, 'A serial port is open.');
    this.#heard = false;
    const { taps } = context;
    if (taps?.watcher !== undefined && this.tappable) taps.watcher.opened(this.tappable);
    session.start();
    return session;
  }

  #receive(session: PortSession, chunk: Buffer): void {
    if (!this.#heard) {
      this.#heard = true;
      if (this.#options.context.clock.monotonicMs() - this.#openedMs < CUT_WITHIN_MS) session.expectCut();
    }
    this.#tap?.received(chunk);
    session.receive(chunk);
  }

  #lost(error: Error | undefined): void {
    const { context, port } = this.#options;
    const wasOpen = this.#state === 'open';
    this.#port = undefined;
    this.#goOffline();
    if (!wasOpen) return;
    context.log.info({ path: port.path, reason: error?.message ?? 'closed' }, 'A serial port is gone.');
    if (context.clock.monotonicMs() - this.#openedMs >= SOUND_MS) this.#backoff.reset();
    this.#retry();
  }

  #goOffline(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#outbox = undefined;
    this.#tap?.closed();
    if (session === undefined) return;
    this.#counts.closed();
    session.disconnected();
  }

  #retry(): void {
    if (this.#stopped) return;
    const { context } = this.#options;
    this.#state = 'waiting';
    this.#cancelRetry = context.clock.after(this.#backoff.next(), () => void this.#openAgain());
  }

  async #openAgain(): Promise<void> {
    await this.#options.lookAgain();
    await this.open();
  }

  async #close(): Promise<void> {
    const { clock } = this.#options.context;
    const port = this.#port;
    const outbox = this.#outbox;
    this.#state = 'closed';
    this.#cancelRetry();
    this.#goOffline();
    if (!port) return;
    outbox?.end();
    await within(clock, FLUSH_MS, finished(port));
    await within(clock, CLOSE_MS, port.close());
  }
}

/** Resolves when everything has been written, or cannot be. */
function finished({ output }: OpenPort): Promise<void> {
  if (output.writableFinished || output.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    for (const event of ['finish', 'close', 'error']) output.once(event, () => resolve());
  });
}

/** Waits for `work`, but not longer than `limitMs`. */
function within(clock: SerialContext['clock'], limitMs: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
