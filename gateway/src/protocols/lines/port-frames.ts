import { encodeSlip, SlipDecoder } from '@crosscomm/protocol';
import type { BinarySession } from '../../transports/wire.ts';
import type { FrameWire } from '../frames/wire.ts';

/** A link of frames over a line with noise. */
export interface NoisyLink extends BinarySession {
  /** A frame was damaged on the way. */
  noise(what: string): void;
}

export interface PortFramesOptions {
  /** The port, for logs. */
  path: string;
  /** Longer frames are thrown away, in bytes. */
  maxFrameBytes: number;
  /** Begins a link; asked at the first frame, and at the next one after a link has ended. */
  connect(wire: FrameWire): NoisyLink;
  /** Queues a packet for the port. False: there is no room. */
  write(packet: Uint8Array): boolean;
  /** Bytes beside the frames. */
  text(bytes: Buffer): void;
  /** The device at this port says frames, and who it is. */
  introduced(deviceId: string): void;
}

/** Tells frames and text apart on one serial port (SPEC.md of the frames, section 11). Nothing is sent before a frame came. */
export class PortFrames {
  readonly #options: PortFramesOptions;
  readonly #decoder: SlipDecoder;
  #link: NoisyLink | undefined;
  #heard = false;

  constructor(options: PortFramesOptions) {
    this.#options = options;
    this.#decoder = new SlipDecoder(options.maxFrameBytes, {
      frame: (bytes) => this.#receive(bytes),
      // The parts of a Buffer are Buffers.
      text: (bytes) => options.text(bytes as Buffer),
      fault: (fault) => this.#link?.noise(fault),
    });
  }

  push(chunk: Buffer): void {
    this.#heard = true;
    this.#decoder.push(chunk);
  }

  /** Called every second. */
  tick(): void {
    if (!this.#heard && this.#decoder.pending) this.#decoder.idle();
    this.#heard = false;
  }

  /** The port is gone. */
  disconnected(): void {
    this.#link?.disconnected();
    this.#link = undefined;
  }

  #receive(bytes: Uint8Array): void {
    this.#link ??= this.#connect();
    this.#link.receive(bytes);
  }

  #connect(): NoisyLink {
    const { connect, path, write, introduced } = this.#options;
    return connect({
      peer: path,
      noisy: true,
      isCable: true,
      write: (frame) => write(encodeSlip(frame)),
      // The port stays open: its text goes on, and the device may say Hello again.
      end: () => {
        this.#link = undefined;
      },
      yieldId: introduced,
    });
  }
}
