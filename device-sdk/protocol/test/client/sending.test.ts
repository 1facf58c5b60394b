import { CAPABILITIES, CODES, MESSAGE_KINDS, type Outcome } from '@crosscomm/protocol';
import { bodies, join } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../../gateway/src/hub/message.ts';
import { buildClient, buildFrameHouse, elapse, openClient } from './support.ts';

describe('what a FrameClient sends', () => {
  it('is reported as delivered, with how many have it, or as refused, with why', () => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['lab']);
    join(house.hub, 'ben', ['lab']);
    const party = openClient(house);
    const outcomes: Outcome[] = [];
    const settle = (outcome: Outcome): void => void outcomes.push(outcome);
    party.client.send('lab', { t: 21.5 }, settle);
    party.client.send('nobody', 1, settle);
    party.client.send('lab', 'x'.repeat(70_000), settle);
    party.line.carry();
    expect(outcomes).toEqual([
      { code: CODES.too_large, delivered: 0 },
      { code: CODES.ok, delivered: 2 },
      { code: CODES.no_recipient, delivered: 0 },
    ]);
  });

  it('without receipts is reported by its Ack, or by an Error about its number', () => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['lab']);
    const party = openClient(house, { capabilities: 0 });
    const outcomes: Outcome[] = [];
    party.client.send('lab', 1, (outcome) => outcomes.push(outcome));
    party.client.send('nobody', 1, (outcome) => outcomes.push(outcome));
    elapse(house, party, 100);
    expect(outcomes).toEqual([
      { code: CODES.ok, delivered: undefined },
      { code: CODES.no_recipient, delivered: 0 },
    ]);
  });

  it('is bounded in bytes while there is no link', () => {
    const house = buildFrameHouse();
    const { client } = buildClient(house, { maxQueueBytes: 1000 });
    const codes: number[] = [];
    let accepted = 0;
    while (client.send('lab', 'x'.repeat(100), ({ code }) => codes.push(code))) accepted++;
    expect(accepted).toBe(5);
    expect(codes).toEqual([CODES.queue_full]);
  });

  it('waits while the link has no room, and goes when it has', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    party.line.full = true;
    for (let number = 1; number <= 3; number++) party.client.send('lab', `${number}`);
    party.line.full = false;
    party.client.pump();
    party.line.carry();
    expect(bodies(anna)).toEqual(['1', '2', '3']);
  });

  it('never has more under way than the gateway takes', () => {
    const limits = { maxFrame: 256, window: 256, maxAliases: 8, maxKeys: 8 };
    const house = buildFrameHouse({ limits });
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    for (let number = 0; number < 50; number++) party.client.send('lab', `${number}`.padEnd(20));
    expect(party.line.up.reduce((bytes, frame) => bytes + frame.length, 0)).toBeLessThanOrEqual(256);
    elapse(house, party, 500);
    expect(anna.received).toHaveLength(50);
  });

  it('with a name of a gateway that takes less than before is given up where it is too large', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    const outcomes: Outcome[] = [];
    party.line.full = true;
    party.client.send('lab', 'x'.repeat(500), (outcome) => outcomes.push(outcome));
    party.client.send('lab', 'small', (outcome) => outcomes.push(outcome));
    const small = buildFrameHouse({ limits: { maxFrame: 256, window: 512, maxAliases: 8, maxKeys: 8 } });
    const anna = join(small.hub, 'anna', ['lab']);
    party.reconnect(small.devices);
    expect(outcomes).toEqual([
      { code: CODES.too_large, delivered: 0 },
      { code: CODES.ok, delivered: 1 },
    ]);
    expect(bodies(anna)).toEqual(['small']);
  });

  it('as JSON is a json for others, and what others send as JSON is one here', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house, { capabilities: CAPABILITIES.kinds });
    party.client.send('lab', { a: 1 }, undefined, MESSAGE_KINDS.json);
    party.client.send('lab', { a: 1 });
    party.line.carry();
    expect(anna.received.map(({ kind, body }) => [kind, body])).toEqual([
      ['json', '{"a":1}'],
      ['dict', '{"a":1}'],
    ]);
    for (const [kind, body] of [
      ['json', '{"a":1}'],
      ['dict', '{"a":1}'],
      ['json', '"on"'],
      ['json', 'no JSON'],
      ['json', '[1]'],
    ] as const) {
      house.hub.send(new Message({ from: 'anna', to: 'uno-1', kind, body, timestampMs: 0 }));
    }
    party.line.carry();
    expect(party.messages.map(({ kind }) => kind)).toEqual([1, 0, 1, 0, 0]);
  });

  it('is told no kind that it did not ask for', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    house.hub.send(new Message({ from: 'anna', to: 'uno-1', kind: 'json', body: '{"a":1}', timestampMs: 0 }));
    party.line.carry();
    expect(party.messages).toMatchObject([{ kind: 0, value: new Map([['a', 1]]) }]);
  });

  it('at most once goes only now', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    expect(party.client.sendAtMostOnce('lab', 'now')).toBe(true);
    party.line.carry();
    party.line.cut();
    expect(party.client.sendAtMostOnce('lab', 'later')).toBe(false);
    party.reconnect();
    elapse(house, party, 1000);
    expect(bodies(anna)).toEqual(['now']);
  });

  it('to the log is seen by nobody but the gateway', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    expect(party.client.log(1, 'started')).toBe(true);
    party.line.carry();
    expect(house.devices.log('uno-1')?.lines()).toMatchObject([{ text: 'started' }]);
  });

  it('gets a new boot id where the gateway knows the numbers of its own from another', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const first = openClient(house, { bootId: 5 });
    first.client.send('lab', 'first');
    elapse(house, first, 100);
    first.client.stop();
    first.line.carry();
    const second = openClient(house, { bootId: 5 });
    second.client.send('lab', 'second');
    elapse(house, second, 1000);
    expect(second.client.bootId).not.toBe(5);
    expect(bodies(anna)).toEqual(['first', 'second']);
  });
});
