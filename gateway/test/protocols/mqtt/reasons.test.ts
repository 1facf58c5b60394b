import { secretPassword } from '@crosscomm/testing/secrets';
import type { IClientOptions, Packet } from 'mqtt';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../../mqtt-engine/support.ts';

let test: TestBroker;
const clients: MqttClient[] = [];
beforeAll(async () => {
  test = await startBroker({ users: new Map([['guarded', secretPassword()]]) });
});
afterAll(async () => {
  for (const client of clients) client.end(true);
  await test.close();
});

/** A client of MQTT 5, and every reason string that it is told, with the kind of the packet. */
function dial(clientId: string, properties: IClientOptions['properties'] = {}, more: IClientOptions = {}) {
  const client = mqtt.connect({
    ...{ host: '127.0.0.1', port: test.port, protocolVersion: 5, clientId, reconnectPeriod: 0, properties, ...more },
  });
  clients.push(client);
  const told: string[] = [];
  client.on('error', () => {});
  client.on('packetreceive', (packet: Packet) => {
    const { reasonString } =
      (('properties' in packet ? packet.properties : undefined) as { reasonString?: string }) ?? {};
    if (reasonString !== undefined) told.push(`${packet.cmd}: ${reasonString}`);
  });
  return { client, told };
}

/** Resolves when the connection is over; an error comes before that. */
function closed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** Has a client do three things that it may not do, and one that it may. */
async function beRefused(client: MqttClient): Promise<void> {
  await client.subscribeAsync('allowed', { qos: 1 });
  await client.subscribeAsync('$direct/another', { qos: 1 }).catch(() => {});
  for (const qos of [1, 2] as const) await client.publishAsync('$presence/x', 'x', { qos }).catch(() => {});
  await client.publishAsync('allowed', 'x', { qos: 1 });
}

describe('a client of MQTT 5', () => {
  it('is told in words what it may not do, unless it wants to be told nothing', async () => {
    const { client, told } = dial('curious');
    await beRefused(client);
    expect(told).toEqual([
      expect.stringMatching(/^suback: \$direct\/another: ./),
      'puback: this topic is one of the gateway’s own; write to a client at $direct/<its id>',
      'pubrec: this topic is one of the gateway’s own; write to a client at $direct/<its id>',
    ]);
    const quiet = dial('quiet', { requestProblemInformation: false });
    await beRefused(quiet.client);
    expect(quiet.told).toEqual([]);
  });

  it('is told no more words than fit into the packets that it takes', async () => {
    const { client, told } = dial('small', { maximumPacketSize: 40 });
    await beRefused(client);
    expect(told).toEqual([]);
  });

  it('is told why it does not come in', async () => {
    const wrong = dial('guarded', {}, { username: 'guarded', password: 'a guess' });
    await closed(wrong.client);
    expect(wrong.told).toEqual(['connack: wrong user name, password or token']);
    const reserved = dial('server');
    await closed(reserved.client);
    expect(reserved.told).toEqual(['connack: the id belongs to the gateway itself']);
  });

  it('is told why its connection ends', async () => {
    const { client, told } = dial('twice');
    await client.publishAsync('allowed', 'x', { qos: 1 });
    const gone = closed(client);
    dial('twice');
    await gone;
    expect(told).toEqual(['disconnect: another connection has the same client id']);
  });
});
