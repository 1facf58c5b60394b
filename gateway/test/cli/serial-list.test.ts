import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A folder like /dev with two boards, one of which has a stable name, and a configuration that names three ports. */
async function machine(serial: object = {}): Promise<string> {
  const folder = await temporaryFolder();
  const byId = join(folder, 'serial', 'by-id');
  mkdirSync(byId, { recursive: true });
  for (const name of ['ttyACM0', 'ttyUSB1', 'pts']) writeFileSync(join(folder, name), '');
  symlinkSync(join(folder, 'ttyACM0'), join(byId, 'usb-Arduino_Uno_7573-if00'));
  const ports = [
    { path: join(byId, 'usb-Arduino_Uno_7573-if00'), name: 'uno' },
    { path: join(folder, 'ttyACM7'), name: 'away' },
    { path: join(folder, 'pts') },
  ];
  writeFileSync(
    join(folder, 'crosscomm.yaml'),
    JSON.stringify({ serial: { deviceDirectory: folder, ports, ...serial } }),
  );
  return folder;
}

async function list(cwd: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell({ cwd });
  const code = await shell.run('serial', 'list', ...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

/** What a gateway with this data folder answers about its serial ports. */
async function running(dataDir: string, serial: object[]): Promise<void> {
  const server = createServer(({ url }, response) => {
    response.end(JSON.stringify(url === '/operator' ? { dataDir } : { doors: { serial } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'operator.secret'), 'secret');
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(dataDir, 'running.json'), JSON.stringify({ http: { host: '127.0.0.1', port } }));
}

describe('crosscomm serial list', () => {
  it('lists the ports of the configuration, plugged in or not, and those that are found', async () => {
    const folder = await machine();
    const { code, out } = await list(folder, '--json');
    expect(code).toBe(0);
    const ports = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(ports.map(({ id, state, device }) => [id, state, device])).toEqual([
      ['uno', 'configured', join(folder, 'ttyACM0')],
      ['away', 'missing', null],
      ['serial-pts', 'configured', join(folder, 'pts')],
      ['serial-ttyUSB1', 'found', join(folder, 'ttyUSB1')],
    ]);
    const table = (await list(folder)).out;
    expect(table).toMatch(/^CLIENT ID +STATE +PORT +USB +MAKER +STABLE PATH\n/);
    expect(table).toMatch(/^away +missing +- /m);
  });

  it('says which ports the gateway leaves alone', async () => {
    const folder = await machine({ autoDetect: false });
    expect((await list(folder)).out).toMatch(/^serial-ttyUSB1 +not used/m);
  });

  it('says whose board waits to be approved, of ports that are found and of those in the configuration', async () => {
    const folder = await machine({ approve: true });
    const path = join(folder, 'serial', 'by-id', 'usb-Arduino_Uno_7573-if00');
    await running(join(folder, 'crosscomm-data'), [
      { path, id: 'uno', state: 'unapproved' },
      { path: join(folder, 'ttyUSB1'), id: 'serial-ttyUSB1', state: 'unapproved' },
      { path: join(folder, 'pts'), id: 'serial-pts', state: 'open' },
    ]);
    const { out } = await list(folder);
    expect(out).toMatch(/^uno +not approved/m);
    expect(out).toMatch(/^serial-ttyUSB1 +not approved/m);
    expect(out).toMatch(/^serial-pts +configured/m);
  });

  it('shows the ports also where the configuration is wrong, and says that it is', async () => {
    const folder = await machine({ baud: 9600 });
    const { code, err } = await list(folder);
    expect(code).toBe(0);
    expect(err).toMatch(
      /^crosscomm: The configuration is left out: .*serial\.baud is not a known key.*\[CONFIG_INVALID\]\n$/,
    );
    expect((await list(folder, '--config', 'crosscomm.yaml')).code).toBe(2);
  });
});
