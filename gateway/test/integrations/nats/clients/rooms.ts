import { type CrossCommOptions, CrossCommService } from '@crosscomm/client';
import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, vi } from 'vitest';

export const SOON = { timeout: 20_000, interval: 20 };
export const NAMES = ['attic', 'hall', 'kitchen'] as const;
export type Name = (typeof NAMES)[number];

/** Three gateways, which know one another by a real NATS server only; each has a way to it that can be cut. */
export class Rooms {
  readonly server: NatsServer;
  readonly places = new Map<Name, Place>();
  readonly ways = new Map<Name, CuttableWay>();
  readonly #ends: (() => unknown)[] = [];

  private constructor(server: NatsServer) {
    this.server = server;
  }

  /** `cluster`: what is said of the cluster beside the servers and the name. */
  static async open(
    configuration: Record<string, unknown> = {},
    cluster: Record<string, unknown> = {},
  ): Promise<Rooms> {
    const rooms = new Rooms(await NatsServer.start());
    for (const name of NAMES) {
      const way = await CuttableWay.open(rooms.server.port);
      const place = new Place();
      rooms.ways.set(name, way);
      rooms.places.set(name, place);
      await place.start({ ...configuration, cluster: { ...cluster, servers: [way.url], gateway: name } });
    }
    for (const name of NAMES) {
      await vi.waitFor(async () => expect(await rooms.others(name)).toHaveLength(NAMES.length - 1), SOON);
    }
    return rooms;
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends.splice(0).map((end) => end()));
    for (const place of this.places.values()) await place.dispose();
    for (const way of this.ways.values()) await way.close();
    await this.server.stop();
  }

  at(name: Name): Place {
    return this.places.get(name) as Place;
  }

  way(name: Name): CuttableWay {
    return this.ways.get(name) as CuttableWay;
  }

  /** Which others a gateway knows to be there. */
  async others(name: Name): Promise<string[]> {
    const { gateways } = (await this.get(name, '/api/v1/cluster')) as { gateways: { name: string }[] };
    return gateways.map((gateway) => gateway.name);
  }

  async get(name: Name, path: string): Promise<unknown> {
    return await (await fetch(`${this.at(name).url}${path}`)).json();
  }

  /** The ids of those who are online by what a gateway's API says, each with where. */
  async online(name: Name): Promise<Record<string, string>> {
    const { clients } = (await this.get(name, '/api/v1/clients?online=true')) as {
      clients: { id: string; gateway?: string }[];
    };
    return Object.fromEntries(clients.map(({ id, gateway = name }) => [id, gateway]));
  }

  /** Waits until every gateway says the same of a client: which has it, or undefined for none. */
  async settled(id: string, where: Name | undefined, timeout = SOON.timeout): Promise<void> {
    const seen = async () => {
      const all: (string | undefined)[] = [];
      for (const name of NAMES) all.push((await this.online(name))[id]);
      return all;
    };
    await expect.poll(seen, { ...SOON, timeout }).toEqual(NAMES.map(() => where));
  }

  async mqtt(name: Name, clientId: string, filters: string[] = [], options: IClientOptions = {}) {
    const { port } = this.at(name).listeners.mqtt;
    const url = `mqtt://127.0.0.1:${port}`;
    const client: MqttClient = await connectAsync(url, {
      ...{ clientId, protocolVersion: 5 as const, reconnectPeriod: 0 },
      ...options,
    });
    this.#ends.push(() => client.endAsync(true));
    const heard: string[] = [];
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    if (filters.length > 0) await client.subscribeAsync(filters);
    return { client, heard };
  }

  async oocsi(name: Name, handle: string): Promise<OocsiClient> {
    const client = await OocsiClient.connect(this.at(name).listeners.oocsi.port, handle);
    this.#ends.push(() => client.close());
    return client;
  }

  async crosscomm(name: Name, clientId: string, options: CrossCommOptions = {}) {
    const url = this.at(name).url.replace('http', 'ws');
    const client = new CrossCommService({ clientId, url, protocol: 'crosscomm', ...options });
    this.#ends.push(() => client.logout());
    await client.login();
    return client;
  }

  async frames(name: Name, deviceId: string, more: { user?: string } = {}): Promise<WebSocketDevice> {
    const device = await WebSocketDevice.connect(this.at(name).listeners.http.port);
    this.#ends.push(() => device.socket.terminate());
    device.say({ type: 'hello', version: 1, deviceId, bootId: 7, maxFrame: 256, ...more });
    return device;
  }
}
