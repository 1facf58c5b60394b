import { describe, expect, it } from 'vitest';
import { IncomingBudget, type Receiver } from '../../src/transports/incoming.ts';

/** A connection of this address, which gives back what it holds when it is dropped. */
class Holder implements Receiver {
  readonly peer: string;
  isDropped = false;
  #counted = 0;
  readonly #budget: IncomingBudget;

  constructor(budget: IncomingBudget, peer: string) {
    this.#budget = budget;
    this.peer = peer;
  }

  holds(bytes: number): this {
    this.#counted = this.#budget.hold(this, bytes, this.#counted);
    return this;
  }

  dropIncomplete(): void {
    this.isDropped = true;
    this.holds(0);
  }
}

describe('what is held of messages that are not complete', () => {
  it('is counted by the connection, from a length on that most messages never have', () => {
    const budget = new IncomingBudget(100_000);
    const [one, other] = [new Holder(budget, '192.0.2.1:5').holds(4096), new Holder(budget, '192.0.2.2:5')];
    expect(budget.usedBytes).toBe(0);
    one.holds(10_000);
    other.holds(20_000);
    one.holds(30_000);
    expect(budget.usedBytes).toBe(50_000);
    one.holds(0);
    expect(budget.usedBytes).toBe(20_000);
    other.holds(100);
    expect(budget.usedBytes).toBe(0);
  });

  it('is bounded: the oldest of the address that has most of it goes, and nobody else', () => {
    const budget = new IncomingBudget(100_000);
    const honest = new Holder(budget, '192.0.2.1:5').holds(30_000);
    const hostile = Array.from({ length: 10 }, (_, port) => new Holder(budget, `192.0.2.9:${port}`).holds(20_000));
    expect(hostile.map(({ isDropped }) => isDropped)).toEqual([...Array(7).fill(true), ...Array(3).fill(false)]);
    expect(honest.isDropped).toBe(false);
    expect(budget.usedBytes).toBe(90_000);
  });

  it('is counted together for a network of IPv6, of which one machine has any address', () => {
    const budget = new IncomingBudget(100_000);
    const honest = new Holder(budget, '192.0.2.1:5').holds(30_000);
    const hostile = Array.from({ length: 4 }, (_, host) => new Holder(budget, `[2001:db8::${host}]:1`).holds(20_000));
    expect(hostile.map(({ isDropped }) => isDropped)).toEqual([true, false, false, false]);
    expect(honest.isDropped).toBe(false);
  });

  it('may be as long as one message may be, where there is no other', () => {
    const budget = new IncomingBudget(10_000);
    const one = new Holder(budget, '192.0.2.1:5').holds(50_000);
    expect(one.isDropped).toBe(false);
    const next = new Holder(budget, '192.0.2.1:6').holds(5000);
    expect([one.isDropped, next.isDropped]).toEqual([true, false]);
  });
});
