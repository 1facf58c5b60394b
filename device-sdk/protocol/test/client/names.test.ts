import { CODES, encodeFrame } from '@crosscomm/protocol';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse, elapse, openClient, texts } from './support.ts';

describe('the names of a FrameClient', () => {
  it('are numbers on the wire, and names for its owner', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab/room1']);
    const party = openClient(house);
    party.client.subscribe('lab/room1');
    party.client.addKeys(['temperature', 'humidity']);
    elapse(house, party, 100);
    party.client.send('lab/room1', { temperature: 21.5, humidity: 43, list: [{ temperature: 1 }] });
    const [frame] = party.line.up;
    expect(frame?.length).toBeLessThan(30);
    party.line.carry();
    expect(bodies(anna)).toEqual(['{"temperature":21.5,"humidity":43,"list":[{"temperature":1}]}']);
    send(house.hub, 'anna', 'lab/room1', '{"humidity":44,"other":1}');
    expect(party.line.down[0]?.length).toBeLessThan(30);
    party.line.carry();
    expect(texts(party.messages)).toEqual(['anna lab/room1 {"humidity":44,"other":1}']);
  });

  it('leave out the keys of a shape, both ways, and for its owner they are there', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab/room1']);
    const party = openClient(house);
    party.client.subscribe('lab/room1');
    party.client.alias('lab/room1', ['temperature', 'humidity']);
    party.client.send('lab/room1', { temperature: 20, humidity: 40 });
    elapse(house, party, 100);
    for (const value of [{ temperature: 21.5, humidity: 43 }, { humidity: 1 }, [1, 2]])
      party.client.send('lab/room1', value);
    // The envelope of a message at least once has 3 bytes more.
    expect(party.line.up[0]).toHaveLength(9 + 3);
    party.line.carry();
    const sent = ['{"temperature":20,"humidity":40}', '{"temperature":21.5,"humidity":43}', '{"humidity":1}', '[1,2]'];
    expect(bodies(anna)).toEqual(sent);
    send(house.hub, 'anna', 'lab/room1', '{"humidity":44,"temperature":2}');
    expect(party.line.down[0]?.length).toBeLessThan(20);
    send(house.hub, 'anna', 'lab/room1', '{"other":1}');
    party.line.carry();
    expect(texts(party.messages)).toEqual([
      'anna lab/room1 {"temperature":2,"humidity":44}',
      'anna lab/room1 {"other":1}',
    ]);
  });

  it('leave out no keys for a gateway that takes no shapes', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    party.client.alias('lab', ['a']);
    party.line.down.length = 0;
    party.line.carry();
    party.client.receive(encodeFrame({ type: 'alias', alias: 0 }));
    party.client.send('lab', { a: 1 });
    expect(party.line.up[0]?.length).toBeGreaterThan(9);
    party.line.carry();
    expect(bodies(anna)).toEqual(['{"a":1}']);
  });

  it('that are refused tell so, and messages go on by the name in full', () => {
    const house = buildFrameHouse({ limits: { maxFrame: 256, window: 512, maxAliases: 1, maxKeys: 1 } });
    const anna = join(house.hub, 'anna', ['b']);
    const party = openClient(house);
    const codes: number[] = [];
    party.line.full = true;
    party.client.subscribe('a', (code) => codes.push(code));
    party.client.subscribe('b', (code) => codes.push(code));
    party.client.addKeys(['one', 'two', 'three']);
    party.client.send('b', { one: 1, three: 3 });
    party.line.full = false;
    party.client.pump();
    elapse(house, party, 1000);
    expect(codes.sort()).toEqual([CODES.ok, CODES.too_many]);
    expect(bodies(anna)).toEqual(['{"one":1,"three":3}']);
    expect(party.client.pending).toBe(0);
  });

  it('end with a subscription, and messages that wait still arrive', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    party.client.subscribe('lab');
    party.line.carry();
    party.line.full = true;
    party.client.send('lab', 'after');
    party.line.full = false;
    expect(party.client.unsubscribe('lab')).toBe(true);
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'not heard');
    party.line.carry();
    expect(bodies(anna)).toEqual(['after']);
    expect(party.messages).toEqual([]);
    expect(party.client.unsubscribe('lab')).toBe(false);
  });

  it('are taken anew: an alias that sends begins to subscribe', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    party.client.alias('lab');
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'not yet');
    party.client.subscribe('lab');
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'now');
    party.line.carry();
    expect(texts(party.messages)).toEqual(['anna lab "now"']);
  });
});
