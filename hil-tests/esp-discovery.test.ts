import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';

const BUTTON = 0;
/** How many gateways answer to the board's mDNS. */
const GATEWAYS = 33;

describe('a board that looks for its gateway', () => {
  let gateway: GatewayProcess;
  let board: EspBoard;

  beforeAll(async () => {
    gateway = new GatewayProcess();
    await gateway.start();
    board = await startEspBoard({ sketch: 'esp32-find-gateway', gateway });
  }, 300_000);
  afterAll(async () => {
    await board?.unplug();
    await gateway?.dispose();
  });

  test('does not guess where there are several, and takes the one there is', async () => {
    const listener = await OocsiClient.connect(gateway.ready.oocsi.port, 'listener');
    listener.send('subscribe door');
    await listener.settle();
    board.setAnalog(GATEWAYS, 2);
    await board.lines.waitFor((line) => line.startsWith('There are several gateways here'));
    board.setAnalog(GATEWAYS, 1);
    expect(await board.lines.waitFor((line) => line.startsWith('The gateway is'))).toBe(
      'The gateway is at 192.168.1.10:9898',
    );
    expect(await listener.take('door')).toMatchObject({ sender: 'esp32-3f2a1c', pressed: 0 });
    board.setPin(BUTTON, 0);
    expect(await listener.take('door')).toMatchObject({ sender: 'esp32-3f2a1c', pressed: 1 });
    listener.close();
  }, 60_000);
});
