import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  /** Puts a file for it, and resolves with what it says of it in the end. */
  async function send(): Promise<{ size: number; ms: number; dropped: number }> {
    const { http } = gateway.ready;
    const address = `http://127.0.0.1:${http.port}/objects/a.bin?from=desk&to=taker`;
    const answer = await fetch(address, { method: 'PUT', body: Buffer.alloc(FILE_BYTES, 'content') });
    expect(answer.status).toBe(201);
    const line = await board.lines.waitFor((printed) => printed.includes('whole'));
    const [, size = 0, ms = 0, dropped = 0] = /^whole (\d+) (\d+) (\d+)$/.exec(line)?.map(Number) ?? [];
    return { size, ms, dropped };
  }

  test('takes a file without the loss of a frame', { timeout: LIMIT_MS }, async () => {
    const { size, ms, dropped } = await send();
    expect({ size, dropped }).toEqual({ size: FILE_BYTES, dropped: 0 });
    // A chunk that was lost is half a second, and there are 150 of them.
    expect(ms).toBeLessThan(30_000);
  });

  test('takes a file where the head of a frame that it sent was cut', { timeout: LIMIT_MS }, async () => {
    board.cutWrite(3);
    expect(await send()).toMatchObject({ size: FILE_BYTES });
  });

  test('takes a file where the content of a frame that it sent was cut', { timeout: LIMIT_MS }, async () => {
    // Of a Want: behind the topic, which is 16 bytes, and before its end.
    board.cutWrite(25);
    expect(await send()).toMatchObject({ size: FILE_BYTES });
  });

  test('never leaves the gateway with half a message', async () => {
    const { http } = gateway.ready;
    const status = (await (await fetch(`http://127.0.0.1:${http.port}/status`)).json()) as { incidents: object };
    expect(status.incidents).toEqual({});
  });
});
