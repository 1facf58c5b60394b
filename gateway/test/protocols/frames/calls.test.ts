import { CODES } from '@crosscomm/protocol';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

const CALL = { type: 'call', callId: 2, to: 'oracle', function: 'add', args: { a: 1, b: 2 } } as const;

describe('a call of a device', () => {
  it('is an event of OOCSI, whose answer is a Reply', () => {
    const house = buildFrameHouse();
    const oracle = join(house.hub, 'oracle');
    const device = house.open();
    device.say(CALL);
    const asked = JSON.parse(String(bodies(oracle)[0])) as Record<string, unknown>;
    expect(asked).toEqual({ a: 1, b: 2, _MESSAGE_HANDLE: 'add', _MESSAGE_ID: expect.stringMatching(/^[0-9a-f]{32}$/) });
    send(house.hub, 'mallory', 'uno-1', JSON.stringify({ sum: 4, _MESSAGE_ID: asked._MESSAGE_ID }));
    send(house.hub, 'oracle', 'uno-1', JSON.stringify({ sum: 3, _MESSAGE_ID: asked._MESSAGE_ID }));
    expect(device.takeNumbered()).toMatchObject([
      [1, { type: 'message', from: 'mallory' }],
      [2, { type: 'reply', callId: 2, value: new Map([['sum', 3]]), code: 0 }],
    ]);
  });

  it('ends with no_recipient where nobody can be asked, and with timeout where nobody answers', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(CALL);
    expect(device.takeNumbered()).toMatchObject([[1, { callId: 2, value: null, code: CODES.no_recipient }]]);
    device.say({ type: 'ack', seq: 1 });
    join(house.hub, 'oracle');
    device.say(CALL, CALL);
    house.clock.advance(5000);
    expect(device.takeNumbered()).toMatchObject([[2, { callId: 2, value: null, code: CODES.timeout }]]);
  });

  it('waits as long as the caller asks for, up to a minute', () => {
    const house = buildFrameHouse();
    const device = house.open();
    join(house.hub, 'oracle');
    device.say({ ...CALL, callId: 3, timeoutMs: 20_000 }, { ...CALL, callId: 4, timeoutMs: 4_000_000 });
    house.clock.advance(19_999);
    device.say({ type: 'ping' });
    expect(device.takeNumbered()).toEqual([]);
    house.clock.advance(1);
    device.say({ type: 'ack', seq: 1 });
    expect(device.takeNumbered()).toMatchObject([[1, { callId: 3, code: CODES.timeout }]]);
    house.clock.advance(20_000);
    device.say({ type: 'ping' });
    house.clock.advance(20_000);
    expect(device.takeNumbered()).toMatchObject([[2, { callId: 4, code: CODES.timeout }]]);
  });
});

describe('a call for a device', () => {
  const called = '{"x":1,"_MESSAGE_HANDLE":"blink","_MESSAGE_ID":"m-1"}';

  it('is a Call without the fields of OOCSI, and its Reply an event with them', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna');
    const device = house.open();
    device.say({ type: 'alias', alias: 7, channel: 'lamps', flags: 1 });
    device.take();
    send(house.hub, 'anna', 'lamps', called);
    const [[, call]] = device.takeNumbered() as [[number, { callId: number }]];
    expect(call).toMatchObject({ type: 'call', to: 7, function: 'blink', args: new Map([['x', 1]]), from: 'anna' });
    device.say(
      { type: 'reply', callId: call.callId, value: { done: true } },
      { type: 'reply', callId: call.callId, value: 1 },
    );
    expect(bodies(anna)).toEqual(['{"done":true,"_MESSAGE_ID":"m-1"}']);
  });

  it('that fails tells an OOCSI client nothing but that, and a device the code', () => {
    const house = buildFrameHouse();
    const caller = house.open({ deviceId: 'uno-2' });
    const device = house.open();
    caller.say({ ...CALL, to: 'uno-1' });
    const [[, call]] = device.takeNumbered() as [[number, { callId: number }]];
    device.say({ type: 'reply', callId: call.callId, value: null, code: CODES.no_function, text: 'add?' });
    expect(caller.takeNumbered()).toEqual([
      [1, { type: 'reply', callId: 2, value: null, code: CODES.no_function, text: 'add?' }],
    ]);
  });

  it('ends with timeout where the device does not answer, and a later Reply reaches nobody', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna');
    const device = house.open();
    send(house.hub, 'anna', 'uno-1', called);
    const [[, call]] = device.takeNumbered() as [[number, { callId: number }]];
    device.say({ type: 'ack', seq: 1 });
    house.clock.advance(59_999);
    expect(bodies(anna)).toEqual([]);
    house.clock.advance(1);
    device.say({ type: 'reply', callId: call.callId, value: { done: true } });
    house.clock.advance(10_000);
    expect(bodies(anna)).toEqual([`{"_MESSAGE_ERROR":${CODES.timeout},"_MESSAGE_ID":"m-1"}`]);
  });

  it('that is answered in time is not ended again', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna');
    const device = house.open();
    send(house.hub, 'anna', 'uno-1', called);
    const [[, call]] = device.takeNumbered() as [[number, { callId: number }]];
    device.say({ type: 'ack', seq: 1 }, { type: 'reply', callId: call.callId, value: { done: true } });
    house.clock.advance(10_000);
    expect(bodies(anna)).toEqual(['{"done":true,"_MESSAGE_ID":"m-1"}']);
  });

  it('ends with too_many where it is the oldest of more than 64', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna');
    house.open({ window: 65_535 });
    for (let n = 0; n <= 64; n++) {
      send(house.hub, 'anna', 'uno-1', `{"_MESSAGE_HANDLE":"blink","_MESSAGE_ID":"m-${n}"}`);
    }
    expect(bodies(anna)).toEqual([`{"_MESSAGE_ERROR":${CODES.too_many},"_MESSAGE_ID":"m-0"}`]);
  });

  it('ends with offline where the device goes for good', () => {
    const house = buildFrameHouse();
    const caller = house.open({ deviceId: 'uno-2' });
    const device = house.open();
    caller.say({ ...CALL, to: 'uno-1' });
    device.say({ type: 'goodbye' });
    expect(caller.takeNumbered()).toMatchObject([[1, { type: 'reply', callId: 2, code: CODES.offline }]]);
  });
});
