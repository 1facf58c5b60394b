import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { SmallDisk } from '@crosscomm/testing/small-disk';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it, vi } from 'vitest';

let disk: SmallDisk | undefined;
let gateway: GatewayProcess | undefined;
afterEach(async () => {
  await gateway?.dispose();
  await disk?.dispose();
});

const PATIENCE = { timeout: 20_000, interval: 100 };

/** What whoever watches the gateway is told: whether it can do its work. */
async function readiness(): Promise<[number, string]> {
  const answer = await fetch(`http://127.0.0.1:${gateway?.ready.http.port}/readyz`);
  return [answer.status, ((await answer.json()) as { status: string }).status];
}

describe('a gateway that is killed while its disk is full', { timeout: 120_000 }, () => {
  it('starts again and again, serves what needs no writing, says so, and goes on when there is room', async () => {
    gateway = new GatewayProcess();
    disk = await SmallDisk.mount(gateway.dataDir, 256);
    gateway.prefix = disk.command;
    await gateway.start();
    const url = (): string => `mqtt://127.0.0.1:${gateway?.ready.mqtt.port}`;
    const objects = new HttpObjects(gateway);
    const key = await objects.put(Buffer.from('kept'));
    const before = await connectAsync(url(), { clientId: 'before' });
    await before.publishAsync('sign', 'kept', { qos: 1, retain: true });
    before.end(true);
    disk.fill();

    for (let round = 0; round < 3; round++) {
      await gateway.kill();
      // What the start before had to spare is taken by others.
      disk.fill();
      await gateway.start();
      const anna = await OocsiClient.connect(gateway.ready.oocsi.port, 'anna');
      await anna.settle();
      const bob = await connectAsync(url(), { clientId: 'bob' });
      const heard = new Promise<string>((resolve) => {
        bob.on('message', (topic, payload) => topic === 'lamp' && resolve(String(payload)));
      });
      const kept = new Promise<string>((resolve) => {
        bob.on('message', (topic, payload) => topic === 'sign' && resolve(String(payload)));
      });
      await bob.subscribeAsync(['lamp', 'sign']);
      expect(await kept).toBe('kept');
      anna.send('sendraw lamp {"led":1}');
      expect(await heard).toBe('{"led":1}');
      expect((await fetch(`${objects.url}/objects/${key}`)).status).toBe(200);
      expect((await objects.send(Buffer.alloc(40_000_000))).status).toBe(507);
      disk.fill();
      // What there is no room for even at the end of a block.
      bob.publish('large', Buffer.alloc(200_000), { qos: 1, retain: true });
      await vi.waitFor(async () => expect(await readiness()).toEqual([503, 'unwritable']), PATIENCE);
      bob.end(true);
      anna.close();
    }
    await gateway.program.errorLine(/(The disk is full\.)/);

    disk.free();
    const after = await connectAsync(url(), { clientId: 'after' });
    await after.publishAsync('later', 'kept too', { qos: 1, retain: true });
    after.end(true);
    await vi.waitFor(async () => expect(await readiness()).toEqual([200, 'ready']), PATIENCE);
    await objects.put(Buffer.from('again'));
    await gateway.kill();
    await gateway.start();
    expect(gateway.program.errors).not.toContain('The disk is full.');
    const reader = await connectAsync(url(), { clientId: 'reader' });
    const found = new Promise<string>((resolve) => reader.on('message', (_, payload) => resolve(String(payload))));
    await reader.subscribeAsync('later');
    expect(await found).toBe('kept too');
    reader.end(true);
  });
});
