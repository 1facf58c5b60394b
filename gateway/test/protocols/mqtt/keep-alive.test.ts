import mqtt, { type IConnackPacket } from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../../mqtt-engine/support.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker({ maxKeepAliveS: 60 });
});
afterEach(async () => {
  await test.close();
});

/** The keep-alive time in seconds that a client of MQTT 5 is told to take instead of its own. */
async function toldInsteadOf(keepalive: number): Promise<number | undefined> {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port: test.port,
    protocolVersion: 5,
    keepalive,
    reconnectPeriod: 0,
  });
  const { properties } = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve));
  client.end(true);
  return properties?.serverKeepAlive;
}

it('a client of MQTT 5 that wants a longer keep-alive time than it may have, or none, is told the longest', async () => {
  expect(await toldInsteadOf(120)).toBe(60);
  expect(await toldInsteadOf(0)).toBe(60);
  expect(await toldInsteadOf(60)).toBeUndefined();
});
