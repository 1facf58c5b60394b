import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MqttStream } from '../../src/mqtt-engine/stream.ts';
import type { StreamFault } from '../../src/mqtt-engine/stream-fault.ts';
import { QueueBudget, WriteTurn } from '../../src/transports/outbox.ts';
import { connectPacket } from './support.ts';

/** The other end of a connection, which takes bytes only when the test says so. */
class Peer extends Duplex {
  readonly writes: Buffer[] = [];
  isReading = true;
  #taken: (() => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.writes.push(chunk);
    if (this.isReading) taken();
    else this.#taken = taken;
  }

  /** Takes the write under way; the ones behind it wait again. */
  takeWrite(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }
}

const KIB = 1024;
const turnEnd = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let clock: FakeClock;
let peer: Peer;
let faults: StreamFault[];
let stream: MqttStream;
let budget: QueueBudget;
let emptied: number;
beforeEach(() => {
  clock = new FakeClock();
  peer = new Peer();
  faults = [];
  emptied = 0;
  budget = new QueueBudget(1600 * KIB);
  const limits = { maxPacketBytes: 1000, maxQueueBytes: 1024 * KIB, drainTimeoutMs: 5000, budget };
  stream = new MqttStream(peer, {
    ...{ peer: 'peer', turn: new WriteTurn(), clock, limits },
    onFault: (fault) => faults.push(fault),
    emptied: () => {
      emptied++;
    },
  });
});
afterEach(() => {
  stream.destroy();
  peer.destroy();
});

describe('the connection as a broker core has it', () => {
  it('is written to once a turn, with everything in its order', async () => {
    const large = Buffer.alloc(5000, 1);
    stream.write(Buffer.from([0x30, 5]));
    stream.write('größe');
    stream.write(large);
    stream.write('x'.repeat(3000));
    expect(peer.writes).toEqual([]);
    await turnEnd();
    expect(Buffer.concat(peer.writes)).toEqual(
      Buffer.concat([Buffer.from([0x30, 5]), Buffer.from('größe'), large, Buffer.from('x'.repeat(3000))]),
    );
    for (let count = 0; count < 1000; count++) stream.write(Buffer.from([count & 255]));
    peer.writes.length = 0;
    await turnEnd();
    expect(Buffer.concat(peer.writes)).toEqual(Buffer.from(Array.from({ length: 1000 }, (_, index) => index & 255)));
    expect(peer.writes.length).toBeLessThan(5);
  });

  it('asks senders to wait for a reader that falls behind, until it has caught up', async () => {
    peer.isReading = false;
    const drained = once(stream, 'drain');
    expect(stream.write(Buffer.alloc(200 * KIB))).toBe(true);
    await turnEnd();
    expect(stream.write(Buffer.alloc(100 * KIB))).toBe(false);
    await turnEnd();
    peer.isReading = true;
    peer.takeWrite();
    await drained;
    expect(stream.write(Buffer.from('x'))).toBe(true);
  });

  it('does not ask them to wait long, nor again soon', async () => {
    peer.isReading = false;
    const drained = once(stream, 'drain');
    expect(stream.write(Buffer.alloc(300 * KIB))).toBe(false);
    clock.advance(100);
    await drained;
    expect(stream.write(Buffer.alloc(100 * KIB))).toBe(true);
    clock.advance(4000);
    expect(stream.write(Buffer.alloc(100 * KIB))).toBe(true);
  });

  it('has no room beyond its queue, but takes one packet of any size', async () => {
    peer.isReading = false;
    expect(stream.hasRoom(9999 * KIB)).toBe(true);
    stream.write(Buffer.alloc(1000 * KIB));
    expect(stream.hasRoom(100 * KIB)).toBe(false);
    expect(stream.hasRoom(10 * KIB)).toBe(true);
    await turnEnd();
    expect(stream.hasRoom(100 * KIB)).toBe(false);
  });

  it('keeps to a fair share while much waits for others, and gives its part of the budget back', async () => {
    peer.isReading = false;
    stream.write(Buffer.alloc(800 * KIB));
    await turnEnd();
    expect(budget.usedBytes).toBe(800 * KIB);
    expect(stream.hasRoom(1)).toBe(false);
    stream.destroy();
    await turnEnd();
    expect(budget.usedBytes).toBe(0);
  });

  it('ends where answers pile up for a peer that reads none', async () => {
    peer.isReading = false;
    for (let count = 0; count < 40 && faults.length === 0; count++) stream.write(Buffer.alloc(100 * KIB));
    expect(faults).toMatchObject([{ code: 'PEER_TOO_SLOW' }]);
    expect(peer.destroyed).toBe(true);
    expect(stream.write('into the void')).toBe(true);
  });

  it('ends where nothing is taken for the drain timeout, and not while something is', async () => {
    peer.isReading = false;
    for (let count = 0; count < 3; count++) {
      stream.write(Buffer.alloc(100));
      await turnEnd();
    }
    clock.advance(4000);
    peer.takeWrite();
    await turnEnd();
    clock.advance(4000);
    expect(faults).toEqual([]);
    clock.advance(5000);
    expect(faults).toMatchObject([{ code: 'PEER_TOO_SLOW' }]);
  });

  it('tells a queue on disk when there is room', async () => {
    peer.isReading = false;
    expect(stream.isFull).toBe(false);
    stream.write(Buffer.alloc(300 * KIB));
    expect(stream.isFull).toBe(true);
    await turnEnd();
    expect(emptied).toBe(0);
    const taken = once(peer, 'drain');
    peer.takeWrite();
    await taken;
    expect([stream.isFull, emptied]).toEqual([false, 1]);
    stream.write(Buffer.alloc(300 * KIB));
    const released = stream.released();
    stream.destroy();
    await released;
    expect(emptied).toBe(2);
  });

  it('sends what was written last before it closes, and waits for the peer only for a moment', async () => {
    stream.write('refused');
    stream.destroy();
    await once(stream, 'close');
    expect(Buffer.concat(peer.writes).toString()).toBe('refused');
    expect(peer.writableEnded).toBe(true);
    clock.advance(1000);
    expect(peer.destroyed).toBe(true);
  });

  it('hands over what came before the peer went', async () => {
    peer.push(connectPacket('a'));
    peer.push(Buffer.from([0xc0, 0]));
    await turnEnd();
    peer.destroy();
    await turnEnd();
    expect(stream.destroyed).toBe(false);
    expect(stream.read()).toEqual(Buffer.concat([connectPacket('a'), Buffer.from([0xc0, 0])]));
    stream.read();
    await once(stream, 'close');
    expect(stream.reason).toBe('closed');
  });
});
