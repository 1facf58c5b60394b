import type { Clock } from '../../common/clock.ts';

export interface PaceParts {
  clock: Clock;
  /** How many messages a second go on at most while it is catching up. */
  perS: number;
  /** How many messages wait on disk that were not handed over yet. */
  behind(): number;
  /** Sends a message. */
  send(packet: Buffer, body: number): void;
  /** So much is held here that no more should come; then: more may come. */
  full(): void;
  drained(): void;
}

/** How often messages go on while it is catching up. */
const STEP_MS = 20;
/** What is behind by less than can be sent in this time is sent at once. */
const AT_ONCE_MS = 100;
const MAX_HELD_BYTES = 1024 * 1024;

/**
 * Sends messages at once, or, of one who has been away, no faster than so many a second, so that the other side is not flooded: all of them in
 * their order. Before `open` it holds them.
 */
export class Pace {
  readonly #parts: PaceParts;
  #held: { readonly packet: Buffer; readonly body: number }[] = [];
  #first = 0;
  #heldBytes = 0;
  #isFull = false;
  #isOpen = false;
  #isCatchingUp = true;
  #stop: (() => void) | undefined;
  /** How many may go on now; a part of one is kept for the next step. */
  #allowed = 0;
  #lastMs = 0;

  constructor(parts: PaceParts) {
    this.#parts = parts;
  }

  get isCatchingUp(): boolean {
    return this.#isCatchingUp;
  }

  add(packet: Buffer, body: number): void {
    if (!this.#isCatchingUp) {
      this.#parts.send(packet, body);
      return;
    }
    this.#held.push({ packet, body });
    this.#heldBytes += packet.length;
    if (this.#isFull || this.#heldBytes < MAX_HELD_BYTES) return;
    this.#isFull = true;
    this.#parts.full();
  }

  /** Lets messages through from now on. */
  open(): void {
    const { clock } = this.#parts;
    this.#isOpen = true;
    this.#lastMs = clock.monotonicMs();
    if (this.#catchUp()) return;
    this.#stop = clock.every(STEP_MS, () => {
      if (this.#catchUp()) this.#stop?.();
    });
  }

  close(): void {
    this.#stop?.();
    this.#isOpen = false;
    this.#held = [];
    this.#first = 0;
  }

  /** Sends what may be sent now. True: nothing has to wait any more. */
  #catchUp(): boolean {
    if (!this.#isOpen) return true;
    const { clock, perS, behind } = this.#parts;
    const nowMs = clock.monotonicMs();
    const atOnce = (perS * AT_ONCE_MS) / 1000;
    this.#allowed = Math.min(atOnce, this.#allowed + ((nowMs - this.#lastMs) * perS) / 1000);
    this.#lastMs = nowMs;
    if (behind() <= atOnce) {
      this.#isCatchingUp = false;
      this.#release(Number.POSITIVE_INFINITY);
      return true;
    }
    this.#allowed -= this.#release(Math.floor(this.#allowed));
    return false;
  }

  #release(most: number): number {
    let count = 0;
    while (count < most && this.#first < this.#held.length) {
      const { packet, body } = this.#held[this.#first++] as { packet: Buffer; body: number };
      this.#heldBytes -= packet.length;
      count++;
      this.#parts.send(packet, body);
    }
    if (this.#first > 0) {
      this.#held.splice(0, this.#first);
      this.#first = 0;
    }
    if (this.#isFull && this.#heldBytes < MAX_HELD_BYTES / 2) {
      this.#isFull = false;
      this.#parts.drained();
    }
    return count;
  }
}
