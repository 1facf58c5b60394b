import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';

const SKETCH = join(import.meta.dirname, 'host/sketches/esp-connection');
/** Which link the sketch uses, by its switch. */
const LINK_SWITCH = 32;
const LINKS = { WebSocket: 2, MQTT: 3 } as const;
const ENDED = 9;
const ID_TAKEN = 5;

let gateway: GatewayProcess;
let board: EspBoard;

beforeEach(async () => {
  gateway = new GatewayProcess();
  await gateway.start();
  board = await startEspBoard({ sketch: SKETCH, gateway });
}, 300_000);

afterEach(async () => {
  await board?.unplug();
  await gateway?.dispose();
});

/** Waits for the next lines that the board prints, and gives them back. */
async function said(count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) lines.push(await board.lines.waitFor(() => true));
  return lines;
}

describe.each(['WebSocket', 'MQTT'] as const)('a board by %s hears', (link) => {
  beforeEach(async () => {
    board.setAnalog(LINK_SWITCH, LINKS[link]);
    expect(await said(1)).toEqual(['connected']);
  }, 60_000);

  test('that the Wi-Fi is gone, and that it is connected again', async () => {
    await board.setWifi(false);
    expect(await said(1)).toEqual(['connection lost 0']);
    await board.setWifi(true);
    expect(await said(1)).toEqual(['connected']);
  }, 120_000);

  test('that the gateway stops, and is there again', async () => {
    await gateway.stop();
    expect(await said(1)).toEqual(['the gateway stops 0']);
    await gateway.start();
    expect(await said(1)).toEqual(['connected']);
  }, 120_000);

  test('that the gateway was killed, and is there again', async () => {
    await gateway.kill();
    expect(await said(1)).toEqual(['connection lost 0']);
    await gateway.start();
    expect(await said(1)).toEqual(['connected']);
  }, 120_000);

  test('of its own end, once', async () => {
    board.setAnalog(LINK_SWITCH, ENDED);
    expect(await said(1)).toEqual(['ended by the sketch 0']);
    board.setAnalog(LINK_SWITCH, LINKS[link]);
    expect(await said(1)).toEqual(['connected']);
  }, 120_000);
});

test('a board hears that it changed its link', async () => {
  board.setAnalog(LINK_SWITCH, LINKS.WebSocket);
  expect(await said(1)).toEqual(['connected']);
  board.setAnalog(LINK_SWITCH, LINKS.MQTT);
  expect(await said(2)).toEqual(['ended by the sketch 0', 'connected']);
}, 120_000);

test('a board hears that the gateway refuses it, as another client has its id', async () => {
  const other = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'door' });
  try {
    board.setAnalog(LINK_SWITCH, LINKS.WebSocket);
    expect(await said(1)).toEqual([`refused by the gateway ${ID_TAKEN}`]);
  } finally {
    await other.endAsync(true);
  }
}, 120_000);
