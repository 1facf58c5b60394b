import { TIMES } from '../codes.ts';
import type { FrameClientClock } from './types.ts';

/** Acks are gathered for so long; timers come late, and the gateway is to have its Ack within 50 ms. */
const GATHER_ACKS_MS = 20;

/** The numbers of the frames down that were taken, and when to acknowledge them (SPEC.md, sections 5, 6 and 10). */
export class Inbox {
  readonly #clock: FrameClientClock;
  /** What this client takes unacknowledged, in bytes. */
  readonly #window: number;
  /** Sends an Ack; false where it cannot be sent now. */
  readonly #send: (seq: number) => boolean;
  #received = 0;
  #unacknowledgedBytes = 0;
  #cancelAck: (() => void) | undefined;
  #gap = { seq: -1, atMs: 0 };

  constructor(clock: FrameClientClock, window: number, send: (seq: number) => boolean) {
    this.#clock = clock;
    this.#window = window;
    this.#send = send;
  }

  /** The highest number of this session that was taken. */
  get received(): number {
    return this.#received;
  }

  /** A new session numbers from 1. */
  restart(): void {
    this.#received = 0;
    this.#unacknowledgedBytes = 0;
  }

  /** The link is gone, or another came. */
  pause(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    this.#gap = { seq: -1, atMs: 0 };
  }

  /** Takes a number with a frame of so many bytes. False: the frame is a repetition, or something before it is missing. */
  take(seq: number, bytes: number): boolean {
    if (seq === this.#received + 1) {
      this.#received = seq;
      this.#unacknowledgedBytes += bytes;
      if (this.#unacknowledgedBytes * 2 >= this.#window) this.#acknowledge();
      else this.#acknowledgeSoon();
      return true;
    }
    if (seq <= this.#received || this.#isNewGap()) this.#acknowledge();
    return false;
  }

  #isNewGap(): boolean {
    const now = this.#clock.now();
    if (this.#gap.seq === this.#received && now - this.#gap.atMs < TIMES.repeatedAckMs) return false;
    this.#gap = { seq: this.#received, atMs: now };
    return true;
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    if (this.#send(this.#received)) this.#unacknowledgedBytes = 0;
    else this.#acknowledgeSoon();
  }

  #acknowledgeSoon(): void {
    this.#cancelAck ??= this.#clock.after(GATHER_ACKS_MS, () => {
      this.#cancelAck = undefined;
      this.#acknowledge();
    });
  }
}
