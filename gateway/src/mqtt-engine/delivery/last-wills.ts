import type { Clock } from '../../common/clock.ts';
import { EngineMessage } from '../message.ts';
import type { StoredWill, Wills } from '../store/contract.ts';

export interface LastWillsParts {
  wills: Wills;
  clock: Clock;
  /** Publishes the message, if its sender may; `done` is called when it is delivered, and where it is not. */
  publish(message: EngineMessage, done: () => void): void;
}

/** The last wills of clients: kept while they are here, and published when their connections end, or their time has come. */
export class LastWills {
  readonly #parts: LastWillsParts;
  /** Those whose delay is under way, with what ends the wait. */
  readonly #delayed = new Map<string, { will: StoredWill; cancel: () => void }>();
  readonly #kept = new Map<string, StoredWill>();

  constructor(parts: LastWillsParts) {
    this.#parts = parts;
  }

  /** A client has come with a last will, or without one. One of an earlier connection that still waits is not published any more (MQTT-3.1.3-9). */
  set(id: string, will: StoredWill | undefined): void {
    const delayed = this.#delayed.get(id);
    delayed?.cancel();
    this.#delayed.delete(id);
    if (will !== undefined) {
      this.#kept.set(id, will);
      this.#parts.wills.set(will);
    } else if (this.#kept.delete(id) || delayed !== undefined) this.#parts.wills.delete(id);
  }

  /** The client has said goodbye: its will is worth nothing. */
  drop(id: string): void {
    if (this.#kept.delete(id)) this.#parts.wills.delete(id);
  }

  /** The client's connection has ended without a goodbye; its session lasts for `sessionMs` more. `done` is called when the will is published, if it is due. */
  due(id: string, sessionMs: number, done: () => void = ignore): void {
    const will = this.#kept.get(id);
    this.#kept.delete(id);
    if (will === undefined) {
      done();
      return;
    }
    const delayMs = Math.min(will.delayMs, sessionMs);
    if (delayMs <= 0) this.#publish(will, done);
    else {
      this.#delay(will, delayMs);
      done();
    }
  }

  /** The client's session has ended: what waits is due now (MQTT-3.1.2-8). */
  sessionEnded(id: string): void {
    const delayed = this.#delayed.get(id);
    if (delayed === undefined) return;
    delayed.cancel();
    this.#delayed.delete(id);
    this.#publish(delayed.will, ignore);
  }

  /** Takes up what an earlier run has left, which was killed. `hasSession`: whether a client's session is still there. */
  restore(hasSession: (id: string) => boolean): void {
    for (const will of [...this.#parts.wills.all()]) {
      if (will.delayMs > 0 && hasSession(will.id)) this.#delay(will, will.delayMs);
      else this.#publish(will, ignore);
    }
  }

  /** Ends all timers; what waits is taken up by the next run. */
  stop(): void {
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
  }

  #delay(will: StoredWill, delayMs: number): void {
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#delayed.delete(will.id);
      this.#publish(will, ignore);
    });
    this.#delayed.set(will.id, { will, cancel });
  }

  #publish({ id, message, expiryS }: StoredWill, done: () => void): void {
    const { wills, clock, publish } = this.#parts;
    const expiresAtMs = expiryS === undefined ? undefined : clock.monotonicMs() + expiryS * 1000;
    // It is taken off the disk together with what it leaves there.
    publish(new EngineMessage({ ...message, expiresAtMs }), done);
    wills.delete(id);
  }
}

function ignore(): void {}
