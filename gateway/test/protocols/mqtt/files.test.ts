import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/common/errors.ts';
import type { PublishedFile } from '../../../src/protocols/mqtt/files.ts';
import { connectPacket, publishPacket, startBroker, type TestBroker } from '../../mqtt-engine/support.ts';

let broker: TestBroker;
let taken: (Omit<PublishedFile, 'content'> & { content: string })[];
/** What the next file is answered with. */
let answer: () => Promise<void>;

beforeEach(async () => {
  broker = await startBroker();
  taken = [];
  answer = () => Promise.resolve();
  broker.broker.serveFiles(
    (file) => {
      taken.push({ ...file, content: Buffer.from(file.content).toString() });
      return answer();
    },
    (client) => `cross_comm/${client}/`,
  );
});
afterEach(() => broker.close());

describe('a file that is published', () => {
  it.each([0, 1, 2] as const)('with QoS %d is taken once, with its recipient, kind and name', async (qos) => {
    const { mqtt } = await broker.connect('cam');
    await mqtt.publishAsync('$files/bert/image/a b.jpg', 'a picture', { qos });
    await mqtt.publishAsync('$files/sensors%2Fgarden/file/100%25.txt', 'a text', { qos: 1 });
    expect(taken).toEqual([
      { from: 'cam', to: 'bert', kind: 'image', name: 'a b.jpg', content: 'a picture' },
      { from: 'cam', to: 'sensors/garden', kind: 'file', name: '100%.txt', content: 'a text' },
    ]);
  });

  it('is acknowledged when it has been taken, and not before', async () => {
    const { mqtt } = await broker.connect('cam');
    let finish: () => void = () => {};
    const events: string[] = [];
    answer = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    const published = mqtt.publishAsync('$files/bert/file/a', 'x', { qos: 1 }).then(() => events.push('acknowledged'));
    // What a second connection is answered shows that the broker has gone on meanwhile.
    const other = await broker.connect('other');
    await other.mqtt.subscribeAsync('somewhere');
    while (taken.length === 0) await other.mqtt.publishAsync('somewhere', 'x', { qos: 1 });
    events.push('taken');
    finish();
    await published;
    expect(events).toEqual(['taken', 'acknowledged']);
  });

  it('and is not taken ends the connection, unless nobody waits for an answer', async () => {
    const { mqtt } = await broker.connect('cam', { reconnectPeriod: 0 });
    answer = () => Promise.reject(new GatewayError('OBJECTS_FULL', 'There is no room.'));
    await mqtt.publishAsync('$files/bert/file/a', 'x', { qos: 0 });
    await mqtt.publishAsync('other', 'x', { qos: 1 });
    const closed = new Promise<void>((resolve) => mqtt.once('close', resolve));
    mqtt.publish('$files/bert/file/a', 'x', { qos: 1 }, () => {});
    await closed;
    expect(broker.house.incidents.counts()).toEqual({ 'mqtt OBJECTS_FULL': 2 });
  });

  it.each([
    '$files/bert/file',
    '$files/bert/file/',
    '$files//file/a',
    '$files/bert/dict/a',
    '$files/bert/file/a/b',
    '$files/',
  ])('to %s, which is no place for one, ends the connection', async (topic) => {
    const { mqtt } = await broker.connect('cam', { reconnectPeriod: 0 });
    const closed = new Promise<void>((resolve) => mqtt.once('close', resolve));
    mqtt.publish(topic, 'x', { qos: 1 }, () => {});
    await closed;
    expect(taken).toEqual([]);
    expect(broker.house.incidents.counts()).toEqual({ 'mqtt PEER_NOT_ALLOWED': 1 });
  });

  it('to a name that nobody can have ends the connection, and is told as a bad name', async () => {
    const { mqtt } = await broker.connect('cam', { reconnectPeriod: 0 });
    const closed = new Promise<void>((resolve) => mqtt.once('close', resolve));
    mqtt.publish('$files/a%0Ab/file/x', 'x', { qos: 1 }, () => {});
    await closed;
    expect(taken).toEqual([]);
    expect(broker.house.incidents.counts()).toEqual({ 'mqtt PEER_BAD_NAME': 1 });
  });

  it.each(['file', 'image'])('as %s, and of which less was declared than is sent, is not taken', async (kind) => {
    const topic = `$files/bert/${kind}/log.csv`;
    const whole = publishPacket(topic, 'line of a log\n'.repeat(5000));
    const declared = publishPacket(topic, 'line of a log\n'.repeat(5000).slice(0, 70_000 - 65_536));
    const socket = await broker.dial();
    const end = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    socket.write(connectPacket('cam'));
    await once(socket, 'data');
    socket.write(Buffer.concat([declared, whole.subarray(declared.length)]));
    await end;
    expect(taken).toEqual([]);
    expect(broker.house.incidents.counts()).toEqual({ 'mqtt PEER_MALFORMED': 1 });
  });

  it('is nobody’s to read', async () => {
    const { mqtt } = await broker.connect('reader');
    expect(await mqtt.subscribeAsync('$files/#').catch(() => 'refused')).toBe('refused');
  });
});
