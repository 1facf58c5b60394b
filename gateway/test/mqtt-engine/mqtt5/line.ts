import { Duplex } from 'node:stream';

/** What the other end of a line does with what the gateway does. */
export interface LineEnd {
  /** The gateway has written something. */
  arrived(chunk: Buffer): void;
  /** The gateway has ended the connection, or cut it. */
  closed(): void;
}

/** A connection in memory as the gateway has it; the other end closes as soon as the gateway does, and reads unless it is stalled. */
export class Line extends Duplex {
  readonly #end: LineEnd;
  #isStalled = false;
  /** Its other end may not have read everything. */
  wasStalled = false;
  #held: { chunk: Buffer; done: () => void } | undefined;
  #isOver = false;

  constructor(end: LineEnd) {
    super();
    this.#end = end;
    this.on('error', () => {});
    this.on('close', () => this.#closed());
  }

  /** Has the other end read nothing, or go on. */
  stall(isStalled: boolean): void {
    this.#isStalled = isStalled;
    this.wasStalled = true;
    const held = this.#held;
    if (isStalled || held === undefined) return;
    this.#held = undefined;
    this.#end.arrived(held.chunk);
    held.done();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#isStalled) this.#held = { chunk, done };
    else {
      this.#end.arrived(chunk);
      done();
    }
  }

  override _final(done: () => void): void {
    this.#closed();
    if (!this.readableEnded && !this.destroyed) this.push(null);
    done();
  }

  #closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end.closed();
  }
}
