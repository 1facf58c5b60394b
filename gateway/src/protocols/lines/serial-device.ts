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

  constructor(context: SessionContext, wire: Wire, { frames, gone, ...options }: SerialDeviceOptions) {
    const { maxLineBytes } = options;
    const lines = new LineDeviceSession(context, wire, options);
    this.#lines = lines;
    this.#gone = gone;
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

  start(): void {
    this.#lines.start();
  }

  receive(chunk: Buffer): void {
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
