import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { Mosquitto } from '@crosscomm/testing/mosquitto';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, expect, it } from 'vitest';

const SEED = Number(process.env.FC_SEED ?? 1);
let gateway: GatewayProcess | undefined;
let mosquitto: Mosquitto | undefined;
const clients: MqttClient[] = [];
afterAll(async () => {
  for (const client of clients) client.end(true);
  await gateway?.dispose();
  await mosquitto?.remove();
});

/** Publishes one number after the other to `up` by a QoS, and notes those that were acknowledged. */
class Publisher {
  readonly acknowledged: number[] = [];
  #next = 0;
  #isOver = false;
  readonly done: Promise<void>;

  constructor(client: MqttClient, topic: string, qos: 1 | 2) {
    this.done = this.#go(client, topic, qos);
    // Whoever waits for it is told.
    this.done.catch(() => undefined);
  }

  async reached(count: number): Promise<void> {
    const enough = expect.poll(() => this.acknowledged.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
    await Promise.race([enough, this.done]);
  }

  async finish(): Promise<void> {
    this.#isOver = true;
    await this.done;
  }

  async #go(client: MqttClient, topic: string, qos: 1 | 2): Promise<void> {
    while (!this.#isOver) {
      const number = this.#next++;
      await client.publishAsync(topic, String(number), { qos });
      this.acknowledged.push(number);
    }
  }
}

it('a gateway and another broker that are killed under load lose nothing that was acknowledged on the bridge between them, and QoS 2 is once', {
  timeout: 180_000,
}, async () => {
  mosquitto = await Mosquitto.start(['max_queued_messages 0', 'max_inflight_messages 100']);
  gateway = new GatewayProcess({
    bridges: [
      {
        ...{ name: 'house', url: `mqtt://127.0.0.1:${mosquitto.port}`, retryMs: 300 },
        topics: [{ filter: 'up/#', direction: 'out', qos: 2 }],
      },
    ],
  });
  const ready = await gateway.start();
  const heard: Record<string, number[]> = { 'up/1': [], 'up/2': [] };
  const options = { protocolVersion: 5, clean: false, reconnectPeriod: 50 } as const;
  const session = { properties: { sessionExpiryInterval: 1000 } };
  const listener = mqtt.connect(`mqtt://127.0.0.1:${mosquitto.port}`, { ...options, ...session, clientId: 'listener' });
  listener.on('message', (topic, payload) => heard[topic]?.push(Number(payload.toString())));
  await listener.subscribeAsync('up/#', { qos: 2 });
  const publishers = ([1, 2] as const).map((qos) => {
    const url = `mqtt://127.0.0.1:${ready.mqtt.port}`;
    const client = mqtt.connect(url, { ...options, ...session, clientId: `publisher-${qos}` });
    clients.push(client);
    return new Publisher(client, `up/${qos}`, qos);
  });
  clients.push(listener);
  const more = async (count: number): Promise<void> => {
    await Promise.all(publishers.map((each) => each.reached(each.acknowledged.length + count)));
  };
  await more(100 + (SEED % 50));
  await gateway.kill();
  await gateway.start();
  await more(100);
  // It saves what it has when it is stopped, as its own durability wants it.
  await mosquitto.stop();
  await more(200);
  await gateway.kill();
  await gateway.start();
  await more(50);
  await mosquitto.run();
  await more(100);
  for (const publisher of publishers) await publisher.finish();
  for (const [index, { acknowledged }] of publishers.entries()) {
    const got = heard[`up/${index + 1}`] as number[];
    await expect.poll(() => got.at(-1), { timeout: 30_000 }).toBe(acknowledged.at(-1));
    const firsts = [...new Set(got)];
    expect(firsts).toEqual(acknowledged);
  }
  expect(heard['up/2']).toEqual(publishers[1]?.acknowledged);
});
