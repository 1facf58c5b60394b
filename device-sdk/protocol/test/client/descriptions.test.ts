import { CODES, type DescribeOutcome } from '@crosscomm/protocol';
import { expect, it } from 'vitest';
import { buildFrameHouse, elapse, type FrameHouse, openClient } from './support.ts';

const LAMP = { components: [{ name: 'lamp', type: 'switch', channel: 'lamp' }] };

function open(house: FrameHouse) {
  const outcomes: DescribeOutcome[] = [];
  const party = openClient(house);
  return {
    ...party,
    outcomes,
    describe: (value: object) => party.client.describe(value as never, (o) => outcomes.push(o)),
  };
}

const namesIn = (house: FrameHouse): string[] => house.announced.list().map(({ name }) => name);

it('a client describes itself once, and is told that it is taken', () => {
  const house = buildFrameHouse();
  const { describe, line, outcomes } = open(house);
  describe({ ...LAMP, name: 'Desk' });
  line.carry();
  expect(outcomes).toEqual([{ code: CODES.ok, text: '' }]);
  expect(namesIn(house)).toEqual(['Desk']);
});

it('a client describes itself again in a new session, and not where the session goes on', () => {
  const house = buildFrameHouse();
  const party = open(house);
  let told = 0;
  house.announced.onTold(() => told++);
  party.describe(LAMP);
  party.line.carry();
  party.reconnect();
  expect(told).toBe(1);
  party.line.cut();
  house.clock.advance(600_000);
  expect(namesIn(house)).toEqual([]);
  party.reconnect();
  expect(told).toBe(2);
  expect(party.outcomes).toHaveLength(1);
});

it('a description is sent again where it is lost, and refused in words', () => {
  const house = buildFrameHouse();
  const party = open(house);
  party.describe({ components: [{ name: 'lamp', type: 'toaster', channel: 'lamp' }] });
  party.line.carry(() => 'lost');
  elapse(house, party, 600);
  expect(party.outcomes).toEqual([{ code: CODES.malformed, text: 'components.0.type' }]);
});

it('a later description takes the place of one that is not answered yet', () => {
  const house = buildFrameHouse();
  const party = open(house);
  party.describe({ ...LAMP, name: 'one' });
  party.describe({ ...LAMP, name: 'two' });
  party.line.carry();
  expect(party.outcomes.map(({ code }) => code)).toEqual([CODES.cancelled, CODES.ok]);
  expect(namesIn(house)).toEqual(['two']);
});

it('a gateway that knows no descriptions is left alone after a while, and costs no connection', () => {
  const house = buildFrameHouse();
  const party = open(house);
  const send = party.line.send.bind(party.line);
  party.line.send = (frame) => (frame[0] === 0x82 && frame[2] === 26 ? true : send(frame));
  party.describe(LAMP);
  elapse(house, party, 120_000);
  expect(party.outcomes).toEqual([{ code: CODES.not_supported, text: '' }]);
  expect(party.states).toEqual(['greeting', 'online']);
});
