import { type Sequenced, TIMES } from '@crosscomm/protocol';
import { bodies, join, send } from '@crosscomm/testing/send';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

/** What is lost, in order: each true takes one frame. So few never take a frame and all of its repetitions. */
const losses = fc.array(fc.boolean(), { maxLength: TIMES.repeatMaxCount });
const bodiesSent = fc.array(
  fc.nat().map((number) => `text ${number}`),
  { minLength: 1, maxLength: 12 },
);

describe('a line that loses frames', () => {
  it('down loses no message and repeats none', () => {
    fc.assert(
      fc.property(bodiesSent, losses, fc.integer({ min: 0, max: 3 }), (texts, toLose, frames) => {
        const lost = [...toLose];
        const house = buildFrameHouse();
        const window = 64 * (1 + frames);
        const device = house.open({ maxFrame: 64, window });
        for (const text of texts) send(house.hub, 'anna', 'uno-1', text);
        const heard: unknown[] = [];
        const loses = (): boolean => lost.shift() ?? false;
        for (let round = 0; round < 400 && heard.length < texts.length; round++) {
          for (const frame of device.take()) {
            if (frame.type !== 'sequenced' || loses()) continue;
            const { seq, frame: inner } = frame as Sequenced;
            if (seq === heard.length + 1) heard.push((inner as { value: unknown }).value);
            if (!loses()) device.say({ type: 'ack', seq: heard.length });
          }
          house.clock.advance(250);
          // Words of life, as a device with something else to say gives them.
          device.say({ type: 'ping' });
        }
        expect(heard).toEqual(texts);
      }),
      { numRuns: 60 },
    );
  });

  it('up loses no message and repeats none, also where the link is new each time', () => {
    fc.assert(
      fc.property(bodiesSent, losses, (texts, toLose) => {
        const lost = [...toLose];
        const house = buildFrameHouse();
        const anna = join(house.hub, 'anna', ['lab']);
        let device = house.connect();
        let { session } = device.greet();
        let acknowledged = 0;
        for (let round = 0; round < 200 && acknowledged < texts.length; round++) {
          for (let seq = acknowledged + 1; seq <= texts.length; seq++) {
            const value = texts[seq - 1] as string;
            if (!lost.shift()) device.number(seq, { type: 'message', to: 'lab', value });
          }
          house.clock.advance(TIMES.repeatedAckMs);
          for (const frame of device.take()) {
            if (frame.type === 'ack' && !lost.shift()) acknowledged = Math.max(acknowledged, frame.seq);
          }
          if (round % 3 === 2) {
            device.unplug();
            device = house.connect();
            const resume = { firstSeq: acknowledged + 1, session, received: 0 };
            const welcome = device.greet({ resume });
            session = welcome.session;
            acknowledged = Math.max(acknowledged, welcome.lastSeq);
          }
        }
        expect(bodies(anna)).toEqual(texts);
      }),
      { numRuns: 60 },
    );
  });
});
