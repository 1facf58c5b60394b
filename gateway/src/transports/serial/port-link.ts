import { Backoff } from '../../common/backoff.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { withLineFeeds } from '../../protocols/lines/line-ends.ts';
import type { LineDeviceSession } from '../../protocols/lines/session.ts';
import { LineSplitter } from '../line-splitter.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from '../outbox.ts';
import type { Wire } from '../wire.ts';
import { explainOpenFailure } from './port-fault.ts';
import { PortFrames, type PortFramesOptions } from './port-frames.ts';
import type { OpenPort, OpenPortOptions, PortOpener } from './port-opener.ts';

export interface PortLinkOptions {
  port: OpenPortOptions;
  open: PortOpener;
  context: SessionContext;
  turn: WriteTurn;
  budget: QueueBudget;
  limits: OutboxLimits;
  maxLineBytes: number;
  /** The longest time between two tries to open the port. */
  maxRetryMs: number;
  /**
   * Called before a port is opened again. Another board may be there under the same name by now; then whoever looks
   * closes this link and makes another.
   */
  lookAgain(): Promise<void>;
  /** Makes the session of a port that has just been opened. */
  newSession(wire: Wire): LineDeviceSession;
  /** Takes in a device that says frames; default: nobody does, and frames are text like all else. */
  frames?: Pick<PortFramesOptions, 'connect' | 'maxFrameBytes'> | undefined;
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
  #session: LineDeviceSession | undefined;
  #frames: PortFrames | undefined;
  #deviceId: string | undefined;
  readonly #backoff: Backoff;
  #openedMs = 0;
  /** Whether anything came since the port was opened. */
  #heard = false;
  #cancelRetry: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(options: PortLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff(FIRST_RETRY_MS, options.maxRetryMs, options.context.random);
  }

  get state(): PortLinkState {
    return this.#state;
  }

  get session(): LineDeviceSession | undefined {
    return this.#session;
  }

  /** Who the device at this port is, where it said so in a frame. */
  get deviceId(): string | undefined {
    return this.#deviceId;
  }

  /** Opens the port, now and whenever it fails. Resolves after the first try; never rejects. */
  async open(): Promise<void> {
    if (this.#state !== 'waiting') return;
    const { context, open, port } = this.#options;
    this.#state = 'opening';
    let receive: ((chunk: Buffer) => void) | undefined;
    try {
      const opened = await open(port, {
        data: (chunk) => {
          if (receive) this.#receive(receive, chunk);
        },
        closed: (error) => this.#lost(error),
      });
      if (this.#stopped) {
        await opened.close();
        return;
      }
      receive = this.#begin(opened);
    } catch (error) {
      const message = explainOpenFailure(port.path, error);
      context.incidents.report({ door: 'serial', who: port.path, code: 'SERIAL_PORT', message });
      this.#retry();
    }
  }

  /** Called every second. */
  tick(nowMs: number): void {
    this.#session?.tick(nowMs);
    this.#frames?.tick();
  }

  /** Takes the device offline at once, then writes what is queued and closes the port, for good. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #stopped(): boolean {
    return this.#state === 'closed';
  }

  /** Returns what takes the bytes that come. */
  #begin(port: OpenPort): (chunk: Buffer) => void {
    const { budget, context, frames, limits, maxLineBytes, newSession, port: settings, turn } = this.#options;
    const outbox = new Outbox(port.output, turn, budget, limits);
    this.#port = port;
    this.#outbox = outbox;
    this.#state = 'open';
    this.#openedMs = context.clock.monotonicMs();
    const session = newSession({
      peer: settings.path,
      write: (unit) => outbox.write(unit),
      end: () => void this.close(),
    });
    this.#session = session;
    context.log.info({ who: session.id, path: settings.path, baudRate: settings.baudRate }, 'A serial port is open.');
    this.#heard = false;
    session.start();
    const splitter = new LineSplitter(maxLineBytes, {
      line: (text) => session.receive(text),
      tooLong: () => session.receiveTooLong(maxLineBytes),
    });
    if (frames === undefined) return (chunk) => splitter.push(withLineFeeds(chunk));
    const portFrames = new PortFrames({
      ...frames,
      path: settings.path,
      write: (packet) => outbox.write(packet),
      text: (bytes) => splitter.push(withLineFeeds(bytes)),
      introduced: (deviceId) => {
        this.#deviceId = deviceId;
        session.keepLog();
      },
    });
    this.#frames = portFrames;
    return (chunk) => portFrames.push(chunk);
  }

  #receive(receive: (chunk: Buffer) => void, chunk: Buffer): void {
    if (!this.#heard) {
      this.#heard = true;
      if (this.#options.context.clock.monotonicMs() - this.#openedMs < CUT_WITHIN_MS) this.#session?.expectCutLine();
    }
    receive(chunk);
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
    const frames = this.#frames;
    this.#session = undefined;
    this.#frames = undefined;
    this.#deviceId = undefined;
    this.#outbox = undefined;
    frames?.disconnected();
    session?.disconnected();
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
function within(clock: SessionContext['clock'], limitMs: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
