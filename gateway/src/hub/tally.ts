import type { Receipt, Refusal } from './receipt.ts';
import type { Delivery } from './session.ts';
import type { Outcome, Trail } from './tracer.ts';

/**
 * The receipt of a message while it is handed to its recipients, with what its sender must not see. One is made for each message, so its
 * fields are assigned: V8 takes several times as long for fields that are defined in a class, or private.
 */
export class Tally {
  /** What whoever sent it gets. */
  declare readonly receipt: Receipt;
  /** Where it is written down who got it; undefined for most messages. */
  declare readonly trail: Trail | undefined;
  /** The first that did not get it. */
  declare firstRefused: string | undefined;

  constructor(trail: Trail | undefined, reason?: Refusal) {
    this.receipt = { delivered: 0, refused: 0, reason };
    this.trail = trail;
    this.firstRefused = undefined;
  }

  count(id: string, delivery: Delivery): void {
    if (this.trail !== undefined) this.trail.add(id, delivery);
    const { receipt } = this;
    if (delivery === 'delivered') {
      receipt.delivered++;
      return;
    }
    receipt.refused++;
    receipt.reason ??= delivery;
    this.firstRefused ??= id;
  }

  /** Somebody who would get it otherwise, and is not counted. */
  pass(id: string, outcome: Outcome): void {
    if (this.trail !== undefined) this.trail.add(id, outcome);
  }
}
