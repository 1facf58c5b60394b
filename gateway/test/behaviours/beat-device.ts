import { BeatClock, type BeatMark } from '@crosscomm/client';
import type { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemorySession } from '@crosscomm/testing/test-hub';
import type { Message } from '../../src/hub/message.ts';
import type { Delivery } from '../../src/hub/session.ts';

export interface BeatDeviceOptions {
  /** How much faster its clock runs than the true one, as a share. */
  drift: number;
  /** What a message takes on its way to the device, in milliseconds; undefined: it is lost. */
  delayMs: () => number | undefined;
}

/** A device in a network that pulses by a clock of its own, with what `behaviours` tells it. Its timers are of whole milliseconds. */
export class BeatDevice extends MemorySession {
  /** When it pulsed, by true time, and the number of each pulse. */
  readonly pulses: { beat: number; atMs: number }[] = [];
  readonly beatClock = new BeatClock();
  readonly #clock: FakeClock;
  readonly #options: BeatDeviceOptions;
  #cancel = (): void => {};

  constructor(id: string, clock: FakeClock, options: BeatDeviceOptions) {
    super(id);
    this.#clock = clock;
    this.#options = options;
  }

  override deliver(message: Message): Delivery {
    const delayMs = this.#options.delayMs();
    const mark = JSON.parse(message.text) as BeatMark;
    if (delayMs === undefined) return 'delivered';
    this.#clock.after(delayMs, () => {
      this.beatClock.hear(mark, this.#nowMs());
      this.#wait();
    });
    return 'delivered';
  }

  #nowMs(): number {
    return Math.floor(this.#clock.monotonicMs() * (1 + this.#options.drift)) + 12_345;
  }

  #wait(): void {
    this.#cancel();
    const { dueMs } = this.beatClock;
    if (dueMs === undefined) return;
    const waitMs = Math.max(1, Math.ceil(dueMs - this.#nowMs()));
    this.#cancel = this.#clock.after(waitMs / (1 + this.#options.drift), () => {
      const beat = this.beatClock.take(this.#nowMs());
      if (beat !== undefined) this.pulses.push({ beat, atMs: this.#clock.monotonicMs() });
      this.#wait();
    });
  }
}

/** How far apart several devices pulse, for each pulse that all of them have had: the latest after the earliest, in milliseconds. */
export function apartMs(devices: readonly BeatDevice[]): number[] {
  const times = new Map<number, number[]>();
  for (const { pulses } of devices) {
    for (const { beat, atMs } of pulses) times.set(beat, [...(times.get(beat) ?? []), atMs]);
  }
  return [...times.values()]
    .filter(({ length }) => length === devices.length)
    .map((all) => Math.max(...all) - Math.min(...all));
}
