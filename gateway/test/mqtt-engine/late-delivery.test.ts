import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPacket, startBroker, type TestBroker, withWrites } from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

describe('a message that waits for the disk', () => {
  it('does not go to another session that has come under the same client id meanwhile', async () => {
    const held: (() => void)[] = [];
    let isHeld = false;
    test = await startBroker(
      {},
      withWrites(async (write) => {
        if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
        await write();
      }),
    );
    // Because of whom messages are written.
    const keeper = await test.connect('keeper', { clean: false });
    await keeper.mqtt.subscribeAsync('t', { qos: 1 });
    const before = await test.connect('device', { protocolVersion: 5 });
    await before.mqtt.subscribeAsync('t', { qos: 0 });
    const sender = await test.connect('sender');
    isHeld = true;
    const published = sender.mqtt.publishAsync('t', 'not for who comes now', { qos: 1 });
    await expect.poll(() => held.length).toBe(1);
    const after = await test.dial();
    const chunks: Buffer[] = [];
    after.on('data', (chunk: Buffer) => chunks.push(chunk));
    after.write(connectPacket('device', 5));
    await once(after, 'data');
    isHeld = false;
    held[0]?.();
    await published;
    after.write(Buffer.from([0xc0, 0]));
    await expect.poll(() => Buffer.concat(chunks).at(-2)).toBe(0xd0);
    expect(Buffer.concat(chunks).toString('latin1')).not.toContain('not for');
    expect(await keeper.got(1)).toMatchObject([{ text: 'not for who comes now' }]);
    expect(before.received).toEqual([]);
  });
});
