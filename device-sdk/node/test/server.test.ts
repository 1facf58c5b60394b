import { CrossCommService } from '@crosscomm/client';
import { ownPort } from '@crosscomm/testing/own-port';
import { startPython } from '@crosscomm/testing/python';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, test } from 'vitest';
import { TestClient } from './support/gateway.ts';

/** A configuration that leaves the machine alone. */
function quiet(dataDir: string): Record<string, unknown> {
  return { dataDir, oocsi: { port: 0 }, mqtt: { port: 0 }, oss: { port: 0 }, serial: { autoDetect: false } };
}

describe('a server', () => {
  test('is a gateway in this process: it hears and lists its clients, until it is stopped', async () => {
    const gateway = quiet(await temporaryFolder());
    const server = new TestClient({ role: 'server', clientId: 'host', port: 0, gateway });
    await server.service.startServer();
    await server.service.subscribe('lab', () => {});
    const { port } = server.service.address ?? {};
    const ann = new TestClient({ clientId: 'ann', port: Number(port) });
    await ann.service.login();
    await ann.service.send('lab', { temperature: 21.5 });
    expect(await server.message({ temperature: 21.5 })).toMatchObject({ fromClientId: 'ann', toClientId: 'lab' });
    await ann.service.sendMessage('to all', 'text');
    await server.message('to all');
    expect(await server.service.sendMessage('welcome', 'text', 'ann')).toBe(true);
    await ann.message('welcome');
    expect((await server.service.getOnlineClients()).sort()).toEqual(expect.arrayContaining(['ann', 'host']));
    await server.service.stop();
    await ann.status('reconnecting');
    expect(server.service.address).toBeUndefined();
    await ann.service.logout();
  });

  test('takes unmodified Python clients', async () => {
    const server = new TestClient({ role: 'server', port: 0, gateway: quiet(await temporaryFolder()) });
    await server.service.startServer();
    const python = startPython('python', 'pywayne_agent.py');
    await python.take('started', {}, 60_000);
    const address = { host: '127.0.0.1', port: server.service.address?.port };
    python.command({ do: 'login', client_id: 'python', ...address, store: 'unused', downloads: 'unused' });
    await python.take('message', { type: 'login_response' });
    python.command({ do: 'send', content: 'hello', type: 'text' });
    expect(await server.message('hello')).toMatchObject({ fromClientId: 'python', toClientId: 'all' });
    await python.stop();
    await server.service.stop();
  }, 90_000);

  test('that cannot listen says why, and can be started later', async () => {
    const port = ownPort();
    const first = new TestClient({ role: 'server', port, gateway: quiet(await temporaryFolder()) });
    await first.service.startServer();
    const second = new CrossCommService({ role: 'server', port, gateway: quiet(await temporaryFolder()) });
    await expect(second.startServer()).rejects.toMatchObject({ code: 'DOOR_PORT_IN_USE' });
    await first.service.stop();
    await second.startServer();
    await second.stop();
  });
});
