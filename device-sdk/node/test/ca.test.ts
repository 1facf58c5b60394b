import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrossCommService, connect } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const gateway = new GatewayProcess({ tls: { auto: true } });
let ca: Buffer;
let url: string;

beforeAll(async () => {
  await gateway.start();
  ca = readFileSync(join(gateway.dataDir, 'tls', 'ca.crt'));
  url = `wss://localhost:${gateway.ready.http.port}`;
});
afterAll(() => gateway.dispose());

describe('a client over TLS of a gateway that made its certificate itself', () => {
  test.each([
    ['frames', 'bytes'],
    ['crosscomm', 'text'],
  ] as const)('trusts the authority that it is given, by %s, as %s', async (protocol, form) => {
    const given = form === 'bytes' ? ca : ca.toString();
    const client = await connect({ url, protocol, clientId: `lamp-${form}`, ca: given, reconnect: false });
    expect(client.status).toMatchObject({ state: 'online', protocol });
    await client.logout();
  });

  test('gets files by HTTPS, too', async () => {
    const options = { ip: 'localhost', port: gateway.ready.http.port, secure: true, ca };
    const [door, desk] = await Promise.all(['door', 'desk'].map((clientId) => connect({ ...options, clientId })));
    const came = new Promise<string>((resolve) => {
      desk?.messageListener({ msgType: 'file' }, ({ ossKey }) => resolve(String(ossKey)));
    });
    await door?.sendMessage(import.meta.filename, 'file', 'desk');
    const key = await came;
    expect(await (await desk?.download(key))?.text()).toBe(readFileSync(import.meta.filename, 'utf8'));
    const folder = join(gateway.folder, 'downloads');
    expect(await desk?.downloadFileManually(key, folder)).toBe(true);
    await expect(desk?.download('cross_comm/door/none.txt')).rejects.toMatchObject({ code: 'no_file' });
    await Promise.all([door?.logout(), desk?.logout()]);
  });

  test('says what is missing where it does not know the authority', async () => {
    await expect(connect({ url, reconnect: false })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/authority of its certificate is not known here: give it as `ca`/),
    });
    const other = new CrossCommService({ url, ca: 'ca.crt' });
    await expect(other.login()).rejects.toMatchObject({ message: expect.stringContaining("readFileSync('ca.crt')") });
  });

  test('is a command on the machine of the gateway, which finds the authority itself', async () => {
    const shell = new TestShell();
    const call = ['send', 'lamp', 'led=1', '--url', url, '--data-dir', gateway.dataDir];
    expect([await shell.run(...call), shell.stderr.text]).toEqual([0, '']);
    const elsewhere = new TestShell();
    expect(await elsewhere.run('send', 'lamp', 'led=1', '--url', url, '--data-dir', join(gateway.folder, 'none'))).toBe(
      2,
    );
    expect(elsewhere.stderr.text).toMatch(
      /authority of the certificate at wss:.* is not known here: .*tls export -o ca.crt/,
    );
  });
});
