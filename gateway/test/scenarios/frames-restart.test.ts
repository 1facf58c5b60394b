import { once } from 'node:events';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { afterAll, beforeAll, expect, it } from 'vitest';

const COUNT = 400;
const HELLO = { type: 'hello', version: 1, deviceId: 'esp-1', bootId: 7, maxFrame: 256 } as const;
const gateway = new GatewayProcess();

beforeAll(async () => {
  await gateway.start();
});
afterAll(() => gateway.dispose());

/** Subscribes to `lab`, retained messages first. */
async function listen(): Promise<OocsiClient> {
  const client = await OocsiClient.connect(gateway.ready.oocsi.port, 'anna');
  client.send('subscribe lab');
  await client.settle();
  return client;
}

const numbersOf = (client: OocsiClient): number[] =>
  client.kept.flatMap((line) => {
    const { recipient, n } = JSON.parse(line) as { recipient?: string; n: number };
    return recipient === 'lab' ? [n] : [];
  });

function sendNumbers(device: WebSocketDevice, first: number, last: number): void {
  for (let n = first; n <= last; n++) {
    device.say({ type: 'sequenced', seq: n, frame: { type: 'message', to: 'lab', value: { n } } });
  }
}

it('What a device was acknowledged is taken once and never lost, though the gateway is killed in the middle', async () => {
  const before = await listen();
  const device = await WebSocketDevice.connect(gateway.ready.http.port);
  device.say(HELLO);
  await device.take('welcome');
  sendNumbers(device, 1, COUNT / 2);
  const acknowledged = (await device.take('ack')).seq;
  sendNumbers(device, COUNT / 2 + 1, COUNT);
  const closed = once(before.socket, 'close');
  await gateway.kill();
  await closed;
  const seenBefore = numbersOf(before);

  await gateway.start();
  const after = await listen();
  // Its Ack was lost with the connection, so the device still has everything.
  const again = await WebSocketDevice.connect(gateway.ready.http.port);
  again.say({ ...HELLO, resume: { firstSeq: 1, session: 1, received: 0 } });
  const { lastSeq, resumed } = await again.take('welcome');
  expect(resumed).toBe(false);
  expect(lastSeq).toBeGreaterThanOrEqual(acknowledged);
  sendNumbers(again, 1, COUNT);
  let { seq } = await again.take('ack');
  while (seq < COUNT) ({ seq } = await again.take('ack'));
  await after.settle();
  const seenAfter = numbersOf(after);

  expect(acknowledged).toBeGreaterThan(0);
  expect(seenAfter).toEqual(Array.from({ length: COUNT - lastSeq }, (_, index) => lastSeq + 1 + index));
  expect(seenBefore.slice(0, lastSeq)).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1));
  again.socket.close();
  after.close();
}, 60_000);
