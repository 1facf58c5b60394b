import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPacket, field, packet, startBroker, type TestBroker, withBatches } from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

const QOS_2 = 0x34;
const DUPLICATE = 0x08;
const PERSISTENT = 0;
const PUBREC = Buffer.from([0x50, 2, 0, 7]);

/** Says under one packet id what a device says, and resolves with the answer. */
async function publish(id: string, header: number): Promise<Buffer> {
  const socket = await test.dial();
  socket.write(connectPacket(id, 4, PERSISTENT));
  await once(socket, 'data');
  socket.write(packet(header, field('alarm'), Buffer.from([0, 7]), Buffer.from('on')));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer;
}

async function leaveWaiting(id: string): Promise<void> {
  const client = await test.connect(id, { clean: false });
  await client.mqtt.subscribeAsync('alarm', { qos: 2 });
  await client.mqtt.endAsync();
  await expect.poll(() => test.house.hub.client(id)?.online ?? false).toBe(false);
}

describe('a message of QoS 2 from a client with a persistent session', () => {
  it('is on disk in one write with its packet id, so that no power cut makes a duplicate of what was never queued', async () => {
    const writes: string[] = [];
    test = await startBroker(
      {},
      withBatches((operations, write) => {
        writes.push(operations.map(({ key }) => key).join(' '));
        return write(operations);
      }),
    );
    await leaveWaiting('reader');
    expect(await publish('device', QOS_2)).toEqual(PUBREC);
    const withId = writes.filter((keys) => keys.includes('incoming:device:'));
    expect(withId).toHaveLength(1);
    expect(withId[0]).toContain('queue:reader:');
  });

  it('is kept once where the client sends it again after the gateway was there no more', async () => {
    test = await startBroker();
    await leaveWaiting('reader');
    expect(await publish('device', QOS_2)).toEqual(PUBREC);
    await test.restart();
    expect(await publish('device', QOS_2 | DUPLICATE)).toEqual(PUBREC);
    const reader = await test.connect('reader', { clean: false });
    await reader.mqtt.publishAsync('alarm', 'off', { qos: 2 });
    expect((await reader.got(2)).map(({ text }) => text)).toEqual(['on', 'off']);
  });

  it('is confirmed only when it is on disk', async () => {
    let release: (() => void) | undefined;
    let isSlow = false;
    test = await startBroker(
      {},
      withBatches(async (operations, write) => {
        if (isSlow) await new Promise<void>((resolve) => (release = resolve));
        await write(operations);
      }),
    );
    await leaveWaiting('reader');
    const socket = await test.dial();
    socket.write(connectPacket('device', 4, PERSISTENT));
    await once(socket, 'data');
    await test.broker.written();
    isSlow = true;
    const answers: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answers.push(chunk));
    socket.write(packet(QOS_2, field('alarm'), Buffer.from([0, 7]), Buffer.from('on')));
    // A ping is answered at once, though it was sent later.
    socket.write(Buffer.from([0xc0, 0]));
    await expect.poll(() => Buffer.concat(answers).toString('hex')).toBe('d000');
    isSlow = false;
    release?.();
    await expect.poll(() => Buffer.concat(answers).subarray(2)).toEqual(PUBREC);
    socket.destroy();
  });
});
