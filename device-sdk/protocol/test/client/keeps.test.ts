import type { KeptValue } from '@crosscomm/protocol';
import { send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse, elapse, type FrameHouse, openClient, type Party } from './support.ts';

function open(house: FrameHouse): Party & { kept: KeptValue[] } {
  const kept: KeptValue[] = [];
  return { ...openClient(house, {}, { kept: (value) => kept.push(value) }), kept };
}

describe('a value that a FrameClient has kept', () => {
  it('is told at once, and that it is nothing yet', () => {
    const house = buildFrameHouse();
    const { client, line, kept } = open(house);
    client.subscribe('house');
    client.keep('house', 'level');
    line.carry();
    send(house.hub, 'anna', 'house', '{"level":7,"fan":1}');
    client.keep('house', 'level');
    line.carry();
    expect(kept).toEqual([
      { channel: 'house', key: 'level', value: undefined },
      { channel: 'house', key: 'level', value: 7 },
    ]);
  });

  it('is told again in a new session, and not where the session goes on', () => {
    const house = buildFrameHouse();
    const party = open(house);
    party.client.addKeys(['level']);
    party.client.keep('house', 'level');
    party.line.carry();
    party.reconnect();
    expect(party.kept).toHaveLength(1);
    send(house.hub, 'anna', 'house', '{"level":8}');
    party.line.cut();
    house.clock.advance(600_000);
    party.reconnect();
    expect(party.kept).toEqual([expect.anything(), { channel: 'house', key: 'level', value: 8 }]);
  });

  it('is asked for again where the answer is lost', () => {
    const house = buildFrameHouse();
    const party = open(house);
    party.client.keep('house', 'level');
    party.line.carry(() => 'lost');
    elapse(house, party, 600);
    expect(party.kept).toHaveLength(1);
  });

  it('is asked for in vain of a gateway that knows no such thing, which costs no connection', () => {
    const house = buildFrameHouse();
    const party = open(house);
    party.client.keep('house', 'level');
    let asked = 0;
    const isAsked = (frame: Uint8Array): boolean => frame[0] === 0x83 && frame[1] === 0x18 && frame[2] === 24;
    const send = party.line.send.bind(party.line);
    party.line.send = (frame) => {
      if (!isAsked(frame)) return send(frame);
      asked++;
      return true;
    };
    party.line.up.length = 0;
    elapse(house, party, 120_000);
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(10);
    expect([party.client.state, party.states]).toEqual(['online', ['greeting', 'online']]);
  });
});
