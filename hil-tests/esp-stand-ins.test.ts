import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import type { EspVariant } from './host/esp-build.ts';
import { waitForSubscriber } from './host/subscriber.ts';

const SKETCHES = join(import.meta.dirname, 'host/sketches');

/** What the sketch prints with the libraries themselves; it was compared with them. */
const MQTT_FACTS: [string, EspVariant, string[]][] = [
  [
    'PubSubClient 2.8',
    {},
    [
      'keep alive, seconds: 15',
      'buffer, bytes: 256',
      'declared of 70000: 4467',
      'head cut, begun: 0',
      'head cut, connected: 1',
      'payload cut, written of 5: 3',
      'payload cut, ended: 1',
      'payload cut, connected: 1',
      'published of 300: 0',
      'published of 300, bytes written: 0',
      'publish cut: 0',
      'publish cut, connected: 1',
      'handed over after one loop: 0',
      'handed over, bytes: 5',
      'handed over after two: 1',
      'handed over, bytes: 5',
      'acknowledged with, bytes: 4',
      'handed over, bytes: 7',
    ],
  ],
  [
    'PubSubClient3 3.3.0',
    { pubSub: 'PubSubClient3' },
    [
      'keep alive, seconds: 15',
      'buffer, bytes: 256',
      'declared of 70000: 70003',
      'head cut, begun: 0',
      'head cut, connected: 1',
      'payload cut, written of 5: 5',
      'payload cut, ended: 0',
      'payload cut, connected: 1',
      'published of 300: 1',
      'published of 300, bytes written: 306',
      'publish cut: 0',
      'publish cut, connected: 1',
      'handed over after one loop: 0',
      'handed over, bytes: 5',
      'handed over after two: 1',
      'handed over, bytes: 5',
      'acknowledged with, bytes: 4',
      'handed over, bytes: 5',
    ],
  ],
  [
    'ArduinoMqttClient 0.1.8',
    { defines: ['ARDUINO_MQTT'] },
    [
      'keep alive, seconds: 60',
      'declared of 70000: 70003',
      'head cut, begun: 0',
      'head cut, connected: 0',
      'payload cut, written of 5: 3',
      'payload cut, ended: 1',
      'payload cut, connected: 1',
      'of no size, written of 300: 256',
      'parsed, length: 5',
      'parsed, bytes left in the connection: 25',
      'handed over by one poll: 2',
    ],
  ],
];

/** What a board prints until it prints `last`. */
async function linesUpTo(board: EspBoard, last: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of board.lines.all()) {
    if (last(line)) return lines;
    lines.push(line);
  }
  throw new Error('The board has stopped.');
}

const gateway = new GatewayProcess();
beforeAll(() => gateway.start(), 300_000);
afterAll(() => gateway.dispose());

describe('the stand-in of', () => {
  test.each(MQTT_FACTS)(
    '%s does what the library does',
    async (_, variant, facts) => {
      const board = await startEspBoard({ sketch: join(SKETCHES, 'mqtt-facts'), gateway, ...variant });
      onTestFinished(() => board.unplug());
      expect(await linesUpTo(board, (line) => line === 'over')).toEqual(facts);
    },
    300_000,
  );

  test('OOCSI 1.6.0 takes for an integer only what is written as one', async () => {
    const board = await startEspBoard({ sketch: join(SKETCHES, 'oocsi-facts'), gateway });
    onTestFinished(() => board.unplug());
    const [, name = ''] = (await board.lines.waitFor((line) => line.startsWith('name '))).split(' ');
    expect(name).toMatch(/^facts-\d{4}$/);
    const room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
    onTestFinished(() => room.close());
    await waitForSubscriber(room, 'facts', name);
    room.send('sendraw facts {"integer":20,"fraction":20.0,"text":"33","exponent":1e1,"truth":true}');
    const lines = await linesUpTo(board, (line) => line.startsWith('missing'));
    expect(lines.filter((line) => !line.startsWith('name '))).toEqual([
      'integer 20 20 20.00 0 -',
      'fraction -1 -1 20.00 0 -',
      'text -1 -1 -1.00 0 33',
      'exponent -1 -1 10.00 0 -',
      'truth -1 -1 -1.00 1 -',
    ]);
  }, 300_000);
});
