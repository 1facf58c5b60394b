import { type Duplex, duplexPair, Readable } from 'node:stream';
import { Aedes } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import mqtt, { type Packet } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import {
  asOptions,
  type CoreClient,
  type CoreEvents,
  type CorePacket,
  type CoreQuestions,
  type Done,
  listen,
} from '../../../src/mqtt-engine/aedes/private.ts';

/**
 * aedes as it comes, with none of our classes between: these tests say what mqtt-engine/aedes/ takes for granted of it. One that
 * fails after an update of aedes names the place of ours that has to change.
 */

/** How long a test waits for what must come. */
const PATIENCE_MS = 20_000;

type Publish = (packet: CorePacket, from: CoreClient | null | Done, done?: Done) => void;

/** What aedes has beside its types, as far as tests look at it. */
export interface Bare extends Pick<Aedes, 'id' | 'closed'> {
  clients: Record<string, CoreClient | undefined>;
  counter: number;
  publish: Publish;
  emit(event: string, ...given: unknown[]): boolean;
  mq: { emit(packet: object, done: () => void): unknown };
}

export interface BareBroker {
  broker: Bare;
  /** The persistence, and what it was asked: `name` and its arguments. */
  persistence: MemoryPersistence;
  asked: { name: string; given: unknown[] }[];
  connect(options?: Partial<mqtt.IConnectPacket>): Promise<BareClient>;
  /** A connection that has sent nothing. */
  dial(): BareClient;
}

/** Bare aedes with a persistence in memory. */
export async function startBare(
  questions: Partial<CoreQuestions> = {},
  { events = {}, options = {} }: { events?: Partial<CoreEvents>; options?: object } = {},
): Promise<BareBroker> {
  const asked: BareBroker['asked'] = [];
  const persistence = recorded(new MemoryPersistence(), asked);
  const aedes = new Aedes({ ...asOptions(questions as CoreQuestions), ...options, persistence });
  listen(aedes, events as CoreEvents);
  await aedes.listen();
  const broker: object = aedes;
  const dial = (): BareClient => {
    const [near, far] = duplexPair();
    return new BareClient(aedes.handle(near as Parameters<Aedes['handle']>[0]), near, far);
  };
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
  });
  return {
    ...{ broker: broker as Bare, persistence, asked, dial },
    async connect(options = {}) {
      const client = dial();
      client.introduce(options);
      client.connack = await client.got('connack');
      if (client.connack.returnCode === 0) await until(() => client.core.connected, 'the end of its coming');
      return client;
    },
  };
}

/** One connection to it, by packets. */
export class BareClient {
  readonly core: CoreClient;
  readonly packets: Packet[] = [];
  /** What it was answered, once it was. */
  connack: mqtt.IConnackPacket | undefined;
  readonly far: Duplex;
  readonly near: Duplex;

  constructor(core: object, near: Duplex, far: Duplex) {
    this.core = core as CoreClient;
    this.near = near;
    this.far = far;
    const parser = mqtt.parser({ protocolVersion: 4 });
    parser.on('packet', (packet) => this.packets.push(packet));
    far.on('data', (chunk: Buffer) => parser.parse(chunk));
    far.on('error', () => {});
  }

  send(packet: Packet): void {
    this.far.write(mqtt.generate(packet));
  }

  introduce(options: Partial<mqtt.IConnectPacket> = {}): void {
    const standard = { cmd: 'connect', clientId: 'a', clean: true, keepalive: 0, protocolVersion: 4 } as const;
    this.send({ ...standard, ...options });
  }

  /** Waits for the first packet of a kind, and takes it out. */
  async got<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    await until(() => this.packets.some((packet) => packet.cmd === cmd), cmd);
    const at = this.packets.findIndex((packet) => packet.cmd === cmd);
    return this.packets.splice(at, 1)[0] as Extract<Packet, { cmd: C }>;
  }

  /** Waits until aedes has read all that was sent, and answered it. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' });
    await this.got('pingresp');
  }

  async subscribe(topic: string, qos: 0 | 1 | 2 = 0): Promise<void> {
    this.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos }] });
    await this.got('suback');
    await turns();
  }

  publish(topic: string, qos: 0 | 1 | 2 = 0, messageId = 7): void {
    const payload = Buffer.from('on');
    this.send({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...(qos > 0 ? { messageId } : {}) });
  }
}

/** Waits for a condition, of which `what` tells. It needs no timers, so tests may turn these. */
export async function until(condition: () => boolean, what = 'a condition'): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Some turns of the event loop, in which nothing else is to happen. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A persistence that writes down what it is asked. */
function recorded(persistence: MemoryPersistence, asked: BareBroker['asked']): MemoryPersistence {
  const prototype = MemoryPersistence.prototype as object;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method: unknown = Reflect.getOwnPropertyDescriptor(prototype, name)?.value;
    if (typeof method !== 'function' || name === 'constructor' || name === 'setup') continue;
    Object.defineProperty(persistence, name, {
      writable: true,
      value(this: unknown, ...given: unknown[]) {
        asked.push({ name, given });
        // Nobody waits for the end of that stream, which reads the database on its own: a test would close it under it.
        if (name === 'createRetainedStreamCombi') return Readable.from([]);
        return Reflect.apply(method, this, given) as unknown;
      },
    });
  }
  return persistence;
}
