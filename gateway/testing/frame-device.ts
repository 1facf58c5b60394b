import {
  type DataFrameInit,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameInit,
  type Welcome,
} from '@crosscomm/protocol';
import type { FrameDevices } from '../src/protocols/frames/devices.ts';
import type { FrameLink } from '../src/protocols/frames/link.ts';
import type { FrameWire } from '../src/protocols/frames/wire.ts';

/** What a device says of itself, where a test does not say otherwise. */
const HELLO = { type: 'hello', version: 1, deviceId: 'uno-1', bootId: 7, maxFrame: 256 } as const;

export type HelloInit = Partial<Extract<FrameInit, { type: 'hello' }>>;

/** A device made by hand: it says what the test says, and remembers what it hears. */
export class FrameDevice implements FrameWire {
  readonly peer = '127.0.0.1:50000';
  readonly noisy: boolean;
  readonly deviceId?: string;
  ended = false;
  full = false;
  readonly #link: FrameLink;
  #heard: Frame[] = [];

  constructor(devices: FrameDevices, options: { noisy?: boolean; deviceId?: string } = {}) {
    this.noisy = options.noisy ?? false;
    if (options.deviceId !== undefined) this.deviceId = options.deviceId;
    this.#link = devices.connect(this);
  }

  write(frame: Uint8Array): boolean {
    if (this.full) return false;
    this.#heard.push(decodeFrame(frame));
    return true;
  }

  end(): void {
    this.ended = true;
  }

  /** Says frames, or bytes that may be none. */
  say(...frames: (FrameInit | Uint8Array)[]): void {
    for (const frame of frames) this.#link.receive(frame instanceof Uint8Array ? frame : encodeFrame(frame));
  }

  /** Says a frame with a number. */
  number(seq: number, frame: DataFrameInit | null): void {
    this.say({ type: 'sequenced', seq, frame });
  }

  /** Says Hello and gives the Welcome; throws where there is none. */
  greet(hello: HelloInit = {}): Welcome {
    this.say({ ...HELLO, ...hello });
    const at = this.#heard.findIndex(({ type }) => type === 'welcome');
    if (at < 0) throw new Error(`no Welcome but ${JSON.stringify(this.#heard)}`);
    return this.#heard.splice(at, 1)[0] as Welcome;
  }

  /** The connection breaks. */
  unplug(): void {
    this.#link.disconnected();
  }

  /** What it heard since it was last asked. */
  take(): Frame[] {
    return this.#heard.splice(0);
  }

  /** The frames with a number that it heard, each as its number and what is inside. */
  takeNumbered(): unknown[] {
    return this.take().flatMap((frame) => (frame.type === 'sequenced' ? [[frame.seq, frame.frame]] : []));
  }
}
