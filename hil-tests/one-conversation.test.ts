import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../gateway/test/support/gateway-process.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { joinParticipants, PARTICIPANTS, type Participants } from './support/participants.ts';
import { LIMITS, SUBJECT_SKETCH } from './support/settings.ts';
import { type Board, type Subject, subjects } from './support/subject.ts';

/** What a TMP36 says at 21.5 degrees. */
const MILLIVOLTS = 715;
/** The colder and the hotter end of what A0 can mean where nobody knows what is wired to it. */
const ANYTHING = { least: -51, most: 451 };

interface Role {
  title: string;
  subject: Subject;
  sketch: string;
  port: string;
  /** The channels that the board hears, and speaks by. */
  hears: string;
  says: string;
}

const ROLES: Role[] = subjects().flatMap((subject) => [
  { title: `${subject.name} by lines`, subject, sketch: 'uno-lines', port: 'ttyACM0', hears: 'lines', says: 'lines' },
  {
    title: `${subject.name} by frames`,
    subject,
    sketch: SUBJECT_SKETCH,
    port: 'ttyACM1',
    hears: `${subject.model}-0`,
    says: `${subject.model}-0/says`,
  },
]);

describe('one conversation', () => {
  let devices: FakeDevices;
  let gateway: GatewayProcess;
  let participants: Participants;

  beforeAll(async () => {
    devices = await makeFakeDevices();
    const ports = [{ path: devices.port('ttyACM0'), name: 'lines' }];
    gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory, ports } }, devices.env);
    await gateway.start();
    participants = await joinParticipants(gateway, [...new Set(ROLES.map(({ says }) => says))]);
  }, LIMITS.setUp);

  afterAll(async () => {
    await participants?.leave();
    await gateway?.dispose();
    await devices?.remove();
  });

  describe.each(ROLES)('with $title', ({ subject, sketch, port, hears, says }) => {
    let board: Board;

    beforeAll(async () => {
      board = await subject.make(sketch);
      board.setSensor(MILLIVOLTS);
      await board.plugIn(devices.port(port));
    }, LIMITS.setUp);

    afterAll(() => board?.unplug());

    test.each(PARTICIPANTS)('a temperature that the board says reaches %s', { timeout: LIMITS.test }, async (name) => {
      const { least, most } = subject.isSimulated ? { least: 21, most: 22 } : ANYTHING;
      const isNear = (temperature: unknown): boolean => Number(temperature) > least && Number(temperature) < most;
      const heard = await participants.get(name).hear(says, ({ temperature }) => isNear(temperature));
      expect(heard.temperature).toBeTypeOf('number');
    });

    test.each(PARTICIPANTS)(
      '%s switches the LED of the board, and is answered',
      { timeout: LIMITS.test },
      async (name) => {
        for (const value of [1, 0] as const) {
          const lit = board.simulation?.waitForPin('LED', value);
          participants.get(name).tell(hears, { led: value });
          // The OOCSI program takes every answer, so that none is left over for the next round.
          const answer = { recipient: says, sender: hears, data: { led: value } };
          expect(await participants.oocsi.take('message', answer, LIMITS.test)).toMatchObject(answer);
          if (board.simulation) expect(await lit).toMatchObject({ pin: 'LED', value });
        }
      },
    );

    test('a Python program calls a function of the board', { timeout: LIMITS.test }, async () => {
      const { oocsi } = participants;
      oocsi.command({ do: 'call', channel: hears, name: 'toFahrenheit', data: { celsius: 21.5 }, timeout: 20 });
      expect(await oocsi.take('answer', {}, LIMITS.test)).toMatchObject({ response: { fahrenheit: 70.7 } });
    });
  });
});
