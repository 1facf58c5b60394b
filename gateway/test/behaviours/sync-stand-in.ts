import type { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { Message } from '../../src/hub/message.ts';
import type { Delivery } from '../../src/hub/session.ts';
import type { Room } from './support.ts';

const STEPS = 20;

export interface StandInOptions {
  /** What is given to `OOCSISync` as its period; its cycle is 21 steps of a twentieth of it. */
  periodMs: number;
  /** When it starts. */
  startMs: number;
  random: () => number;
  /** Sends an empty text at its pulse, as those before 2018. */
  isOld?: boolean;
}

/**
 * A member that does on its channel what `OOCSISync` of OOCSI's Java client was seen to do: it counts steps down, sends its count once in
 * each cycle, pulses at nought, and moves by a step at most when it hears that another is elsewhere.
 */
export class SyncStandIn extends MemorySession {
  readonly pulses: number[] = [];
  readonly stepMs: number;
  readonly #room: Room;
  readonly #clock: FakeClock;
  readonly #options: StandInOptions;
  readonly #sendsAt: number;
  #progress = 0;
  #cycle = 0;

  constructor(id: string, room: Room, options: StandInOptions) {
    super(id);
    this.#room = room;
    this.#clock = room.house.clock;
    this.#options = options;
    this.stepMs = Math.floor(options.periodMs / STEPS);
    this.#sendsAt = options.isOld ? 0 : Math.floor(options.random() * STEPS);
    room.house.hub.join(this);
    this.#clock.after(options.startMs, () => {
      room.house.hub.subscribe(this, 'stage_sync');
      this.#step();
    });
  }

  override deliver(message: Message): Delivery {
    const { sync } = JSON.parse(message.text) as { sync?: number | '' };
    if (sync === undefined) return 'delivered';
    const ahead = (this.#progress + STEPS - Number(sync || 0)) % STEPS;
    if (ahead === 0 || ahead > 18) return 'delivered';
    const isStep = this.#options.random() >= 0.5;
    if (ahead < STEPS / 2) this.#progress -= isStep ? 1 : 0;
    else this.#progress += isStep ? 0 : 1;
    return 'delivered';
  }

  /** Each step is set when the one before is done, and so a little late. */
  #step(): void {
    this.#clock.after(this.stepMs + this.#options.random() * 0.5, () => this.#step());
    if (this.#progress === this.#sendsAt) {
      const said = this.#options.isOld ? { sync: '' } : { sync: this.#progress, cycle: this.#cycle };
      const body = JSON.stringify({ ...said, handle: `${this.id}_1` });
      this.#room.house.hub.send(
        new Message({ from: this.id, to: 'stage_sync', kind: 'dict', body, timestampMs: this.#clock.now() }),
      );
    }
    if (this.#progress-- > 0) return;
    this.pulses.push(this.#clock.monotonicMs());
    this.#cycle++;
    this.#progress = STEPS;
  }
}
