import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../gateway/test/support/gateway-process.ts';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import type { EspVariant } from './host/esp-build.ts';

const TAKER = join(import.meta.dirname, 'host/sketches/esp-downloads');
const LIMIT_MS = 60_000;
const FILE_BYTES = 150_000;

/** What a board that takes files by MQTT is built with. */
const LIBRARIES: [string, EspVariant][] = [
  ['PubSubClient', { defines: ['LINK=PUB_SUB_CLIENT'] }],
  ['PubSubClient3', { defines: ['LINK=PUB_SUB_CLIENT'], pubSub: 'PubSubClient3' }],
  ['ArduinoMqttClient', { defines: ['LINK=ARDUINO_MQTT'] }],
  ['espMqttClient', { defines: ['LINK=ESP_MQTT'] }],
  ['an adapter of its own that hands over several messages at a time', { defines: ['LINK=OWN'] }],
];

const gateway = new GatewayProcess();

beforeAll(() => gateway.start(), 300_000);
afterAll(() => gateway.dispose());

describe.each(LIBRARIES)('a board with %s', (_, variant) => {
  let board: EspBoard;

  beforeAll(async () => {
    board = await startEspBoard({ sketch: TAKER, gateway, ...variant });
    await board.lines.waitFor((line) => line === 'online');
  }, 300_000);
  afterAll(() => board?.unplug());

  test('takes a file without the loss of a frame', { timeout: LIMIT_MS }, async () => {
    const { http } = gateway.ready;
    const address = `http://127.0.0.1:${http.port}/objects/a.bin?from=desk&to=taker`;
    const answer = await fetch(address, { method: 'PUT', body: Buffer.alloc(FILE_BYTES, 'content') });
    expect(answer.status).toBe(201);
    const line = await board.lines.waitFor((printed) => printed.includes('whole'));
    const [, size, ms, dropped] = /^whole (\d+) (\d+) (\d+)$/.exec(line)?.map(Number) ?? [];
    expect({ size, dropped }).toEqual({ size: FILE_BYTES, dropped: 0 });
    // One chunk that was lost is half a second, and there are 150 of them.
    expect(ms).toBeLessThan(30_000);
  });
});
