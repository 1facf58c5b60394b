import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

type LookupCallback = (error: null, addresses: { address: string; family: number }[]) => void;

import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { configSchema } from '../../src/app/config.ts';
import { createGateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { silentLog } from '../../src/common/log.ts';

async function openGateway(): Promise<Listeners> {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const serial = { autoDetect: false };
  const dataDir = await temporaryFolder();
  const config = configSchema.parse({ dataDir, http: anyPort, oocsi: anyPort, mqtt: anyPort, oss: anyPort, serial });
  const gateway = createGateway(config, { log: silentLog });
  const doors = await gateway.start();
  onTestFinished(() => gateway.stop());
  return doors;
}

async function command(
  { http }: Pick<Listeners, 'http'>,
  ...argv: string[]
): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell({ env: { CROSSCOMM_URL: `127.0.0.1:${http.port}` } });
  const code = await shell.run(...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

describe('crosscomm send to a gateway', () => {
  it('says how many heard it, whatever they came by', async () => {
    const doors = await openGateway();
    const fine = { code: 0, err: '' };
    expect(await command(doors, 'send', 'lamp', 'on')).toEqual({
      ...fine,
      out: 'Sent to lamp; nobody listens to it.\n',
    });
    const anna = await OocsiClient.connect(doors.oocsi.port, 'anna');
    onTestFinished(() => anna.close());
    anna.send('subscribe lamp');
    await anna.settle();
    expect(await command(doors, 'send', 'lamp', 'on')).toEqual({ ...fine, out: 'Sent to lamp: 1 heard it.\n' });
    const bert = await connectAsync(`mqtt://127.0.0.1:${doors.mqtt.port}`, { clientId: 'bert' });
    onTestFinished(() => bert.endAsync());
    await bert.subscribeAsync('+');
    expect(await command(doors, 'send', 'lamp', 'on')).toEqual({ ...fine, out: 'Sent to lamp: 2 heard it.\n' });
    expect(await command(doors, 'send', 'anna', 'hello')).toEqual({ ...fine, out: 'Sent to anna: 1 heard it.\n' });
  });

  it('says that a client is offline, and that nobody may speak for the gateway', async () => {
    const doors = await openGateway();
    const anna = await OocsiClient.connect(doors.oocsi.port, 'anna');
    anna.close();
    await expect
      .poll(async () => (await command(doors, 'send', 'anna', 'hello')).err)
      .toContain('The client anna is offline');
    const { code, err } = await command(doors, 'send', 'presence(anna)', 'away');
    expect(code).toBe(1);
    expect(err).toMatch(/does not let cli-\S+ send to presence\(anna\)\. \[PEER_NOT_ALLOWED\]\n$/);
  });
});

describe('crosscomm listen to a gateway', () => {
  it('fails where a channel has another password, instead of waiting for ever', async () => {
    const doors = await openGateway();
    const anna = await OocsiClient.connect(doors.oocsi.port, 'anna');
    onTestFinished(() => anna.close());
    anna.send('subscribe club:secret');
    await anna.settle();
    const { code, err } = await command(doors, 'listen', 'club:wrong');
    expect(code).toBe(1);
    expect(err).toMatch(
      /does not let you listen to club: it is private, or has another password\. \[PEER_NOT_ALLOWED\]/,
    );
    anna.send('subscribe den:secret');
    await anna.settle();
    const two = await command(doors, 'listen', 'club:wrong', 'open', 'den:wrong');
    expect(two.err).toContain('does not let you listen to club, den: it is private');
  });
});

describe('a gateway that does not open a WebSocket', () => {
  it('is heard out by every command: its reason and its code are shown', async () => {
    const doors = await openGateway();
    const url = `pi.elsewhere.example:${doors.http.port}`;
    const toHere = (_host: string, _options: object, done: LookupCallback) =>
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    vi.spyOn(dns, 'lookup').mockImplementation(toHere as typeof dns.lookup);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    for (const argv of [['send', 'lamp', 'on'], ['listen']]) {
      const { code, err } = await command(doors, ...argv, '--url', url);
      expect(code).toBe(1);
      expect(err).toMatch(/http\.hosts.*\[PEER_NOT_ALLOWED\]\n$/);
    }
    const { code, err } = await command(doors, 'sim', '--url', url, '--duration', '2s');
    expect(code).toBe(1);
    expect(err).toMatch(/^crosscomm: The gateway at .* lets no device in \(.*http\.hosts.*\)\. \[PEER_NOT_ALLOWED\]$/m);
    expect(err).toMatch(/sim-1 has no connection \(.*http\.hosts.*\[PEER_NOT_ALLOWED\]\)/);
  });

  it('may be another server, which is said', async () => {
    const other = createServer((_request, response) => response.writeHead(418).end('teapot'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => other.close(() => resolve())));
    const http = other.address() as AddressInfo;
    const { code, err } = await command({ http: { host: '127.0.0.1', port: http.port } }, 'send', 'lamp', 'on');
    expect(code).toBe(2);
    expect(err).toMatch(/\(what is there answers 418\).*\[GATEWAY_UNREACHABLE\]\n$/);
  });
});
