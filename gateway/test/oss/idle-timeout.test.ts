import { once } from 'node:events';
import { connect } from 'node:net';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../src/app/start-gateway.ts';

it('closes a connection by which no further request comes for as long as the configuration says, and tells so before', async () => {
  const port = { host: '127.0.0.1', port: 0 };
  const gateway = await startGateway({
    dataDir: await temporaryFolder(),
    ...{ http: port, oocsi: port, mqtt: port, serial: { autoDetect: false } },
    oss: { ...port, idleTimeoutMs: 1000 },
  });
  onTestFinished(() => gateway.stop());
  const socket = connect(gateway.doors.oss?.port ?? 0, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.write('GET /crosscomm HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'close');
  expect(answer).toMatch(/^Keep-Alive: timeout=1\r$/m);
});
