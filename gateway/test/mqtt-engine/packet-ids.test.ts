import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPacket, startBroker, subscribePacket, type TestBroker } from './support.ts';

let test: TestBroker | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

describe('the packet ids of new messages', () => {
  it('are none of those that a client that comes back has not acknowledged', async () => {
    test = await startBroker();
    const sender = await test.connect('sender');
    const publish = (text: string): Promise<unknown> => sender.mqtt.publishAsync('t', text, { qos: 2 });
    /** The packet ids of so many messages, of one letter each. */
    const come = async (count: number, ...sent: Buffer[]): Promise<number[]> => {
      const socket = await (test as TestBroker).dial();
      let got = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk]);
      });
      socket.write(connectPacket('device', 4, 0));
      await expect.poll(() => got.length).toBeGreaterThanOrEqual(4);
      for (const packet of sent) socket.write(packet);
      const before = 4 + (sent.length > 0 ? 5 : 0);
      await expect.poll(() => got.length).toBeGreaterThanOrEqual(before);
      await publish('x');
      await expect.poll(() => got.length).toBe(before + 8 * count);
      const gone = once(socket, 'close');
      socket.destroy();
      await gone;
      await expect.poll(() => test?.house.hub.client('device')?.online).toBe(false);
      return Array.from({ length: count }, (_, index) => got.readUInt16BE(before + 8 * index + 5));
    };
    const [first = 0] = await come(1, subscribePacket('t', 2));
    const next = (id: number): number => (id % 65_535) + 1;
    expect(await come(2)).toEqual([first, next(first)]);
    expect(await come(3)).toEqual([first, next(first), next(next(first))]);
  });
});
