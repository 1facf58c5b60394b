import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Outbox, type OutboxLimits, QueueBudget, WriteTurn } from '../../src/transports/outbox.ts';

const HIGH_WATER_BYTES = 1024;

/** A stream whose reader reads when the test says so. */
class Reader extends Writable {
  readonly writes: string[] = [];
  reading = true;
  #held: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: HIGH_WATER_BYTES });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString());
    if (this.reading) done();
    else this.#held = done;
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done);
  }

  /** Reads all there is, and from now on whatever comes. */
  read(): void {
    this.reading = true;
    this.#held?.();
  }
}

interface Setup {
  reader: Reader;
  outbox: Outbox;
  budget: QueueBudget;
}

function build(limits: Partial<OutboxLimits> = {}, budget = new QueueBudget(1_000_000), turn = new WriteTurn()): Setup {
  const reader = new Reader();
  const outbox = new Outbox(reader, turn, budget, { maxQueueBytes: 10_000, fairShareBytes: 3000, ...limits });
  return { reader, outbox, budget };
}

const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const unit = (length: number, letter = 'x'): Buffer => Buffer.from(letter.repeat(length));

/** Makes the reader fall behind: it takes `bytes` and asks for no more. */
async function stall({ reader, outbox }: Setup, bytes = HIGH_WATER_BYTES): Promise<void> {
  reader.reading = false;
  outbox.write(unit(bytes, 's'));
  await turnOver();
}

describe('Outbox', () => {
  test('hands everything that is written in one turn to the stream at once, in order', async () => {
    const { reader, outbox } = build();
    for (const word of ['one ', 'two ', 'three']) outbox.write(Buffer.from(word));
    expect(reader.writes).toEqual([]);
    await turnOver();
    expect(reader.writes).toEqual(['one two three']);
  });

  test('writes large units as they are, in order, in one go', async () => {
    const { reader, outbox } = build({ maxQueueBytes: 100_000 });
    outbox.write(unit(4000, 'a'));
    outbox.write(unit(5000, 'b'));
    outbox.write(unit(3, 'c'));
    await turnOver();
    expect(reader.writes.join('')).toBe(`${'a'.repeat(4000)}${'b'.repeat(5000)}ccc`);
  });

  test('does not wait for the end of the turn with more than a piece', () => {
    const { reader, outbox } = build({ maxQueueBytes: 1_000_000 });
    for (let index = 0; index < 100; index++) outbox.write(unit(1000));
    expect(reader.writes.join('').length).toBeGreaterThan(60_000);
  });

  test('keeps what a slow reader leaves, and goes on in order when it reads again', async () => {
    const setup = build();
    const { reader, outbox } = setup;
    await stall(setup);
    for (let index = 0; index < 20; index++) {
      outbox.write(Buffer.from(`${index} `));
      await turnOver();
    }
    expect(reader.writes).toHaveLength(1);
    reader.read();
    await turnOver();
    expect(reader.writes.slice(1).join('')).toBe(Array.from({ length: 20 }, (_, index) => `${index} `).join(''));
  });

  test('refuses a unit that does not fit, and takes the next one that does', async () => {
    const setup = build({ maxQueueBytes: 3000 });
    const { reader, outbox } = setup;
    await stall(setup);
    expect(outbox.write(unit(1500, 'a'))).toBe(true);
    expect(outbox.write(unit(1500, 'b'))).toBe(false);
    expect(outbox.write(unit(400, 'c'))).toBe(true);
    expect(outbox.queuedBytes).toBe(HIGH_WATER_BYTES + 1900);
    reader.read();
    await turnOver();
    expect(reader.writes.slice(1).join('')).toBe('a'.repeat(1500) + 'c'.repeat(400));
  });

  test('takes one unit of any size while nothing waits', async () => {
    const { reader, outbox } = build({ maxQueueBytes: 100 });
    expect(outbox.write(unit(5000))).toBe(true);
    expect(outbox.write(unit(1))).toBe(false);
    await turnOver();
    expect(reader.writes.join('')).toHaveLength(5000);
    expect(outbox.write(unit(1))).toBe(true);
  });

  test('charges the budget for what waits, and gives it back when it is read', async () => {
    const setup = build();
    await stall(setup);
    setup.outbox.write(unit(500));
    await turnOver();
    expect(setup.budget.usedBytes).toBe(HIGH_WATER_BYTES + 500);
    setup.reader.read();
    await turnOver();
    expect(setup.budget.usedBytes).toBe(0);
  });

  test('charges nothing for a reader that keeps up', async () => {
    const { outbox, budget } = build();
    for (let index = 0; index < 50; index++) {
      outbox.write(unit(900));
      await turnOver();
      expect(budget.usedBytes).toBe(0);
    }
  });

  test('gives the budget back when the connection breaks', async () => {
    const setup = build();
    await stall(setup);
    setup.outbox.write(unit(500));
    await turnOver();
    setup.reader.destroy();
    await once(setup.reader, 'close');
    expect(setup.budget.usedBytes).toBe(0);
    expect(setup.outbox.write(unit(1))).toBe(false);
  });

  test('keeps connections to their fair share once others have used the budget up', async () => {
    const budget = new QueueBudget(10_000);
    const hog = build({ maxQueueBytes: 100_000 }, budget);
    await stall(hog);
    for (let index = 0; index < 10; index++) hog.outbox.write(unit(1000));
    await turnOver();
    expect(budget.exhausted).toBe(true);
    expect(hog.outbox.write(unit(10))).toBe(false);
    const other = build({}, budget);
    expect(other.outbox.write(unit(5000))).toBe(false);
    expect(other.outbox.write(unit(2900))).toBe(true);
    expect(other.outbox.write(unit(200))).toBe(false);
  });

  test('leaves each connection its fair share when more than half of all is used up', () => {
    const budget = new QueueBudget(1000);
    budget.usedBytes = 499;
    expect(budget.limitOf(400, 100)).toBe(400);
    budget.usedBytes = 500;
    expect(budget.limitOf(400, 100)).toBe(100);
    expect(budget.limitOf(50, 100)).toBe(50);
  });

  test('lets a reader that keeps up have one large unit while the budget is pressed but not used up', async () => {
    const budget = new QueueBudget(10_000);
    const hog = build({}, budget);
    await stall(hog, 6000);
    expect(budget.pressed && !budget.exhausted).toBe(true);
    const other = build({}, budget);
    expect(other.outbox.write(unit(5000))).toBe(true);
    expect(other.outbox.write(unit(10))).toBe(false);
  });

  test('ends the stream after what was queued, and refuses everything after that', async () => {
    const { reader, outbox } = build();
    outbox.write(Buffer.from('bye'));
    outbox.end();
    expect(outbox.write(Buffer.from('too late'))).toBe(false);
    await once(reader, 'finish');
    expect(reader.writes).toEqual(['bye']);
    outbox.end();
    expect(reader.writableFinished).toBe(true);
  });

  test('hands over what was queued when it is sealed, and leaves the stream open', async () => {
    const { reader, outbox } = build();
    outbox.write(Buffer.from('last'));
    outbox.seal();
    expect(reader.writes).toEqual(['last']);
    expect(outbox.write(Buffer.from('too late'))).toBe(false);
    await turnOver();
    expect(reader.writes).toEqual(['last']);
    expect(reader.writableEnded).toBe(false);
  });

  test('drops what was queued for a stream that somebody else has ended', async () => {
    const { reader, outbox } = build();
    let failed = false;
    reader.on('error', () => {
      failed = true;
    });
    outbox.write(Buffer.from('nobody reads this'));
    reader.end();
    await turnOver();
    expect(failed).toBe(false);
    expect(reader.writes).toEqual([]);
  });

  test('flushes each connection once a turn, whoever else writes', async () => {
    const turn = new WriteTurn();
    const setups = [build({}, undefined, turn), build({}, undefined, turn)];
    for (let round = 0; round < 3; round++) {
      for (const { outbox } of setups) outbox.write(Buffer.from(`${round}`));
    }
    await turnOver();
    expect(setups.map(({ reader }) => reader.writes)).toEqual([['012'], ['012']]);
  });
});
