import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const SKETCH = join(import.meta.dirname, 'host/sketches/esp-counter');
/** Which link the sketch uses, by its switch; how long it counts, by another. */
const LINK_SWITCH = 32;
const COUNT_SWITCH = 4;
const LINKS = { serial: 1, WebSocket: 2, MQTT: 3 } as const;

const LIMIT_MS = 60_000;

let devices: FakeDevices;
let gateway: GatewayProcess;
let room: OocsiClient;
let board: EspBoard;
/** The numbers that came, in the order in which they came. */
let heard: number[];

beforeEach(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  heard = [];
  await joinRoom();
}, 300_000);

afterEach(async () => {
  room?.close();
  await board?.unplug();
  await gateway?.dispose();
  await devices?.remove();
});

async function joinRoom(): Promise<void> {
  room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
  room.send('subscribe count');
  await room.settle();
}

/** Takes what the board counts until `last` came. */
async function hearUpTo(last: number): Promise<void> {
  while ((heard.at(-1) ?? 0) < last) heard.push(Number((await room.take('count', LIMIT_MS)).n));
}

/** Stops the counting, and takes what is still on its way. */
async function hearTheRest(): Promise<void> {
  board.setPin(COUNT_SWITCH, 0);
  const said = await board.lines.waitFor((line) => line.startsWith('delivered '));
  await hearUpTo(Number(said.split(' ')[1]));
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe.each(['WebSocket', 'MQTT'] as const)('a board that delivers by %s', (link) => {
  beforeEach(async () => {
    board = await startEspBoard({ sketch: SKETCH, gateway });
    board.setAnalog(LINK_SWITCH, LINKS[link]);
    await board.lines.waitFor((line) => line === 'online');
    board.setPin(COUNT_SWITCH, 1);
  }, 300_000);

  test('loses no message, and repeats none, when the Wi-Fi is lost and found', async () => {
    await hearUpTo(30);
    await board.setWifi(false);
    await board.lines.waitFor((line) => line === 'offline');
    await board.lines.waitFor((line) => line === 'waiting 50');
    await board.setWifi(true);
    await board.lines.waitFor((line) => line === 'online');
    await hearUpTo(200);
    expect(heard).toEqual(upTo(heard.length));
  }, 120_000);

  test('loses no message, and repeats none, when the gateway is killed and started again', async () => {
    await hearUpTo(30);
    // What the gateway took is with the listener: what dies with the gateway was its own to lose.
    await hearTheRest();
    await gateway.kill();
    room.close();
    await board.lines.waitFor((line) => line === 'offline');
    board.setPin(COUNT_SWITCH, 1);
    await board.lines.waitFor((line) => line === 'waiting 50');
    // Out of reach until the listener is there again.
    await board.setWifi(false);
    await gateway.start();
    await joinRoom();
    await board.setWifi(true);
    await hearUpTo(200);
    expect(heard).toEqual(upTo(heard.length));
  }, 120_000);
});

describe('a board that changes its link', () => {
  let mqtt: MqttClient;
  let presence: string[];

  beforeEach(async () => {
    mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'watcher' });
    presence = [];
    mqtt.on('message', (_topic, payload) => presence.push(JSON.parse(payload.toString()).status));
    await mqtt.subscribeAsync('$presence/counter');
  });
  afterEach(() => mqtt?.endAsync(true));

  test('moves from serial to WebSocket to MQTT as one client with one queue, and is never seen offline', async () => {
    board = await startEspBoard({ sketch: SKETCH, gateway, link: devices.port('ttyACM0') });
    board.setAnalog(LINK_SWITCH, LINKS.serial);
    board.setPin(COUNT_SWITCH, 1);
    await hearUpTo(30);
    board.setAnalog(LINK_SWITCH, LINKS.WebSocket);
    // 10 ms each, so longer than the three seconds after which a lost client is told to be offline.
    await hearUpTo(heard.length + 400);
    board.setAnalog(LINK_SWITCH, LINKS.MQTT);
    await hearUpTo(heard.length + 400);
    expect(heard).toEqual(upTo(heard.length));
    expect(presence.filter((status) => status === 'offline')).toEqual([]);
    expect(presence).toContain('online');
    const lit = board.waitForLed(1);
    room.send('sendraw counter {"on":true}');
    await lit;
  }, 300_000);

  test('gets by WebSocket what came for it while its serial port was unplugged', async () => {
    board = await startEspBoard({ sketch: SKETCH, gateway, link: devices.port('ttyACM0') });
    board.setAnalog(LINK_SWITCH, LINKS.serial);
    board.setPin(COUNT_SWITCH, 1);
    await hearUpTo(1);
    await board.unplug();
    room.send('sendraw counter {"on":true}');
    await room.settle();
    board = await startEspBoard({ sketch: SKETCH, gateway });
    const lit = board.waitForLed(1);
    board.setAnalog(LINK_SWITCH, LINKS.WebSocket);
    expect(await lit).toMatchObject({ value: 1 });
  }, 300_000);
});
