import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import type { ListenerAddress as Address } from '../../src/app/listeners.ts';
import { readyTable } from '../../src/cli/ready.ts';

const SERIAL = [
  { id: 'uno', path: '/dev/ttyACM0', state: 'open' as const },
  {
    id: 'serial-7573530313335130C0A1',
    path: '/dev/serial/by-id/usb-Arduino__www.arduino.cc__0043_7573530313335130C0A1',
    state: 'open' as const,
  },
];

/** The lines for a gateway that listens on this address. */
async function table(
  host: string,
  env: NodeJS.ProcessEnv,
  { columns, serial, tls }: { columns?: number; serial?: object; tls?: 'required' } = {},
): Promise<string[]> {
  const shell = new TestShell({ env });
  shell.stdout.columns = columns;
  const at = (port: number): Address => ({ host, port, ...(tls && { tls }) });
  const doors = { http: at(9898), oocsi: at(4444), mqtt: at(1883), pages: at(9897), oss: at(9899), serial: SERIAL };
  const config = configSchema.parse({ dataDir: '/var/lib/crosscomm', serial });
  return readyTable(doors, config, shell.shell);
}

/** Without what cannot be cut: an address, or a path, that alone is wider. */
const tooWide = (lines: readonly string[], columns: number): string[] =>
  lines.filter((line) => line.length > columns && line.trim().split(/ +/).length > 2);

describe('the table of a gateway that has started', () => {
  it.each([
    ['an address of this machine', '127.0.0.1'],
    ['every address', '0.0.0.0'],
    ['a long IPv6 address', '2001:db8:85a3:8d3:1319:8a2e:370:7348'],
    ['a long host name', `${'raspberry-pi-of-the-third-floor.'.repeat(3)}example.org`],
  ])('fits 80 columns where it listens on %s', async (_, host) => {
    for (const env of [{}, { CROSSCOMM_COMMAND: 'npm run crosscomm --' }]) {
      expect(tooWide(await table(host, env), 80)).toEqual([]);
    }
  });

  it('fits the columns that the terminal has', async () => {
    expect(tooWide(await table('127.0.0.1', {}, { columns: 60 }), 60)).toEqual([]);
    expect(tooWide(await table('2001:db8::1:2', {}, { columns: 60 }), 60)).toEqual([]);
  });

  it('says where TLS is the only way', async () => {
    const lines = (await table('127.0.0.1', {}, { tls: 'required', columns: 120 })).join('\n');
    expect(lines).toMatch(/127\.0\.0\.1:1883 +ESP32, mosquitto_pub, Node-RED; by TLS only/);
    expect(lines).toMatch(/127\.0\.0\.1:4444 +.*; by TLS only/);
    expect(tooWide(await table('127.0.0.1', {}, { tls: 'required' }), 80)).toEqual([]);
  });

  it('says that it is for this machine only where it is, and what a browser shows', async () => {
    const near = (await table('127.0.0.1', {})).join('\n');
    expect(near).toContain('This machine only; "crosscomm setup" lets others in.');
    expect(near).toMatch(/http:\/\/127\.0\.0\.1:9898 +in a browser: the dashboard\n/);
    expect((await table('0.0.0.0', {})).join('\n')).not.toContain('This machine only');
    expect((await table('192.168.1.5', {})).join('\n')).not.toContain('This machine only');
  });

  it('shows the ports of the configuration, plugged in or not', async () => {
    const ports = [
      { path: '/dev/ttyACM0', name: 'uno' },
      { path: '/dev/ttyACM1', name: 'mega' },
      { path: '/dev/ttyACM2' },
    ];
    const text = (await table('127.0.0.1', {}, { serial: { autoDetect: false, ports } })).join('\n');
    expect(text).toMatch(/Serial +\/dev\/ttyACM0 +uno, open\n/);
    expect(text).toMatch(/ {4}\/dev\/ttyACM1 +mega, not plugged in\n +\/dev\/ttyACM2 +not plugged in\n/);
    expect(text).not.toMatch(/Serial +off/);
  });

  it('shows each address whole, and calls that can be copied', async () => {
    const lines = await table('2001:db8:85a3:8d3:1319:8a2e:370:7348', { CROSSCOMM_COMMAND: 'npm run crosscomm --' });
    const text = lines.join('\n');
    expect(text).toContain('ws://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:9898/mqtt');
    expect(text).toContain(
      `npm run crosscomm -- send lights '{"on": true}' \\\n         --url ws://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:9898`,
    );
  });
});
