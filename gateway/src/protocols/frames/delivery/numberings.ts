import type { Clock } from '../../../common/clock.ts';

/** How far one numbering of frames up has come (SPEC.md, section 5). */
export interface Numbering {
  bootId: number;
  /** The highest number that was taken; 0 for none. */
  last: number;
  /** Whose device it is; undefined: nobody's. */
  account?: string | undefined;
}

/** Where numberings outlive the process. It reports its own failures. */
export interface NumberingStore {
  /**
   * Writes the numberings of these ids, and calls `done` once they would be found again after a kill, with everything that
   * the gateway had to write before; also where the disk fails, as a conversation does not wait for a full disk.
   */
  save(numberings: readonly (readonly [id: string, numbering: Numbering])[], done: () => void): void;
  /** Takes an id away, at the latest with what is saved next. */
  forget(id: string): void;
}

/** A device whose numbers are taken. */
export interface Numbered {
  readonly id: string;
  /** What is saved now. */
  startSaving(): Numbering;
  /** It is saved, and may be acknowledged. */
  saved(numbering: Numbering): void;
}

/** For a gateway that forgets with its process. */
const MEMORY: NumberingStore = { save: (_numberings, done) => done(), forget: () => {} };
/** Numbers are gathered for so long; timers and disks come late, and a device is to have its Ack within 50 ms. */
const GATHER_MS = 25;

/**
 * The numberings of all devices. A number is saved before it is acknowledged, so that a restart knows every frame that its
 * device will not send again; what is taken meanwhile is saved in one go, so that a disk is not asked once a frame.
 */
export class Numberings {
  readonly #clock: Clock;
  readonly #maxGone: number;
  readonly #store: NumberingStore;
  /** Those of devices whose session is over, the one that went first at the front. */
  readonly #gone = new Map<string, Numbering>();
  #unsaved = new Set<Numbered>();
  #saving = false;
  /** What came while the disk was busy is saved as soon as it is not. */
  #again = false;
  #cancelGathering: (() => void) | undefined;

  /** `maxGone`: how many devices without a session are remembered. */
  constructor(clock: Clock, maxGone: number, store: NumberingStore = MEMORY) {
    this.#clock = clock;
    this.#maxGone = maxGone;
    this.#store = store;
  }

  /** Puts back what an earlier run saved, the device that was away the longest first. */
  restore(known: Iterable<readonly [id: string, numbering: Numbering]>): void {
    for (const [id, numbering] of known) this.leave(id, numbering);
  }

  /** The numbering of a device that has no session, and was of this account. */
  get(id: string, account: string | undefined): Numbering | undefined {
    const known = this.#gone.get(id);
    return known?.account === account ? known : undefined;
  }

  /** The device has a session again, which knows. */
  enter(id: string): void {
    this.#gone.delete(id);
  }

  /** The device's session is over. */
  leave(id: string, numbering: Numbering): void {
    this.#gone.delete(id);
    this.#gone.set(id, numbering);
    if (this.#gone.size <= this.#maxGone) return;
    const oldest = this.#gone.keys().next().value;
    if (oldest === undefined) return;
    this.#gone.delete(oldest);
    this.#store.forget(oldest);
  }

  /** A number of this device was taken. */
  saveSoon(device: Numbered): void {
    this.#unsaved.add(device);
    this.#cancelGathering ??= this.#clock.after(GATHER_MS, () => this.#save());
  }

  /** The same, and its Ack is wanted now. */
  saveNow(device: Numbered): void {
    this.#unsaved.add(device);
    this.#save();
  }

  /** Saves what was taken; nothing is gathered any more. */
  stop(): void {
    this.#save();
  }

  #save(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    if (this.#saving) {
      this.#again = true;
      return;
    }
    if (this.#unsaved.size === 0) return;
    const saved = Array.from(this.#unsaved, (device) => ({ device, numbering: device.startSaving() }));
    this.#unsaved = new Set();
    this.#saving = true;
    this.#store.save(
      saved.map(({ device, numbering }) => [device.id, numbering]),
      () => {
        this.#saving = false;
        for (const { device, numbering } of saved) device.saved(numbering);
        if (!this.#again) return;
        this.#again = false;
        this.#save();
      },
    );
  }
}
