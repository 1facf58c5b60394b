import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { EventQueue } from '../json-lines.ts';
import type { Agent, Client, Connected, ConnectHow, Incoming, Outgoing, Qos, Way } from './agent.ts';
import { connectionOf, messageOf } from './agent.ts';

const PROTOCOLS = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const;

/** MQTT.js, in this process. */
export class MqttJsAgent implements Agent {
  #version: 4 | 5;
  readonly #way: Way;
  readonly #heard = new EventQueue('MQTT.js');
  #client: MqttClient | undefined;

  constructor(version: 4 | 5 = 5, way: Way = 'tcp') {
    this.#version = version;
    this.#way = way;
  }

  get #mqtt(): MqttClient {
    if (!this.#client) throw new Error('it was not connected');
    return this.#client;
  }

  async connect({ host, port, webSocketPort, id, persistent = false, will, route }: ConnectHow): Promise<Connected> {
    const way = route?.way ?? this.#way;
    this.#version = route?.version ?? this.#version;
    const options: IClientOptions = {
      ...{ protocol: PROTOCOLS[way], host, port },
      ...(PROTOCOLS[way].startsWith('ws') && { port: webSocketPort, path: '/mqtt' }),
      ...(route && { ca: readFileSync(route.caFile, 'utf8') }),
      ...{ clientId: id, clean: !persistent, protocolVersion: this.#version },
      // A session has its subscriptions; that it makes them anew would hide that they are gone.
      ...{ reconnectPeriod: 200, resubscribe: !persistent },
      ...(will && { will: { ...will, payload: Buffer.from(will.payload), retain: false } }),
      ...(this.#version === 5 && { properties: { sessionExpiryInterval: persistent ? 600 : 0 } }),
    };
    const client = mqtt.connect(options);
    this.#client = client;
    client.on('error', () => {});
    client.on('connect', ({ sessionPresent }) => this.#heard.push({ event: 'connected', sessionPresent }));
    client.on('message', (topic, payload, { qos, retain, properties }) => {
      const { responseTopic = null, correlationData } = properties ?? {};
      const correlation = correlationData?.toString() ?? null;
      const message = { topic, payload: payload.toString(), qos, retain, responseTopic, correlation };
      this.#heard.push({ event: 'message', ...message });
    });
    return this.reconnected();
  }

  async subscribe(filter: string, qos: Qos): Promise<number> {
    const [granted] = await this.#mqtt.subscribeAsync(filter, { qos });
    return granted?.qos ?? 0x80;
  }

  async publish({ topic, payload, qos, retain = false, responseTopic, correlation }: Outgoing): Promise<void> {
    const properties = {
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlation !== undefined && { correlationData: Buffer.from(correlation) }),
    };
    await this.#mqtt.publishAsync(topic, payload, { qos, retain, ...(this.#version === 5 && { properties }) });
  }

  message(topic: string): Promise<Incoming> {
    return messageOf(this.#heard, topic);
  }

  reconnected(): Promise<Connected> {
    return connectionOf(this.#heard);
  }

  async disconnect(): Promise<void> {
    await this.#mqtt.endAsync();
  }

  async kill(): Promise<void> {
    this.#client?.end(true);
    this.#client?.stream.destroy();
  }
}

export const mqttJs: Client = { name: 'MQTT.js', start: () => new MqttJsAgent() };
export const mqttJsInPages: Client = { name: 'MQTT.js, by WebSocket', start: () => new MqttJsAgent(5, 'ws') };
