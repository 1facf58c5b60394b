import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import type { EspVariant } from './host/esp-build.ts';
import { waitForSubscriber } from './host/subscriber.ts';
import { joinParticipants, PARTICIPANTS, type Participants } from './support/participants.ts';

/** What a TMP36 gives at 21.5 degrees, as analogRead tells it: 715 of 3,300 mV. */
const READING = 887;
const THERMOMETER_PIN = 34;

const SKETCHES: ({ sketch: string; channel: string; mac: string; id: string } & EspVariant)[] = [
  { sketch: 'esp32-websocket', channel: 'lab/room1', mac: '24:0A:C4:00:00:01', id: 'esp32-000001' },
  { sketch: 'esp32-mqtt', channel: 'lab/room2', mac: '24:0A:C4:00:00:02', id: 'esp32-000002' },
  { sketch: 'esp32-mqtt-json', channel: 'lab/room3', mac: '24:0A:C4:00:00:03', id: 'esp32-000003' },
  {
    sketch: 'esp32-pubsubclient3',
    channel: 'lab/room4',
    mac: '24:0A:C4:00:00:04',
    id: 'esp32-000004',
    pubSub: 'PubSubClient3',
  },
  { sketch: 'esp32-arduinomqttclient', channel: 'lab/room5', mac: '24:0A:C4:00:00:05', id: 'esp32-000005' },
  { sketch: 'esp32-espmqttclient', channel: 'lab/room6', mac: '24:0A:C4:00:00:06', id: 'esp32-000006' },
];

describe('one conversation with boards on the network', () => {
  const gateway = new GatewayProcess();
  let participants: Participants;
  let watcher: OocsiClient;

  beforeAll(async () => {
    await gateway.start();
    watcher = await OocsiClient.connect(gateway.ready.oocsi.port, 'watcher');
    participants = await joinParticipants(
      gateway,
      SKETCHES.map(({ channel }) => channel),
    );
  }, 300_000);

  afterAll(async () => {
    watcher?.close();
    await participants?.leave();
    await gateway.dispose();
  });

  describe.each(SKETCHES)('with $sketch', ({ channel, id, ...options }) => {
    let board: EspBoard;

    beforeAll(async () => {
      board = await startEspBoard({ ...options, gateway });
      board.setAnalog(THERMOMETER_PIN, READING);
      await waitForSubscriber(watcher, 'lamp', id);
    }, 300_000);

    afterAll(() => board?.unplug());

    test.each(PARTICIPANTS)(
      'its temperature reaches %s',
      async (name) => {
        const warm = await participants.get(name).hear(channel, ({ temperature }) => Number(temperature) > 20);
        expect(warm.temperature).toBeGreaterThan(21.4);
        expect(warm.temperature).toBeLessThan(21.6);
      },
      90_000,
    );

    test.each(PARTICIPANTS)(
      '%s switches its LED',
      async (name) => {
        for (const value of [1, 0] as const) {
          const lit = board.waitForLed(value);
          participants.get(name).tell('lamp', { on: value === 1 });
          expect(await lit).toMatchObject({ value });
        }
      },
      90_000,
    );

    test('it is one client, by its own name', async () => {
      watcher.send('clients');
      const list = await watcher.takeLine((line) => line.includes('watcher,') || line.includes(',watcher'));
      expect(list.split(',').filter((client) => client === id)).toEqual([id]);
    });
  });
});
