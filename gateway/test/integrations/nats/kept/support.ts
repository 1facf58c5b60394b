import type { NatsServer } from '@crosscomm/testing/nats-server';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { expect } from 'vitest';

export const SOON = { timeout: 60_000, interval: 20 };

/** What a client of MQTT 5 heard, and the client. */
export interface Ears {
  client: MqttClient;
  heard: string[];
}

/** Connects to a port of this machine; what it hears is noted without tries. */
export async function mqttAt(port: number, options: IClientOptions, ...filters: string[]): Promise<Ears> {
  const heard: string[] = [];
  const settings = { protocolVersion: 5, reconnectPeriod: 0, ...options } as const;
  const client = connect(`mqtt://127.0.0.1:${port}`, settings);
  // What waited for a session may come in one piece with the CONNACK.
  client.on('message', (_, payload) => heard.push(payload.toString()));
  client.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error('the connection was closed before it was accepted')));
  });
  if (filters.length > 0) await client.subscribeAsync(filters, { qos: 2 });
  return { client, heard };
}

/** A session that lasts, for whoever is away. */
export function lasting(clientId: string): IClientOptions {
  return { clientId, clean: false, properties: { sessionExpiryInterval: 3600 } };
}

/** Publishes texts that nobody counts until one is heard. */
export async function untilHeard(mouth: MqttClient, topic: string, { heard }: Pick<Ears, 'heard'>): Promise<void> {
  await expect
    .poll(async () => {
      await mouth.publishAsync(topic, 'try', { qos: 1 });
      return heard.includes('try');
    }, SOON)
    .toBe(true);
}

/** What was heard but for tries. */
export function counted({ heard }: Pick<Ears, 'heard'>): string[] {
  return heard.filter((text) => text !== 'try');
}

/** The texts of some numbers. */
export function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

/** Publishes numbers; resolves when the gateway has told the client that all of them are safe. */
export async function say(mouth: MqttClient, topic: string, from: number, to: number, qos: 1 | 2 = 1): Promise<void> {
  // mqtt.js heeds no Receive Maximum.
  for (let begin = from; begin < to; begin += 100) {
    const some = texts(begin, Math.min(to, begin + 100));
    await Promise.all(some.map((text) => mouth.publishAsync(topic, text, { qos })));
  }
}

/** The part of the configuration that makes a gateway one of a cluster. */
export function clusterOf(gateway: string, { url }: Pick<NatsServer, 'url'>): Record<string, unknown> {
  return { cluster: { servers: [url], gateway } };
}
