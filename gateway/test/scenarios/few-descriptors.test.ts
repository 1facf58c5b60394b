import { connect, type Socket } from 'node:net';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterEach, describe, expect, it } from 'vitest';

let gateway: GatewayProcess | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway?.dispose();
});

/** A connection that says its name, and what it is answered. */
async function open(port: number, handle: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write(`${handle}(JSON)\n`);
  // It may be reset, by which `once` of node:events would throw.
  return await new Promise((resolve) => {
    socket.once('data', (data) => resolve(String(data)));
    socket.once('close', () => resolve('closed'));
  });
}

describe('a gateway that may open few files', { timeout: 60_000 }, () => {
  it('turns newcomers away with a word, says why, and keeps room for those who are there', async () => {
    gateway = new GatewayProcess();
    gateway.prefix = ['sh', '-c', 'ulimit -n 128 && exec "$@"', 'sh'];
    await gateway.start();
    const anna = await OocsiClient.connect(gateway.ready.oocsi.port, 'anna');
    const bob = await OocsiClient.connect(gateway.ready.oocsi.port, 'bob');
    const answers: string[] = [];
    for (let index = 0; index < 200; index++) answers.push(await open(gateway.ready.oocsi.port, `crowd-${index}`));
    const welcome = answers.filter((answer) => answer.includes('welcome')).length;
    expect(welcome).toBeGreaterThan(20);
    expect(welcome).toBeLessThan(100);
    expect(answers.filter((answer) => answer.startsWith('error (')).length).toBeGreaterThan(0);
    expect(answers.every((answer) => /welcome|^error \(|^closed$/.test(answer))).toBe(true);
    await gateway.program.errorLine(/"code":"(PEER_TOO_MANY)".*LimitNOFILE/);

    bob.send('subscribe lamp');
    await bob.settle();
    anna.send('sendraw lamp {"led":1}');
    expect(await bob.take('lamp')).toMatchObject({ led: 1 });
    for (const socket of sockets.splice(0, 10)) socket.destroy();
    const objects = new HttpObjects(gateway);
    await expect.poll(async () => (await objects.send(Buffer.from('x')).catch(() => undefined))?.status).toBe(201);
    expect(gateway.program.errors).not.toMatch(/is the disk full|LEVEL_|EMFILE/);
    anna.close();
    bob.close();
  });
});
