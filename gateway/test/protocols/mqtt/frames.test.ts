import {
  CODES,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameInit,
  GOODBYE_REASONS,
  type Welcome,
} from '@crosscomm/protocol';
import { FrameDevice } from '@crosscomm/testing/frame-device';
import { bodies, join, send } from '@crosscomm/testing/send';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameDevices } from '../../../src/protocols/frames/devices.ts';
import { DEFAULT_FRAME_OPTIONS } from '../../../src/protocols/frames/options.ts';
import { QueueBudget } from '../../../src/transports/outbox.ts';
import { startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';

const HELLO: FrameInit = { type: 'hello', version: 1, deviceId: 'esp/1', bootId: 7, maxFrame: 256 };

let broker: TestBroker;
let devices: FrameDevices;

beforeEach(async () => {
  broker = await startBroker();
  devices = new FrameDevices(broker.house, {
    ...DEFAULT_FRAME_OPTIONS,
    budget: new QueueBudget(2 ** 30),
    handshakeTimeoutMs: 10_000,
  });
  broker.broker.serveFrames((wire) => devices.connect(wire));
});
afterEach(() => broker.close());

function happened(client: TestClient, event: 'message' | 'close'): Promise<void> {
  return new Promise((resolve) => client.mqtt.once(event, () => resolve()));
}

/** A device on a real MQTT connection. */
class MqttDevice {
  readonly client: TestClient;
  readonly #heard: Frame[] = [];
  readonly #topic: string;

  private constructor(client: TestClient, topic: string) {
    this.client = client;
    this.#topic = topic;
    client.mqtt.on('message', (at, payload) => {
      if (at === `${topic}/down`) this.#heard.push(decodeFrame(payload));
    });
  }

  static async connect(id = 'esp/1', topic = '$frames/esp%2F1'): Promise<MqttDevice> {
    const device = new MqttDevice(await broker.connect(id), topic);
    await device.client.mqtt.subscribeAsync(`${topic}/down`);
    return device;
  }

  say(frame: FrameInit): void {
    this.client.mqtt.publish(`${this.#topic}/up`, Buffer.from(encodeFrame(frame)));
  }

  async take<T extends Frame['type']>(type: T): Promise<Extract<Frame, { type: T }>> {
    for (;;) {
      const at = this.#heard.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.#heard.splice(at, 1)[0] as Extract<Frame, { type: T }>;
      await happened(this.client, 'message');
    }
  }

  async greet(resume: { session: number } | undefined = undefined): Promise<Welcome> {
    const state = resume && { resume: { firstSeq: 1, session: resume.session, received: 0 } };
    this.say({ ...HELLO, ...state } as FrameInit);
    return this.take('welcome');
  }

  /** Resolves when everything it said before was heard. */
  async settle(): Promise<void> {
    this.say({ type: 'ping', n: 77 });
    await this.take('pong');
  }
}

describe('frames over MQTT', () => {
  it('give the client’s place to its device, which talks with everyone', async () => {
    const anna = join(broker.house.hub, 'anna', ['lab']);
    const device = await MqttDevice.connect();
    expect(broker.house.hub.client('esp/1')?.protocol).toBe('mqtt');
    await device.greet();
    expect(broker.house.hub.client('esp/1')).toMatchObject({ protocol: 'frames', online: true });
    device.say({ type: 'message', to: 'lab', value: { t: 21.5 } });
    await device.settle();
    expect(bodies(anna)).toEqual(['{"t":21.5}']);
    expect(send(broker.house.hub, 'anna', 'esp/1', 'hello').delivered).toBe(1);
    expect(await device.take('sequenced')).toMatchObject({ frame: { to: null, value: 'hello', from: 'anna' } });
  });

  it('bring what another MQTT client sends directly, and leave the client its plain topics', async () => {
    const device = await MqttDevice.connect();
    await device.greet();
    const other = await broker.connect('node-red');
    await other.mqtt.subscribeAsync('plain');
    other.mqtt.publish('$direct/esp%2F1', 'direct');
    expect(await device.take('sequenced')).toMatchObject({ frame: { value: 'direct', from: 'node-red' } });
    device.client.mqtt.publish('plain', 'as before');
    expect((await other.got(1))[0]).toMatchObject({ topic: 'plain', text: 'as before' });
  });

  it('are refused to an id that is not the client’s own', async () => {
    const device = await MqttDevice.connect();
    device.say({ ...HELLO, deviceId: 'other' } as FrameInit);
    expect(await device.take('error')).toMatchObject({ code: CODES.id_invalid, about: [0] });
    const thief = await broker.connect('thief');
    await expect(thief.mqtt.subscribeAsync('$frames/esp%2F1/down')).rejects.toThrow();
    await expect(thief.mqtt.subscribeAsync('$frames/#')).rejects.toThrow();
    thief.mqtt.publish('$frames/esp%2F1/up', Buffer.from(encodeFrame(HELLO)));
    await happened(thief, 'close');
    expect(broker.house.hub.client('esp/1')?.protocol).toBe('mqtt');
  });

  it('go on in the same session when the connection is lost and comes back', async () => {
    const first = await MqttDevice.connect();
    const { session } = await first.greet();
    first.client.mqtt.stream.destroy();
    const second = await MqttDevice.connect();
    expect(await second.greet({ session })).toMatchObject({ session, resumed: true });
    send(broker.house.hub, 'anna', 'esp/1', 'again');
    expect(await second.take('sequenced')).toMatchObject({ frame: { value: 'again' } });
  });

  it('move the device here from another wire by its Hello; before that the connection is a guest', async () => {
    const serial = new FrameDevice(devices);
    const { session } = serial.greet({ deviceId: 'esp/1', maxFrame: 256 });
    const guest = await broker.connect('esp/1');
    await expect(guest.mqtt.subscribeAsync('lab')).rejects.toThrow();
    guest.mqtt.publish('lab', 'forged');
    await happened(guest, 'close');
    const device = await MqttDevice.connect();
    expect((await device.greet({ session })).resumed).toBe(true);
    expect(serial.take()).toMatchObject([{ type: 'goodbye', reason: GOODBYE_REASONS.taken_over }]);
    await device.client.mqtt.subscribeAsync('lab');
  });

  it('of several boards with one id are one incident, and the newest board still has it', async () => {
    for (let boards = 0; boards < 13; boards++) await (await MqttDevice.connect()).greet();
    expect(broker.house.incidents.counts()).toEqual({ 'mqtt PEER_ID_SHARED': 1 });
    expect(broker.reports).toEqual([
      expect.stringContaining('Several clients have the id esp/1 and take it from each'),
    ]);
    expect(broker.house.hub.client('esp/1')).toMatchObject({ protocol: 'frames', online: true });
  });

  it('leave the client its place in the conversation when the device says goodbye', async () => {
    const device = await MqttDevice.connect();
    await device.greet();
    device.say({ type: 'goodbye' });
    await device.client.mqtt.subscribeAsync('lab');
    expect(broker.house.hub.client('esp/1')).toMatchObject({ protocol: 'mqtt', online: true });
  });
});
