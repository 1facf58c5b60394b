import { resolve } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeToken } from '../gateway/src/access/tokens.ts';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

/** As it is written in the sketch. */
const LAMP_TOKEN = 'aTokenThatOnlyThisTestHas0123456';
const BOSS_TOKEN = makeToken();

let devices: FakeDevices;
let gateway: GatewayProcess;
let boss: OocsiClient;
let esp: EspBoard;
let uno: AvrBoard;

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess(
    { serial: { deviceDirectory: devices.directory }, auth: { anonymous: 'deny' } },
    devices.env,
  );
  await saveAccounts(gateway.dataDir, [
    accountOf('lamp', { roles: ['device'], token: LAMP_TOKEN }),
    accountOf('boss', { roles: ['admin'], token: BOSS_TOKEN }),
  ]);
  await gateway.start();
  boss = await OocsiClient.connect(gateway.ready.oocsi.port, `boss:${BOSS_TOKEN}`);
  esp = await startEspBoard({ sketch: resolve(import.meta.dirname, 'host/sketches/oocsi-account'), gateway });
  uno = await startBoard({ sketch: 'uno-lines', link: devices.port('ttyACM0') });
}, 300_000);
afterAll(async () => {
  boss?.close();
  await Promise.all([esp?.unplug(), uno?.unplug()]);
  await gateway?.dispose();
  await devices?.remove();
});

test('an Uno on a cable needs no account where everybody else does', async () => {
  boss.send('subscribe serial-SIM-ttyACM0');
  uno.setAdc(0, 715);
  const line = await boss.takeLine((text) => text.includes('"temperature"'), 60_000);
  expect(JSON.parse(line)).toMatchObject({ sender: 'serial-SIM-ttyACM0' });
});

test('an ESP comes by its token, is known by its name, and is refused once its account is gone', async () => {
  await esp.lines.waitFor((line) => line.includes('welcome'));
  boss.send('clients');
  expect(await boss.takeLine((line) => !line.startsWith('{'))).toContain('lamp-1');
  boss.send('sendraw lamp-1 {"n":1}');
  await esp.lines.waitFor((line) => line === 'from boss to lamp-1');
  boss.send('channels light');
  expect(await boss.takeLine((line) => !line.startsWith('{'))).toBe('lamp-1');
  await new TestShell().run('account', 'remove', 'lamp', '--data-dir', gateway.dataDir);
  await esp.lines.waitFor((line) => line === 'error (password wrong for name: lamp-1)');
  boss.send('clients');
  expect(await boss.takeLine((line) => !line.startsWith('{'))).not.toContain('lamp');
}, 60_000);
