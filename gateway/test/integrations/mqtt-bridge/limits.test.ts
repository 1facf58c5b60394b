import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { generate, type IConnackPacket, type IConnectPacket, type Packet, parser as packetParser } from 'mqtt-packet';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../../mqtt-engine/support.ts';
import { clientOf, TestBridges, to } from './support.ts';

let test: TestBroker;
let bridges: TestBridges;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  test = await startBroker({ maxPacketBytes: 1_000_000 });
});
afterEach(async () => {
  bridges.bridges.stop();
  for (const each of undo.splice(0).reverse()) await each();
  await test.close();
});

it('what a mosquitto takes is heeded: messages under way, length of packets, topic aliases', async () => {
  const mosquitto = await Mosquitto.start(['max_inflight_messages 2', 'max_packet_size 400', 'max_queued_messages 0']);
  undo.push(() => mosquitto.remove());
  const theirs = await clientOf(mosquitto, 'theirs');
  undo.push(() => theirs.mqtt.endAsync(true));
  await theirs.mqtt.subscribeAsync('#', { qos: 2 });
  bridges = new TestBridges(test, [
    to(mosquitto, { statusTopic: 'state', topics: [{ filter: 'up/#', direction: 'out', qos: 2 }] }),
  ]);
  await bridges.start();
  await theirs.got(1);
  const ours = await test.connect('ours', { protocolVersion: 5 });
  const sent = Array.from({ length: 60 }, (_, index) => `up/${index % 15}=${index}`);
  const published = sent.map((line, index) => {
    const [topic = '', text = ''] = line.split('=');
    return ours.mqtt.publishAsync(topic, text, { qos: ((index % 2) + 1) as 1 | 2 });
  });
  await ours.mqtt.publishAsync('up/large', 'x'.repeat(400), { qos: 1 });
  await Promise.all(published);
  await ours.mqtt.publishAsync('up/last', 'y'.repeat(250), { qos: 1 });
  await theirs.got(1 + sent.length + 1);
  // It was never disconnected, which mosquitto does with who does not heed it.
  // One of QoS 2 reaches others later than one of QoS 1 that came after it.
  expect([...theirs.lines].sort()).toEqual(['state=online', ...sent, `up/last=${'y'.repeat(250)}`].sort());
  await expect.poll(() => bridges.state.waiting.count).toBe(0);
  expect(test.house.incidents.counts()).toEqual({ 'bridge PEER_TOO_LARGE': 1 });
});

/** A broker of a few lines, for what no mosquitto does. */
class OddBroker {
  readonly packets: Packet[] = [];
  readonly connects: IConnectPacket[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (packet: Packet, broker: OddBroker) => Partial<Packet>[]) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      const reader = packetParser();
      let protocolVersion = 4;
      reader.on('packet', (packet) => {
        if (packet.cmd === 'connect') {
          protocolVersion = packet.protocolVersion ?? 4;
          this.connects.push(packet);
        } else this.packets.push(packet);
        for (const each of answer(packet, this)) socket.write(generate(each as Packet, { protocolVersion }));
      });
      reader.on('error', () => {});
      socket.on('data', (chunk) => reader.parse(chunk));
    });
  }

  static async start(answer: (packet: Packet, broker: OddBroker) => Partial<Packet>[]): Promise<OddBroker> {
    const broker = new OddBroker(answer);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    undo.push(() => broker.close());
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function connackOf(packet: Packet, more: Partial<IConnackPacket>): Partial<Packet>[] {
  if (packet.cmd !== 'connect') return [];
  return [{ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0, ...more } as IConnackPacket];
}

it.each([
  [1, [1, 1]],
  [0, [0, 0]],
])('a broker that takes QoS %s at most gets messages by that', async (maximumQoS, expected) => {
  const broker = await OddBroker.start((packet) => {
    if (packet.cmd === 'publish' && packet.qos === 1)
      return [{ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 } as never];
    return connackOf(packet, { properties: { maximumQoS } as never });
  });
  bridges = new TestBridges(test, [to(broker, { topics: [{ filter: 'up', direction: 'out', qos: 2 }] })]);
  await bridges.start();
  const ours = await test.connect('ours', { protocolVersion: 5 });
  await ours.mqtt.publishAsync('up', '1', { qos: 1 });
  await ours.mqtt.publishAsync('up', '2', { qos: 2 });
  const published = () => broker.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet] : []));
  await expect.poll(() => published().map(({ payload }) => payload.toString())).toEqual(['1', '2']);
  expect(published().map(({ qos }) => qos)).toEqual(expected);
  await expect.poll(() => bridges.state.waiting.count).toBe(0);
});

const NOT_FOR_BRIDGES = (packet: Packet, { connects }: OddBroker): Partial<Packet>[] => {
  if (packet.cmd === 'subscribe') return [{ cmd: 'suback', messageId: packet.messageId, granted: [1] } as never];
  return connackOf(packet, {
    returnCode: (connects.at(-1) as { bridgeMode?: boolean } | undefined)?.bridgeMode ? 1 : 0,
  });
};

it('a broker of MQTT 3.1.1 that knows no bridges is asked as any client would, where nothing can go round', async () => {
  const broker = await OddBroker.start(NOT_FOR_BRIDGES);
  const topics = [
    { filter: '#', direction: 'out', remotePrefix: 'up/' },
    { filter: '#', direction: 'in', remotePrefix: 'down/' },
  ];
  bridges = new TestBridges(test, [to(broker, { protocolVersion: 4, topics })]);
  await bridges.start();
  await expect.poll(() => bridges.state.isUp).toBe(true);
});

it('and otherwise the operator is asked for prefixes', async () => {
  const broker = await OddBroker.start(NOT_FOR_BRIDGES);
  bridges = new TestBridges(test, [to(broker, { protocolVersion: 4, topics: [{ filter: '#', direction: 'both' }] })]);
  await bridges.start();
  await expect.poll(() => bridges.state.fault).toMatch(/remotePrefix/);
  expect(bridges.state.kind).toBe('refused');
  expect(bridges.state.isUp).toBe(false);
});

it('two bridges to one broker do not make a message go round', async () => {
  const mosquitto = await Mosquitto.start();
  undo.push(() => mosquitto.remove());
  bridges = new TestBridges(
    test,
    ['one', 'two'].map((name) => ({
      ...(to(mosquitto, { topics: [{ filter: '#', direction: 'both' }] }) as object),
      name,
    })),
  );
  await bridges.start();
  await expect.poll(() => bridges.bridges.states.map(({ isUp }) => isUp)).toEqual([true, true]);
  const ours = await test.connect('ours', { protocolVersion: 5 });
  await ours.mqtt.subscribeAsync('#', { qos: 1 });
  const theirs = await clientOf(mosquitto, 'theirs');
  undo.push(() => theirs.mqtt.endAsync(true));
  await theirs.mqtt.subscribeAsync('#', { qos: 1 });
  await ours.mqtt.publishAsync('from/here', '1', { qos: 1 });
  await ours.mqtt.publishAsync('from/here', '2', { qos: 1 });
  await theirs.got(4);
  await expect.poll(() => bridges.bridges.states.map(({ waiting }) => waiting.count)).toEqual([0, 0]);
  expect(ours.lines).toEqual(['from/here=1', 'from/here=2']);
  expect([...theirs.lines].sort()).toEqual(['from/here=1', 'from/here=1', 'from/here=2', 'from/here=2']);
});
