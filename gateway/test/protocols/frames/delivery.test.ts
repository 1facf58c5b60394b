import { CAPABILITIES, CODES, encodeFrame, TIMES } from '@crosscomm/protocol';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

const message = (value: string) => ({ type: 'message', to: 'lab', value }) as const;

describe('sequenced frames up', () => {
  it('are acted upon once and acknowledged soon, all together', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.number(1, message('a'));
    device.number(2, message('b'));
    device.number(2, message('b'));
    expect(bodies(anna)).toEqual(['a', 'b']);
    expect(device.take()).toEqual([{ type: 'ack', seq: 2 }]);
    device.number(3, null);
    expect(device.take()).toEqual([]);
    house.clock.advance(TIMES.ackDelayMs);
    expect(device.take()).toEqual([{ type: 'ack', seq: 3 }]);
  });

  it('after a gap are dropped, and the last number said once for each gap and 100 ms', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.number(2, message('b'));
    device.number(3, message('c'));
    expect(device.take()).toEqual([{ type: 'ack', seq: 0 }]);
    house.clock.advance(100);
    device.number(3, message('c'));
    expect(device.take()).toEqual([{ type: 'ack', seq: 0 }]);
    for (const [index, value] of ['a', 'b', 'c'].entries()) device.number(index + 1, message(value));
    expect(bodies(anna)).toEqual(['a', 'b', 'c']);
  });

  it('of the same boot id are known again after the link was lost and after the session is over', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.number(1, message('a'));
    device.unplug();
    house.clock.advance(3_000 + TIMES.keepSessionMs);
    const again = house.connect();
    expect(again.greet({ resume: { firstSeq: 1, session: 99, received: 0 } })).toMatchObject({
      lastSeq: 1,
      resumed: false,
    });
    again.number(1, message('a'));
    again.number(2, message('b'));
    expect(bodies(anna)).toEqual(['a', 'b']);
  });

  it('begin at firstSeq where the gateway knows less, and at 1 by a new boot id', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.connect();
    expect(device.greet({ resume: { firstSeq: 40, session: 0, received: 0 } }).lastSeq).toBe(0);
    device.number(40, message('a'));
    expect(device.greet({ bootId: 8 }).lastSeq).toBe(0);
    device.number(1, message('b'));
    expect(bodies(anna)).toEqual(['a', 'b']);
  });

  it('that name an unknown alias or key are not taken', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.number(1, { type: 'message', to: 3, value: 1 });
    device.number(1, { type: 'message', to: 'lab', value: new Map([[40, 1]]) });
    expect(device.take()).toMatchObject([
      { code: CODES.unknown_alias, about: [6, 3] },
      { code: CODES.unknown_key, about: [11, 40] },
    ]);
    device.say({ type: 'alias', alias: 3, channel: 'lab' });
    device.number(1, { type: 'message', to: 3, value: 'a' });
    expect(bodies(anna)).toEqual(['a']);
  });

  it('that fit nothing are an Error', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.number(70_000, message('a'));
    device.say({ type: 'ack', seq: 5 });
    expect(device.take()).toMatchObject([{ code: CODES.sequence_gap, about: [9, 70_000] }]);
  });

  it('are told about by Receipts where the device wants them, else by Errors', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.number(1, message('a'));
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.no_recipient, about: [9, 1] }]);
    const other = house.open({ deviceId: 'uno-2', capabilities: CAPABILITIES.receipts });
    other.number(1, message('a'));
    const anna = join(house.hub, 'anna', ['lab']);
    other.number(2, message('b'));
    anna.answer = 'queue_full';
    other.number(3, message('c'));
    expect(other.take()).toEqual([
      { type: 'receipt', seq: 1, delivered: 0, code: CODES.no_recipient },
      { type: 'receipt', seq: 2, delivered: 1, code: 0 },
      { type: 'receipt', seq: 3, delivered: 0, code: CODES.queue_full },
    ]);
  });
});

describe('frames down', () => {
  const size = encodeFrame({
    type: 'sequenced',
    seq: 1,
    frame: { type: 'message', to: null, value: 'x'.repeat(20), from: 'anna' },
  }).length;

  it('are never more bytes than the window', () => {
    const house = buildFrameHouse();
    const device = house.open({ maxFrame: 48, window: 2 * size });
    for (let index = 0; index < 5; index++) send(house.hub, 'anna', 'uno-1', `${index}`.padEnd(20, 'x'));
    expect(device.takeNumbered()).toHaveLength(2);
    device.say({ type: 'ack', seq: 1 });
    expect(device.takeNumbered()).toMatchObject([[3, {}]]);
    device.say({ type: 'ack', seq: 3 });
    expect(device.takeNumbered()).toMatchObject([
      [4, {}],
      [5, {}],
    ]);
  });

  it('are repeated later and later, then the link is lost', () => {
    const house = buildFrameHouse();
    const device = house.open();
    send(house.hub, 'anna', 'uno-1', 'a');
    device.take();
    let repeats = 0;
    for (let waited = 0; waited < 120 && !device.ended; waited++) {
      house.clock.advance(500);
      device.say({ type: 'ping' });
      repeats += device.takeNumbered().length;
    }
    expect(repeats).toBe(TIMES.repeatMaxCount);
    expect(device.ended).toBe(true);
  });

  it('are sent again at once when an Ack is repeated, once for each number', () => {
    const house = buildFrameHouse();
    const device = house.open();
    for (const body of ['a', 'b', 'c']) send(house.hub, 'anna', 'uno-1', body);
    device.take();
    device.say({ type: 'ack', seq: 1 });
    device.say({ type: 'ack', seq: 1 });
    device.say({ type: 'ack', seq: 1 });
    expect(device.takeNumbered()).toMatchObject([
      [2, { value: 'b' }],
      [3, { value: 'c' }],
    ]);
  });

  it('too large or too deep for the device are refused, with a reason for the sender', () => {
    const house = buildFrameHouse();
    house.open({ maxFrame: 48 });
    const deep = `{"a":${'['.repeat(9)}${']'.repeat(9)}}`;
    const wide = `{"a":"${'x'.repeat(40)}"}`;
    for (const body of [deep, wide, 'x'.repeat(100_000)]) {
      expect(send(house.hub, 'anna', 'uno-1', body)).toMatchObject({ delivered: 0, reason: 'too_large' });
    }
    expect(send(house.hub, 'anna', 'uno-1', '{"a":1}').delivered).toBe(1);
  });

  it('fill a queue that has an end, and give back what they took of the budget', () => {
    const house = buildFrameHouse({ maxQueueBytes: 1000 });
    const device = house.open({ maxFrame: 48, window: 48 });
    const receipts = Array.from({ length: 30 }, () => send(house.hub, 'anna', 'uno-1', 'x'.repeat(20)));
    expect(receipts.some(({ reason }) => reason === 'queue_full')).toBe(true);
    const delivered = receipts.filter((receipt) => receipt.delivered === 1).length;
    expect(house.options.budget.usedBytes).toBeGreaterThan(0);
    let heard = 0;
    for (let seq = 1; seq <= delivered; seq++) {
      heard += device.takeNumbered().length;
      device.say({ type: 'ack', seq });
    }
    expect(heard).toBe(delivered);
    expect(house.options.budget.usedBytes).toBe(0);
  });

  it('wait while the connection takes nothing', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.full = true;
    send(house.hub, 'anna', 'uno-1', 'a');
    device.full = false;
    house.clock.advance(1000);
    expect(device.takeNumbered()).toMatchObject([[1, { value: 'a' }]]);
  });

  it('keep floats and integers apart, in 32 bits where the device computes in them', () => {
    const house = buildFrameHouse();
    const device = house.open({ capabilities: CAPABILITIES.float32 });
    send(house.hub, 'anna', 'uno-1', '{"a":21.3}');
    expect(device.takeNumbered()).toMatchObject([[1, { value: new Map([['a', Math.fround(21.3)]]) }]]);
  });
});
