import {
  CAPABILITIES,
  type DataFrame,
  type DataFrameInit,
  decodeFrame,
  encodeFrame,
  FrameError,
  type Hello,
  type Sequenced,
  TIMES,
} from '@crosscomm/protocol';
import type { Clock } from '../../../common/clock.ts';
import type { Delivery } from '../../../hub/session.ts';
import { DEVICE_SHARE_BYTES, type QueueBudget } from '../../../transports/outbox.ts';

/** What the device said in its Hello. */
export interface DeviceTakes {
  /** Bytes of CBOR. */
  maxFrame: number;
  /** Bytes under way. */
  window: number;
  float32: boolean;
}

/** What a Hello says of that. */
export function takesOf({ maxFrame, window, capabilities }: Hello): DeviceTakes {
  return { maxFrame, window, float32: (capabilities & CAPABILITIES.float32) !== 0 };
}

export interface DownHandler {
  /** Writes one frame to the link; false where there is none, or it is full. */
  write(frame: Uint8Array): boolean;
  /** The device acknowledges nothing: its link is lost. */
  unanswered(): void;
}

/** Every device takes so many levels (SPEC.md, section 1). */
const MAX_DEPTH = 8;
/** What a waiting frame costs beside its bytes. */
const OVERHEAD_BYTES = 64;

/**
 * The frames that wait for a device, with their numbers: it keeps each until it is acknowledged, has no more under way
 * than the window, and repeats (SPEC.md, sections 5, 6 and 10). It outlives links, and sessions by `restart`.
 */
export class DeliveryDown {
  readonly #clock: Clock;
  readonly #maxQueueBytes: number;
  readonly #budget: QueueBudget;
  readonly #handler: DownHandler;
  #takes: DeviceTakes;
  /** The first `#underWay` of them were sent. */
  #queue: Uint8Array[] = [];
  #underWay = 0;
  #underWayBytes = 0;
  #queuedBytes = 0;
  #acknowledged = 0;
  /** The highest number that was ever sent in this session. */
  #highestSent = 0;
  /** The number whose repeated Ack was answered by sending again. */
  #hinted = -1;
  #waitMs: number = TIMES.repeatFirstMs;
  #repeats = 0;
  #repeatAtMs = 0;
  #cancelRepeat: (() => void) | undefined;

  constructor(clock: Clock, maxQueueBytes: number, budget: QueueBudget, takes: DeviceTakes, handler: DownHandler) {
    this.#clock = clock;
    this.#maxQueueBytes = maxQueueBytes;
    this.#budget = budget;
    this.#takes = takes;
    this.#handler = handler;
  }

  /** How many frames wait or are under way. */
  get size(): number {
    return this.#queue.length;
  }

  /** What they need, in bytes. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues frames, all or none, and sends what the window allows. */
  add(...frames: DataFrameInit[]): Delivery {
    const encoded: Uint8Array[] = [];
    let bytes = 0;
    for (const frame of frames) {
      const unit = this.#encode(this.#acknowledged + this.#queue.length + encoded.length + 1, frame);
      if (unit === undefined) return 'too_large';
      encoded.push(unit);
      bytes += unit.length + OVERHEAD_BYTES;
    }
    const queued = this.#queuedBytes + bytes;
    if (queued > this.#budget.limitOf(this.#maxQueueBytes, DEVICE_SHARE_BYTES) && this.#queue.length > 0)
      return 'queue_full';
    this.#queue.push(...encoded);
    this.#count(bytes);
    this.pump();
    return 'delivered';
  }

  /** Takes an Ack. False: for a number that was never sent. */
  acknowledge(seq: number): boolean {
    if (seq > this.#highestSent) return false;
    if (seq > this.#acknowledged) {
      this.#forget(seq);
      this.#hinted = -1;
      this.#beginWaiting();
      this.pump();
    } else if (seq === this.#acknowledged && this.#underWay > 0 && this.#hinted !== seq) {
      this.#hinted = seq;
      this.#sendAgain();
    }
    return true;
  }

  /** Whether a device can have taken the numbers of this session up to `received`. */
  fits(received: number): boolean {
    return received <= this.#highestSent;
  }

  /** The link is gone, or another came: nothing is under way any more. */
  pause(): void {
    this.#underWay = 0;
    this.#underWayBytes = 0;
    this.#cancelRepeat?.();
    this.#cancelRepeat = undefined;
  }

  /** Goes on in the same session: what was received is forgotten, the rest is sent again, with its old numbers. */
  resume(received: number, takes: DeviceTakes): void {
    this.pause();
    if (received > this.#acknowledged) this.#forget(received);
    const narrower = takes.maxFrame < this.#takes.maxFrame;
    this.#takes = takes;
    if (narrower) this.rewrite(same, () => {}, same);
    this.#hinted = -1;
    this.#beginWaiting();
  }

  /**
   * Begins a new session: what waits gets new numbers from 1, each frame changed by `rename`. Numbers that were given up go, and
   * frames of which it makes nothing.
   */
  restart(takes: DeviceTakes, rename: (frame: DataFrame) => DataFrameInit | undefined): void {
    this.pause();
    const frames = this.#queue.map(open).filter((frame) => frame !== null);
    this.#takes = takes;
    this.#acknowledged = 0;
    this.#highestSent = 0;
    this.#hinted = -1;
    this.#replace([]);
    const encoded: Uint8Array[] = [];
    for (const frame of frames) {
      const renamed = rename(frame);
      const unit = renamed && this.#encode(encoded.length + 1, renamed);
      if (unit !== undefined) encoded.push(unit);
    }
    this.#replace(encoded);
    this.#beginWaiting();
  }

  /**
   * Writes what waits once more, with its old numbers: each frame read by `expand`, then `change` is made, then each written
   * by `shrink`. One that no longer fits is given up.
   */
  rewrite(
    expand: (frame: DataFrame) => DataFrameInit,
    change: () => void,
    shrink: (frame: DataFrameInit) => DataFrameInit,
  ): void {
    const frames = this.#queue.map((unit) => {
      const frame = open(unit);
      return frame && expand(frame);
    });
    change();
    this.#replace(
      frames.map((frame, index) => {
        const seq = this.#acknowledged + 1 + index;
        return (frame && this.#encode(seq, shrink(frame))) ?? encodeFrame({ type: 'sequenced', seq, frame: null });
      }),
    );
    this.#underWayBytes = lengthOf(this.#queue.slice(0, this.#underWay));
  }

  /** Sends what the window and the link allow. */
  pump(): void {
    while (this.#underWay < this.#queue.length) {
      const unit = this.#queue[this.#underWay] as Uint8Array;
      if (this.#underWayBytes + unit.length > this.#takes.window) return;
      if (!this.#handler.write(unit)) break;
      this.#underWay++;
      this.#underWayBytes += unit.length;
      this.#highestSent = Math.max(this.#highestSent, this.#acknowledged + this.#underWay);
      if (this.#cancelRepeat === undefined) this.#arm();
    }
  }

  /** Forgets everything. */
  drop(): void {
    this.pause();
    this.#replace([]);
  }

  #encode(seq: number, frame: DataFrameInit): Uint8Array | undefined {
    const { maxFrame, float32 } = this.#takes;
    try {
      return encodeFrame({ type: 'sequenced', seq, frame }, { maxBytes: maxFrame, maxDepth: MAX_DEPTH, float32 });
    } catch (error) {
      if (error instanceof FrameError) return undefined;
      throw error;
    }
  }

  #forget(upTo: number): void {
    const gone = this.#queue.splice(0, upTo - this.#acknowledged);
    const sent = gone.slice(0, this.#underWay);
    this.#acknowledged = upTo;
    this.#underWay -= sent.length;
    this.#underWayBytes -= lengthOf(sent);
    this.#count(-(lengthOf(gone) + gone.length * OVERHEAD_BYTES));
  }

  #replace(units: Uint8Array[]): void {
    this.#queue = units;
    this.#count(lengthOf(units) + units.length * OVERHEAD_BYTES - this.#queuedBytes);
  }

  #count(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#budget.usedBytes += bytes;
  }

  #beginWaiting(): void {
    this.#waitMs = TIMES.repeatFirstMs;
    this.#repeats = 0;
    this.#repeatAtMs = this.#clock.monotonicMs() + this.#waitMs;
  }

  /** One timer for all frames under way; progress moves the time, and the timer finds out when it rings. */
  #arm(): void {
    this.#repeatAtMs = this.#clock.monotonicMs() + this.#waitMs;
    this.#cancelRepeat = this.#clock.after(this.#waitMs, () => this.#ring());
  }

  #ring(): void {
    this.#cancelRepeat = undefined;
    if (this.#queue.length === 0) return;
    const leftMs = this.#repeatAtMs - this.#clock.monotonicMs();
    if (leftMs > 0) {
      this.#cancelRepeat = this.#clock.after(leftMs, () => this.#ring());
      return;
    }
    if (this.#underWay > 0 && ++this.#repeats > TIMES.repeatMaxCount) {
      this.#handler.unanswered();
      return;
    }
    this.#waitMs = Math.min(this.#waitMs * 2, TIMES.repeatMaxMs);
    this.#arm();
    this.#sendAgain();
  }

  #sendAgain(): void {
    this.#underWay = 0;
    this.#underWayBytes = 0;
    this.pump();
  }
}

function same<T>(frame: T): T {
  return frame;
}

/** The frame inside a sequenced frame that was encoded here; null for a number that was given up. */
function open(unit: Uint8Array): DataFrame | null {
  return (decodeFrame(unit, { maxBytes: unit.length, maxItems: unit.length }) as Sequenced).frame as DataFrame | null;
}

function lengthOf(units: readonly Uint8Array[]): number {
  let sum = 0;
  for (const unit of units) sum += unit.length;
  return sum;
}
