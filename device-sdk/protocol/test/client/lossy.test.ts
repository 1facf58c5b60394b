import { bodies, join, send } from '@crosscomm/testing/send';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse, type Fate, openClient, texts } from './support.ts';

/** What becomes of the frames, in order; those after the last arrive. */
const fates = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Fate>('arrives') },
    { weight: 2, arbitrary: fc.constant<Fate>('lost') },
    { weight: 1, arbitrary: fc.constant<Fate>('doubled') },
    { weight: 1, arbitrary: fc.constant<Fate>('cut') },
  ),
  { maxLength: 40 },
);
const counts = fc.nat({ max: 12 });

describe('a FrameClient on a line that loses, doubles and cuts', () => {
  it('gets everything through once and in order, both ways, and reports each message once', () => {
    fc.assert(
      fc.property(fates, counts, counts, (toCome, up, down) => {
        const rest = [...toCome];
        const fate = (): Fate => rest.shift() ?? 'arrives';
        const house = buildFrameHouse();
        const anna = join(house.hub, 'anna', ['lab']);
        const party = openClient(house, { maxFrame: 64, window: 128 });
        const settled = new Map<number, number>();
        party.client.subscribe('news');
        party.client.addKeys(['n']);
        for (let round = 0; round < 200; round++) {
          if (round < up) {
            const settle = (): void => void settled.set(round, (settled.get(round) ?? 0) + 1);
            party.client.send('lab', { n: round }, settle);
          }
          if (round < down) send(house.hub, 'anna', 'uno-1', `{"n":${round}}`);
          party.line.carry(fate);
          house.clock.advance(250);
          party.line.carry(fate);
          if (!party.line.isOpen) party.reconnect();
          if (round > 12 && settled.size === up && party.messages.length >= down && party.client.pending === 0) break;
        }
        expect(bodies(anna)).toEqual(Array.from({ length: up }, (_, number) => `{"n":${number}}`));
        expect(texts(party.messages)).toEqual(
          Array.from({ length: down }, (_, number) => `anna inbox {"n":${number}}`),
        );
        expect([...settled.values()]).toEqual(Array.from({ length: up }, () => 1));
        send(house.hub, 'anna', 'news', 'subscribed');
        party.line.carry();
        expect(texts(party.messages)).toEqual(['anna news "subscribed"']);
      }),
      { numRuns: 300 },
    );
  });

  it('does not act on anything that is no frame, and goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 24 }), { maxLength: 20 }), (garbage) => {
        const house = buildFrameHouse();
        const faults: string[] = [];
        const party = openClient(house, {}, { fault: (error) => faults.push(error.message) });
        for (const bytes of garbage) {
          // A first byte that begins no frame, as frames of chance may say anything.
          party.client.receive(Uint8Array.of(0x00, ...bytes));
        }
        expect(faults).toHaveLength(garbage.length);
        send(house.hub, 'anna', 'uno-1', 'still here');
        party.line.carry();
        expect(texts(party.messages)).toEqual(['anna inbox "still here"']);
      }),
    );
  });
});
