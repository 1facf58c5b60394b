import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { createGateway, type Doors } from '../../src/gateway.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { OocsiClient } from '../support/oocsi-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TestShell } from '../support/test-shell.ts';

async function openGateway(): Promise<Doors> {
  const door = { host: '127.0.0.1', port: 0 };
  const serial = { autoDetect: false };
  const dataDir = await temporaryFolder();
  const config = configSchema.parse({ dataDir, http: door, oocsi: door, mqtt: door, oss: door, serial });
  const gateway = createGateway(config, { log: silentLog });
  const doors = await gateway.start();
  onTestFinished(() => gateway.stop());
  return doors;
}

async function command({ http }: Doors, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
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
      .poll(async () => (await command(doors, 'send', 'anna', 'hello')).err, { timeout: 10_000 })
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
  });
});
