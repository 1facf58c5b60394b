import { BeatClock, type BeatMark } from './beat-clock.ts';
import { Behaviour, type RoomClient } from './behaviour.ts';
import { systemClock } from './system.ts';

/** The beat of a channel, by a clock of this client's own that follows the gateway's. */
export class Beat extends Behaviour {
  readonly #clock = new BeatClock();
  readonly #pulseHandlers = new Set<(beat: number) => void>();
  readonly #periodMs: number | undefined;
  #cancel = (): void => {};

  /** Made by `Room`. */
  constructor(client: RoomClient, channel: string, periodMs: number | undefined) {
    super(client, { sync: channel });
    this.#periodMs = periodMs;
    this.start();
    this.endsWith(() => this.#cancel());
  }

  /** From pulse to pulse, in milliseconds; 0 before the gateway has told it. */
  get periodMs(): number {
    return this.#clock.periodMs;
  }

  /** Where in the time between two pulses it is: from 0 at a pulse to less than 1. */
  get phase(): number {
    return this.#clock.phase(systemClock.now());
  }

  /** Calls `handler` at each pulse, with its number. Returns what ends that. */
  onPulse(handler: (beat: number) => void): () => void {
    this.#pulseHandlers.add(handler);
    return () => this.#pulseHandlers.delete(handler);
  }

  /** Changes the time from pulse to pulse for all, in milliseconds. */
  setPeriod(periodMs: number): void {
    this.say({ periodMs, set: true });
  }

  protected options(): object {
    return this.#periodMs === undefined ? {} : { periodMs: this.#periodMs };
  }

  protected take({ beat, periodMs, lateMs }: Partial<BeatMark>): boolean {
    this.#clock.hear({ beat: Number(beat), periodMs: Number(periodMs), lateMs: Number(lateMs) }, systemClock.now());
    this.#wait();
    return true;
  }

  #wait(): void {
    this.#cancel();
    const { dueMs } = this.#clock;
    if (dueMs === undefined) return;
    // A timer may be a part of a millisecond early, or last longer than asked for.
    this.#cancel = systemClock.after(Math.max(1, Math.ceil(dueMs - systemClock.now())), () => {
      const beat = this.#clock.take(systemClock.now());
      if (beat !== undefined) for (const handler of this.#pulseHandlers) this.client.guard(() => handler(beat));
      this.#wait();
    });
  }
}
