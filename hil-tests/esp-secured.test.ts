import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type EspBoard, type EspBoardOptions, startEspBoard } from './host/esp-board.ts';
import { sketchFolder } from './support/sketch-folder.ts';

const ADDRESS = '192.168.1.10';
/** Programs of another name than those of the sketches as they are. */
const defines = ['SECURED_COPY=1'];

describe('sketches with the authority of a gateway beside them', () => {
  const place = new Place();
  let folder: string;
  let watcher: OocsiClient;
  const boards: EspBoard[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosscomm-'));
    const any = { host: '127.0.0.1', port: 0, tlsPort: 0 };
    await place.start({ mqtt: any, oocsi: any, tls: { auto: true, names: [ADDRESS], required: ['mqtt'] } });
    watcher = await OocsiClient.connect(place.listeners.oocsi.port, 'watcher');
  });
  afterEach(async () => {
    for (const board of boards.splice(0)) await board.unplug();
  });
  afterAll(async () => {
    watcher.close();
    await place.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** A board with this example, and the header that a gateway exports, in a copy of its folder. */
  async function secured(name: string, from: Place, board: EspBoardOptions['board'] = 'esp32'): Promise<EspBoard> {
    const sketch = join(folder, name);
    await cp(sketchFolder(name), sketch, { recursive: true });
    const { code } = await from.run(['tls', 'export', '--arduino', '-o', join(sketch, 'gateway_ca.h')]);
    expect(code).toBe(0);
    const { http, oocsi, mqtt, mqttTls } = place.listeners;
    const port = mqttTls !== undefined && 'port' in mqttTls ? mqttTls.port : 0;
    const ready = { http, oocsi, mqtt, mqttTls: { host: '127.0.0.1', port } };
    const started = await startEspBoard({ sketch, board, gateway: { ready }, defines });
    boards.push(started);
    return started;
  }

  const CASES = [
    { sketch: 'esp32-websocket', channel: 'lab/room1', port: 9898 },
    { sketch: 'esp32-mqtt', channel: 'lab/room2', port: 8883 },
  ];
  test.each(CASES)('$sketch sends by TLS', { timeout: 300_000 }, async ({ sketch, channel, port }) => {
    watcher.send(`subscribe ${channel}`);
    const board = await secured(sketch, place);
    await board.events.waitFor((event) => event.event === 'connect' && event.to === `${ADDRESS}:${port}` && event.ok);
    expect(await watcher.take(channel)).toMatchObject({ temperature: expect.any(Number) });
  });

  test('esp8266-button connects by TLS', { timeout: 300_000 }, async () => {
    const board = await secured('esp8266-button', place, 'esp8266');
    await board.events.waitFor((event) => event.event === 'connect' && event.ok);
  });

  test('a board does not talk to a gateway of another authority', { timeout: 300_000 }, async () => {
    const other = new Place();
    const board = await secured('esp32-websocket', other);
    await board.events.waitFor((event) => event.event === 'connect' && !event.ok);
    await other.dispose();
  });
});
