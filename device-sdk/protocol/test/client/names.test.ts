import { CODES } from '@crosscomm/protocol';
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
