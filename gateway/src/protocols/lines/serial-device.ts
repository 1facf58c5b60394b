import { LineSplitter } from '../../transports/line-splitter.ts';
import type { PortSession } from '../../transports/serial/port-session.ts';
import type { Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import { withLineFeeds } from './line-ends.ts';
import { PortFrames, type PortFramesOptions } from './port-frames.ts';
import { type LineDeviceOptions, LineDeviceSession } from './session.ts';

export interface SerialDeviceOptions extends LineDeviceOptions {
  /** Takes over a device that sends frames. Without it, frames are treated as text. */
  frames?: Pick<PortFramesOptions, 'connect' | 'maxFrameBytes'> | undefined;
  /** Nobody has approved it yet: it is not heard before `approve`. */
  isUnapproved?: boolean | undefined;
  /** Its port is gone. */
  gone?(): void;
}

/** The device at an open serial port: its lines, and the frames between them. */
export class SerialDevice implements PortSession {
  readonly #lines: LineDeviceSession;
  readonly #splitter: LineSplitter;
  readonly #frames: PortFrames | undefined;
  readonly #gone: (() => void) | undefined;
  /** Who it said it is, in a frame. */
  #deviceId: string | undefined;
  #isUnapproved: boolean;

  constructor(
    context: SessionContext,
    wire: Wire,
    { frames, gone, isUnapproved = false, ...options }: SerialDeviceOptions,
  ) {
    const { maxLineBytes } = options;
    const lines = new LineDeviceSession(context, wire, options);
    this.#lines = lines;
    this.#gone = gone;
    this.#isUnapproved = isUnapproved;
    this.#splitter = new LineSplitter(maxLineBytes, {
      line: (text) => lines.receive(text),
      tooLong: () => lines.receiveTooLong(maxLineBytes),
    });
    if (frames === undefined) return;
    this.#frames = new PortFrames({
      ...frames,
      path: wire.peer,
      write: (packet) => wire.write(packet),
      text: (bytes) => this.#splitter.push(withLineFeeds(bytes)),
      introduced: (deviceId) => {
        this.#deviceId = deviceId;
        lines.keepLog();
      },
    });
  }

  get id(): string {
    return this.#deviceId ?? this.#lines.id;
  }

  get isRefused(): boolean {
    return this.#lines.state === 'refused';
  }

  get isUnapproved(): boolean {
    return this.#isUnapproved;
  }

  start(): void {
    if (!this.#isUnapproved) this.#lines.start();
  }

  /** Lets a board join that has waited. What it sends just now may lack its beginning. */
  approve(): void {
    if (!this.#isUnapproved) return;
    this.#isUnapproved = false;
    this.#lines.start();
    this.#lines.expectCutLine();
  }

  receive(chunk: Buffer): void {
    if (this.#isUnapproved) return;
    if (this.#frames) this.#frames.push(chunk);
    else this.#splitter.push(withLineFeeds(chunk));
  }

  expectCut(): void {
    this.#lines.expectCutLine();
  }

  tick(nowMs: number): void {
    this.#lines.tick(nowMs);
    this.#frames?.tick();
  }

  disconnected(): void {
    this.#frames?.disconnected();
    this.#lines.disconnected();
    this.#gone?.();
  }
}
