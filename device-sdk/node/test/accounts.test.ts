import { join } from 'node:path';
import { CrossCommService } from '@crosscomm/client';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../../gateway/src/access/password-hashes.ts';
import { makeToken } from '../../../gateway/src/access/tokens.ts';

const TOKEN = makeToken();
const PASSWORD = `${secretPassword()}: ü`;

const gateway = new GatewayProcess({ auth: { anonymous: 'deny' } });
const services: CrossCommService[] = [];

beforeAll(async () => {
  const password = await hashPassword(PASSWORD);
  await saveAccounts(gateway.dataDir, [{ ...accountOf('anna', { token: TOKEN }), password }]);
  await gateway.start();
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.logout()));
  await gateway.dispose();
});

function client(options: ConstructorParameters<typeof CrossCommService>[0]): CrossCommService {
  const { port } = gateway.ready.http;
  const service = new CrossCommService({ clientId: 'lamp', port, ...options });
  services.push(service);
  return service;
}

test.each([
  ['a token by frames', 'frames', { token: TOKEN }],
  ['a token by text', 'crosscomm', { token: TOKEN }],
  ['an account and its password by frames', 'frames', { account: 'anna', token: PASSWORD }],
  ['an account and its password by text', 'crosscomm', { account: 'anna', token: PASSWORD }],
  ['an account and its password in ip', 'frames', { ip: `anna:${encodeURIComponent(PASSWORD)}@127.0.0.1` }],
] as const)('a client proves itself by %s, and is refused without', async (_, protocol, options) => {
  const service = client({ ...options, protocol });
  await service.login();
  expect(await service.getOnlineClients()).toEqual(['lamp']);
  await service.logout();
  // CrossComm's text says why in words only.
  const code = protocol === 'frames' ? 'credentials' : 'not_allowed';
  await expect(client({ protocol }).login()).rejects.toMatchObject({ code });
  await expect(client({ protocol, account: 'anna', token: 'wrong' }).login()).rejects.toMatchObject({ code });
});

test('a client gets files with the credentials that it came with, and nobody without', async () => {
  const service = client({ clientId: 'anna', token: TOKEN });
  await service.login();
  const came = new Promise<string>((resolve) => {
    service.messageListener({ msgType: 'file' }, ({ ossKey }) => resolve(String(ossKey)));
  });
  const other = client({ clientId: 'anna-2', token: TOKEN });
  await other.login();
  await other.sendMessage(import.meta.filename, 'file', 'anna');
  const key = await came;
  expect((await service.download(key)).name).toBe('accounts.test.ts');
  const folder = join(gateway.folder, 'downloads');
  expect(await service.downloadFileManually(key, folder)).toBe(true);
  const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/objects/${key}`);
  expect(answer.status).toBe(401);
});
