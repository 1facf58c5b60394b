import type { Mosquitto } from '@crosscomm/testing/mosquitto';
import mqtt from 'mqtt';
import { systemClock } from '../../../src/common/clock.ts';
import type { BridgeConfig } from '../../../src/config/bridges.ts';
import { bridges as section } from '../../../src/config/bridges.ts';
import { Bridges } from '../../../src/integrations/mqtt-bridge/bridges.ts';
import { type TestBroker, TestClient } from '../../mqtt-engine/support.ts';

/** What a test says of a bridge. */
export type Said = Partial<Omit<BridgeConfig, 'topics'>> & { topics: readonly object[] };

/** The bridges of a test, between its broker and a mosquitto. */
export class TestBridges {
  readonly #notes: Map<string, string>;
  readonly #test: TestBroker;
  readonly #config: readonly BridgeConfig[];
  password: string | undefined;
  bridges: Bridges;

  constructor(test: TestBroker, said: readonly object[], { password }: { password?: string } = {}) {
    this.#test = test;
    this.#config = section.parse(said);
    this.#notes = new Map();
    this.password = password;
    this.bridges = this.#make();
  }

  async start(): Promise<void> {
    await this.bridges.begin();
    this.bridges.start();
  }

  /** After the broker was started again: as a gateway that is started again. */
  async again(): Promise<void> {
    this.bridges = this.#make();
    await this.start();
  }

  get state() {
    const [state] = this.bridges.states;
    if (state === undefined) throw new Error('there is no bridge');
    return state;
  }

  #make(): Bridges {
    const { house, broker } = this.#test;
    const notes = this.#notes;
    return new Bridges({
      ...house,
      config: this.#config,
      port: broker.bridges,
      maxPacketBytes: 100_000,
      clock: systemClock,
      random: Math.random,
      log: house.log,
      notes: {
        get: async (key) => notes.get(key),
        put: async (key, text) => void notes.set(key, text),
      },
      password: async () => this.password,
      report: (incident) => house.incidents.report(incident),
    });
  }
}

/** The configuration of a bridge to a mosquitto. */
export function to(mosquitto: Pick<Mosquitto, 'port'>, said: Said): object {
  return { name: 'house', url: `mqtt://127.0.0.1:${mosquitto.port}`, retryMs: 300, ...said };
}

/** A client of a mosquitto. */
export async function clientOf(
  mosquitto: Pick<Mosquitto, 'port'>,
  id: string,
  options: mqtt.IClientOptions = {},
): Promise<TestClient> {
  const client = await mqtt.connectAsync({
    ...{ host: '127.0.0.1', port: mosquitto.port, protocolVersion: 5, clientId: id, reconnectPeriod: 100 },
    ...options,
  });
  return new TestClient(client);
}
