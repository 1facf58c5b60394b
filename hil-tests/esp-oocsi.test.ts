import { readdir, readFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { waitForSubscriber } from './host/subscriber.ts';

describe.each(['esp32-oocsi', 'esp32-oocsi-port'])('the light of %s', (sketch) => {
  const gateway = new GatewayProcess();
  let room: OocsiClient;
  let board: EspBoard;

  beforeAll(async () => {
    await gateway.start();
    board = await startEspBoard({ sketch, gateway });
  }, 300_000);
  afterAll(async () => {
    await board?.unplug();
    await gateway.dispose();
  });
  afterEach(() => room?.close());

  /** Joins an OOCSI client that hears the light, once the light hears it. */
  async function join(): Promise<void> {
    room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
    room.send('subscribe light-state');
    await waitForSubscriber(room, 'light', 'light-3f2a1c');
  }

  /** What the gateway's database was written since its start. */
  async function databaseLog(): Promise<string> {
    const folder = joinPath(gateway.dataDir, 'state');
    const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    return (await Promise.all(logs.map((name) => readFile(joinPath(folder, name), 'latin1')))).join();
  }

  test('is dimmed by an OOCSI client, and says so', async () => {
    await join();
    const lit = board.waitForLed(1);
    room.send('sendraw light {"brightness":80}');
    await lit;
    await board.lines.waitFor((line) => line === 'from room');
    const bright = await room.takeLine((line) => line.includes('"brightness":80'));
    expect(JSON.parse(bright)).toMatchObject({ recipient: 'light-state', sender: 'light-3f2a1c', mode: 'bright' });
    room.send('sendraw light {"brightness":20}');
    await board.waitForLed(0);
    const dim = await room.takeLine((line) => line.includes('"brightness":20'));
    expect(JSON.parse(dim)).toMatchObject({ recipient: 'light-state', sender: 'light-3f2a1c', mode: 'dim' });
  });

  test('hears again after the gateway was killed and started again', async () => {
    await join();
    // The OOCSI library does not subscribe again, so what it subscribed to must be on the gateway's disk.
    await vi.waitFor(async () => expect(await databaseLog()).toMatch(/light-3f2a1c.*"light"/), 30_000);
    room.close();
    await gateway.kill();
    await gateway.start();
    await join();
    const lit = board.waitForLed(1);
    room.send('sendraw light {"brightness":90}');
    expect(await lit).toMatchObject({ value: 1 });
    const off = board.waitForLed(0);
    room.send('sendraw light {"brightness":10}');
    await off;
  }, 90_000);
});
