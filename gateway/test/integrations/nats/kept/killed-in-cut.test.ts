import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { isLong } from '@crosscomm/testing/long-runs';
import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { Place } from '@crosscomm/testing/place';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOf, counted, type Ears, lasting, mqttAt, SOON, say, texts, untilHeard } from './support.ts';

// A gateway in a process of its own, whose link is cut for longer than it takes to notice, and which is killed meanwhile.

const CUT_MS = isLong ? 30_000 : 2000;
const elapsed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let server: NatsServer;
let way: CuttableWay;
let kitchen: GatewayProcess;
const hall = new Place();
const opened: MqttClient[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  way = await CuttableWay.open(server.port);
  kitchen = new GatewayProcess(clusterOf('kitchen', way));
  await Promise.all([kitchen.start(), hall.start(clusterOf('hall', server))]);
});
afterAll(async () => {
  for (const client of opened) await client.endAsync(true);
  await Promise.all([kitchen.dispose(), hall.dispose()]);
  await way.close();
  await server.stop();
});

async function at(port: number, clientId: string, ...filters: string[]): Promise<Ears> {
  const ears = await mqttAt(port, { clientId }, ...filters);
  opened.push(ears.client);
  return ears;
}

/** What a gateway retains for a channel. */
async function retained(port: number, channel: string): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/channels/${encodeURIComponent(channel)}`);
  return ((await answer.json()) as { retained?: { body?: string } }).retained?.body;
}

async function retain(client: MqttClient, topic: string, text: string): Promise<void> {
  await client.publishAsync(topic, text, { qos: 1, retain: true });
}

test.each(isLong ? ['refused', 'black'] : ['black'])(
  'a gateway that is killed while its link is %s has lost nothing and sends nothing twice',
  async (how) => {
    const topic = `both/${how}`;
    const far = await at(hall.listeners.mqtt.port, `far-${how}`, topic);
    const { client: farMouth } = await at(hall.listeners.mqtt.port, `far-mouth-${how}`);
    const { client: mouth } = await at(kitchen.ready.mqtt.port, `mouth-${how}`);
    await untilHeard(mouth, topic, far);
    // A session at the gateway that is killed, of a client that is away.
    const first = await mqttAt(kitchen.ready.mqtt.port, lasting(`away-${how}`), `$direct/away-${how}/#`);
    await first.client.endAsync();
    await retain(mouth, `kept/${how}/a`, 'before');
    await expect.poll(() => retained(Number(new URL(hall.url).port), `kept/${how}/a`), SOON).toBe('before');
    await say(mouth, topic, 0, 100, 2);
    if (how === 'refused') await way.cut();
    else way.blacken();
    await say(mouth, topic, 100, 400);
    await say(farMouth, `$direct/away-${how}`, 0, 50);
    await retain(mouth, `kept/${how}/a`, 'in the cut');
    await retain(mouth, `kept/${how}/b`, 'in the cut');
    await retain(farMouth, `kept/${how}/c`, 'elsewhere');
    await elapsed(CUT_MS / 2);
    await kitchen.kill();
    await kitchen.start();
    const { client: again } = await at(kitchen.ready.mqtt.port, `again-${how}`);
    await say(again, topic, 400, 500);
    await elapsed(CUT_MS / 2);
    await way.mend();
    await say(again, topic, 500, 600);
    await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(600);
    expect(counted(far)).toEqual(texts(0, 600));
    const back = await mqttAt(kitchen.ready.mqtt.port, lasting(`away-${how}`));
    opened.push(back.client);
    await expect.poll(() => counted(back).length, SOON).toBeGreaterThanOrEqual(50);
    expect(counted(back)).toEqual(texts(0, 50));
    const ports = [Number(new URL(hall.url).port), kitchen.ready.http.port];
    const all = () =>
      Promise.all(ports.flatMap((port) => ['a', 'b', 'c'].map((name) => retained(port, `kept/${how}/${name}`))));
    const same = ['in the cut', 'in the cut', 'elsewhere'];
    await expect.poll(all, SOON).toEqual([...same, ...same]);
  },
  180_000,
);
