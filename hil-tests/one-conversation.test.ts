import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { joinParticipants, PARTICIPANTS, type Participants } from './support/participants.ts';
import { LIMITS, SUBJECT_SKETCH } from './support/settings.ts';
import { type Board, type Subject, subjects } from './support/subject.ts';

/** What a TMP36 says at 21.5 degrees. */
const MILLIVOLTS = 715;
/** The colder and the hotter end of what A0 can mean where nobody knows what is wired to it. */
const ANYTHING = { least: -51, most: 1951 };

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
  // The example is for boards that say which pin their LED is at, as an ESP32 does not.
  ...(subject.model === 'esp32' ? [] : [linesRole(subject)]),
  {
    title: `${subject.name} by frames`,
    subject,
    sketch: SUBJECT_SKETCH,
    port: 'ttyACM1',
    hears: `${subject.model}-0`,
    says: `${subject.model}-0/says`,
  },
]);

function linesRole(subject: Subject): Role {
  const title = `${subject.name} by lines`;
  return { title, subject, sketch: 'uno-lines', port: 'ttyACM0', hears: 'lines', says: 'lines' };
}

/** A page's client: it keeps what the channel `house` says of the variable `level`, and can set it. */
const JOIN_HOUSE = (port: number): string => `new Promise((joined) => {
  const socket = new WebSocket('ws://127.0.0.1:${port}/ws');
  window.level = undefined;
  window.setLevel = (level) => socket.send('sendjson house ' + JSON.stringify({ level }));
  socket.onopen = () => socket.send('browser-####');
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.message?.startsWith('welcome')) {
      socket.send('subscribe house');
      joined();
    } else if (message.data && 'level' in message.data) window.level = message.data.level;
  };
})`;

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
          expect(await participants.oocsi.take('message', answer, LIMITS.event)).toMatchObject(answer);
          if (board.simulation) expect(await lit).toMatchObject({ pin: 'LED', value });
        }
      },
    );

    test('a Python program calls a function of the board', { timeout: LIMITS.test }, async () => {
      const { oocsi } = participants;
      oocsi.command({ do: 'call', channel: hears, name: 'toFahrenheit', data: { celsius: 21.5 }, timeout: 20 });
      expect(await oocsi.take('answer', {}, LIMITS.event)).toMatchObject({ response: { fahrenheit: 70.7 } });
    });

    if (sketch === SUBJECT_SKETCH) {
      test('a variable is the same at the board, in Python and in a browser', { timeout: LIMITS.test }, async () => {
        const { oocsi } = participants;
        const { port } = gateway.ready.http;
        const page = await BrowserPage.open(`http://127.0.0.1:${port}/`);
        try {
          await page.evaluate(JOIN_HOUSE(port));
          oocsi.command({ do: 'variable', channel: 'house', key: 'level' });
          const atBoard = (level: number): Promise<unknown> =>
            oocsi.take('message', { recipient: says, sender: hears, data: { level } }, LIMITS.event);
          const inBrowser = (level: number): Promise<void> =>
            expect.poll(() => page.evaluate('window.level'), { timeout: LIMITS.event }).toBe(level);
          const inPython = async (level: number): Promise<void> => {
            const value = async (): Promise<unknown> => {
              oocsi.command({ do: 'get_variable', key: 'level' });
              return (await oocsi.take('variable', {}, LIMITS.event)).value;
            };
            await expect.poll(value, { timeout: LIMITS.event }).toBe(level);
          };
          // Page and program have asked to subscribe, and what they say next is carried out after that: the page speaks first, so
          // that it hears the program, and the program next, so that it hears the page.
          await page.evaluate('setLevel(3)');
          await atBoard(3);
          oocsi.command({ do: 'set_variable', key: 'level', value: 5 });
          await Promise.all([atBoard(5), inBrowser(5)]);
          await page.evaluate('setLevel(6)');
          await Promise.all([atBoard(6), inPython(6)]);
          participants.get('MQTT.js').tell(hears, { set: 7 });
          await Promise.all([inPython(7), inBrowser(7)]);
        } finally {
          await page.close();
        }
      });
    }
  });
});
