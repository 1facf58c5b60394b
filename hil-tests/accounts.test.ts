import { resolve } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { secretToken } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const LAMP_TOKEN = secretToken();
const BOSS_TOKEN = secretToken();

let devices: FakeDevices;
let gateway: GatewayProcess;
let boss: OocsiClient;
const esps: EspBoard[] = [];
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
  uno = await startBoard({ sketch: 'uno-lines', link: devices.port('ttyACM0') });
}, 300_000);
afterAll(async () => {
  boss?.close();
  await Promise.all([uno, ...esps].map((board) => board?.unplug()));
  await gateway?.dispose();
  await devices?.remove();
});

/** An ESP whose sketch comes by this handle. */
async function espAs(handle: string): Promise<EspBoard> {
  vi.stubEnv('SKETCH_HANDLE', handle);
  const esp = await startEspBoard({ sketch: resolve(import.meta.dirname, 'host/sketches/oocsi-account'), gateway });
  esps.push(esp);
  return esp;
}

test('an Uno on a cable needs no account where everybody else does', async () => {
  boss.send('subscribe serial-SIM-ttyACM0');
  uno.setAdc(0, 715);
  const line = await boss.takeLine((text) => text.includes('"temperature"'), 60_000);
  expect(JSON.parse(line)).toMatchObject({ sender: 'serial-SIM-ttyACM0' });
});

test.each([
  ['a wrong token', `lamp-2:${'x'.repeat(32)}`],
  ['no credential', 'lamp-2'],
])('an ESP is refused with %s', { timeout: 300_000 }, async (_, handle) => {
  const esp = await espAs(handle);
  await esp.lines.waitFor((line) => line === 'error (password wrong for name: lamp-2)');
  await esp.unplug();
});

test('an ESP comes by its token, is known by its name, and is refused once its account is gone', {
  timeout: 300_000,
}, async () => {
  const esp = await espAs(`lamp-1:${LAMP_TOKEN}`);
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
});
