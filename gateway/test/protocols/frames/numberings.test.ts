import { CODES, TIMES } from '@crosscomm/protocol';
import { bodies, join } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import type { Numbering, NumberingStore } from '../../../src/protocols/frames/delivery/numberings.ts';
import { buildFrameHouse } from './support.ts';

/** A disk that is done when the test says so. */
class SlowStore implements NumberingStore {
  readonly saved: (readonly [id: string, numbering: Numbering])[][] = [];
  readonly forgotten: string[] = [];
  #done: (() => void) | undefined;

  save(numberings: readonly (readonly [id: string, numbering: Numbering])[], done: () => void): void {
    if (this.#done) throw new Error('saved while saving');
    this.saved.push([...numberings]);
    this.#done = done;
  }

  forget(id: string): void {
    this.forgotten.push(id);
  }

  finish(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}

const message = (value: string) => ({ type: 'message', to: 'lab', value }) as const;

function build(changes: Parameters<typeof buildFrameHouse>[0] = {}) {
  const store = new SlowStore();
  return { ...buildFrameHouse(changes, {}, store), store };
}

describe('the numbers of devices', () => {
  it('are saved before they are acknowledged, those of many frames and devices in one go', () => {
    const { clock, hub, open, store } = build();
    join(hub, 'anna', ['lab']);
    const [one, other] = [open({ deviceId: 'a' }), open({ deviceId: 'b', bootId: 9 })];
    for (let seq = 1; seq <= 10; seq++) one.number(seq, message('x'));
    other.number(1, message('y'));
    clock.advance(TIMES.ackDelayMs);
    expect([...one.take(), ...other.take()]).toEqual([]);
    expect(store.saved).toEqual([
      [
        ['a', { bootId: 7, last: 10 }],
        ['b', { bootId: 9, last: 1 }],
      ],
    ]);
    store.finish();
    expect(one.take()).toEqual([{ type: 'ack', seq: 10 }]);
    expect(other.take()).toEqual([{ type: 'ack', seq: 1 }]);
  });

  it('that are repeated while they are being saved are acknowledged only when they are', () => {
    const { clock, hub, open, store } = build();
    join(hub, 'anna', ['lab']);
    const device = open();
    device.number(1, message('a'));
    clock.advance(TIMES.ackDelayMs);
    device.number(2, message('b'));
    device.number(1, message('a'));
    expect(device.take()).toEqual([]);
    store.finish();
    expect(device.take()).toEqual([{ type: 'ack', seq: 1 }]);
    expect(store.saved.at(-1)).toEqual([['uno-1', { bootId: 7, last: 2 }]]);
    store.finish();
    expect(device.take()).toEqual([{ type: 'ack', seq: 2 }]);
  });

  it('are in a Welcome as far as they are saved, and acted upon once all the same', () => {
    const { clock, connect, hub, open, store } = build();
    const anna = join(hub, 'anna', ['lab']);
    const device = open();
    device.number(1, message('a'));
    clock.advance(TIMES.ackDelayMs);
    device.unplug();
    const again = connect();
    expect(again.greet({ resume: { firstSeq: 1, session: 1, received: 0 } }).lastSeq).toBe(0);
    again.number(1, message('a'));
    store.finish();
    store.finish();
    expect(again.take()).toEqual([{ type: 'ack', seq: 1 }]);
    expect(bodies(anna)).toEqual(['a']);
  });

  it('that a disk keeps waiting for stop a device at its window', () => {
    const { clock, hub, open, store } = build({ limits: { maxFrame: 128, window: 128, maxAliases: 4, maxKeys: 4 } });
    const anna = join(hub, 'anna', ['lab']);
    const device = open();
    for (let seq = 1; seq <= 3; seq++) device.number(seq, message('x'.repeat(40)));
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.window_exceeded, about: [9, 3] }]);
    store.finish();
    expect(device.take()).toEqual([{ type: 'ack', seq: 2 }]);
    device.number(3, message('x'.repeat(40)));
    clock.advance(TIMES.ackDelayMs);
    store.finish();
    expect(device.take()).toEqual([{ type: 'ack', seq: 3 }]);
    expect(bodies(anna)).toHaveLength(3);
  });

  it('are known again from an earlier run, by their boot id alone', () => {
    const { connect, devices } = build();
    devices.restore([['uno-1', { bootId: 7, last: 41 }]]);
    expect(connect().greet().lastSeq).toBe(41);
    devices.restore([['uno-2', { bootId: 7, last: 41 }]]);
    expect(connect().greet({ deviceId: 'uno-2', bootId: 8 }).lastSeq).toBe(0);
  });

  it('of those who went longest ago are forgotten where there are too many, on disk as well', () => {
    const { connect, devices, store } = build({ maxKept: 2 });
    devices.restore(['a', 'b', 'c'].map((id) => [id, { bootId: 7, last: 5 }] as const));
    expect(store.forgotten).toEqual(['a']);
    expect(connect().greet({ deviceId: 'a' }).lastSeq).toBe(0);
    expect(connect().greet({ deviceId: 'b' }).lastSeq).toBe(5);
  });

  it('are saved when the gateway stops', () => {
    const { devices, open, store } = build();
    open().number(1, message('a'));
    devices.stop();
    expect(store.saved).toEqual([[['uno-1', { bootId: 7, last: 1 }]]]);
  });
});
