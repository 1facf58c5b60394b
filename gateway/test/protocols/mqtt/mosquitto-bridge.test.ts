import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { MqttJsAgent } from '@crosscomm/testing/mqtt-clients/mqttjs';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker, TestClient } from '../../mqtt-engine/support.ts';
import { type Bridge, bridged, startBridge } from './bridge.ts';
import { account, setRoles, tokenOf } from './people.ts';

let test: TestBroker;
let bridge: Bridge | undefined;

beforeEach(async () => {
  test = await startBroker({ maxQueuedMessages: 20 });
});
afterEach(async () => {
  await bridge?.stop();
  bridge = undefined;
  await test.close();
});

it.each([
  ['mqttv311', 'aedes'],
  ['mqttv311', 'own'],
  ['mqttv50', 'own'],
] as const)(
  'a bridge of mosquitto by %s passes messages once, both ways, also after a restart (core: %s)',
  async (version, core) => {
    await test.close();
    test = await startBroker({ maxQueuedMessages: 20, core });
    bridge = await startBridge(test, [`bridge_protocol_version ${version}`]);
    const id = await bridged(test);
    const state = `$SYS/broker/connection/${id}/state`;
    const local = new TestClient(mqtt.connect({ host: '127.0.0.1', port: bridge.port, protocolVersion: 4 }));
    await local.mqtt.subscribeAsync('#', { qos: 1 });
    let expected: string[] = [];
    for (const run of ['first', 'second']) {
      await bridged(test);
      const here = await test.connect(`here ${run}`);
      await here.mqtt.subscribeAsync('#', { qos: 1 });
      await here.mqtt.subscribeAsync('$SYS/broker/connection/#', { qos: 1 });
      // More than the queue of one that is away takes.
      const up = Array.from({ length: 30 }, (_, index) => `up=${run} ${index}`);
      const passUp = (line: string) => local.mqtt.publishAsync('up', line.slice(3), { qos: 1 });
      const heard = () => here.lines.filter((line) => !line.startsWith('$SYS/'));
      // A bridge says that it is connected, then subscribes, then passes messages: with the first of these it is ready.
      const [first = '', ...others] = up;
      await passUp(first);
      await expect.poll(heard).toEqual([first]);
      for (const line of others) await passUp(line);
      const down = [`down=${run}`];
      await here.mqtt.publishAsync('down', run, { qos: 1 });
      expected = [...expected, ...up, ...down];
      await expect.poll(() => heard().length).toBeGreaterThanOrEqual(up.length + down.length);
      await local.got(expected.length);
      expect(heard().sort()).toEqual([...up, ...down].sort());
      // It is told once, and not kept: only who listened already hears it.
      expect([[], [`${state}=1`]]).toContainEqual(here.lines.filter((line) => line.startsWith('$SYS/')));
      expect([...local.lines].sort()).toEqual([...expected].sort());
      // What the bridge has not acknowledged yet would come once more after the restart, as QoS 1 may.
      const waiting = async () => (await test.keys()).filter((key) => key.startsWith('queue:'));
      await expect.poll(waiting).toEqual([]);
      if (run === 'first') await test.restart();
    }
    // What only MQTT 5 has passes too, where the bridge speaks it.
    const [asking, answering] = [new MqttJsAgent(), new MqttJsAgent()];
    await asking.connect({ host: '127.0.0.1', port: test.port, webSocketPort: 0, id: 'asking' });
    await answering.connect({ host: '127.0.0.1', port: bridge.port, webSocketPort: 0, id: 'answering' });
    await answering.subscribe('question', 1);
    await asking.publish({ topic: 'question', payload: '', qos: 1, responseTopic: 'answer', correlation: 'q1' });
    const [responseTopic, correlation] = version === 'mqttv50' ? ['answer', 'q1'] : [null, null];
    expect(await answering.message('question')).toMatchObject({ responseTopic, correlation });
    await Promise.all([asking.kill(), answering.kill()]);
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync(state);
    bridge.kill();
    expect(await watcher.got(1)).toMatchObject([{ topic: state, text: '0' }]);
    expect(test.house.incidents.counts()).toEqual({});
    await local.mqtt.endAsync(true);
  },
);

it.each(['aedes', 'own'] as const)(
  'a mosquitto that bridges with its defaults and is started again has and gives everything once, and what is retained (core: %s)',
  async (core) => {
    await test.close();
    test = await startBroker({ core });
    const connection = ['connection pi', `address 127.0.0.1:${test.port}`, 'topic # both 1', 'restart_timeout 1'];
    const mosquitto = await Mosquitto.start(['max_queued_messages 0', ...connection]);
    const listen = async (port: number, id: string): Promise<TestClient> => {
      const session = { clean: false, reconnectPeriod: 50 } as const;
      const client = new TestClient(
        mqtt.connect({ host: '127.0.0.1', port, protocolVersion: 4, clientId: id, ...session }),
      );
      await client.mqtt.subscribeAsync('#', { qos: 1 });
      return client;
    };
    const id = await bridged(test);
    const [here, there] = [await listen(test.port, 'here'), await listen(mosquitto.port, 'there')];
    const expected: string[] = [];
    const say = async (client: TestClient, topic: string, count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const text = String(expected.length);
        await client.mqtt.publishAsync(topic, text, { qos: 1 });
        expected.push(`${topic}=${text}`);
      }
    };
    const same = async (): Promise<void> => {
      for (const topic of new Set(expected.map((line) => line.split('=')[0]))) {
        const of = (lines: readonly string[]) => lines.filter((line) => line.startsWith(`${topic}=`));
        for (const client of [here, there]) await expect.poll(() => of(client.lines)).toEqual(of(expected));
      }
    };
    // It says that it is connected before it has subscribed.
    await expect.poll(() => [...test.broker.bridges.subscriptions(id)]).toEqual(['#']);
    await here.mqtt.publishAsync('kept/here', 'yes', { qos: 1, retain: true });
    await there.mqtt.publishAsync('kept/there', 'yes', { qos: 1, retain: true });
    await say(here, 'down', 5);
    await say(there, 'up', 5);
    await same();
    // What is not acknowledged yet would come once more, as QoS 1 may: neither from here, nor from mosquitto, which has read all that
    // came before what it answers.
    await expect.poll(async () => (await test.keys()).filter((key) => key.startsWith('queue:'))).toEqual([]);
    await there.mqtt.publishAsync('acknowledged', '', { qos: 1 });
    await mosquitto.stop();
    await say(here, 'down', 40);
    await mosquitto.run();
    await same();
    await say(there, 'up', 5);
    await say(here, 'down', 5);
    await same();
    for (const port of [test.port, mosquitto.port]) {
      const late = new TestClient(mqtt.connect({ host: '127.0.0.1', port, protocolVersion: 4 }));
      await late.mqtt.subscribeAsync('kept/#', { qos: 1 });
      await late.got(2);
      expect(late.received.every(({ retain }) => retain)).toBe(true);
      expect([...late.lines].sort()).toEqual(['kept/here=yes', 'kept/there=yes']);
      await late.mqtt.endAsync(true);
    }
    expect(test.house.incidents.counts()).toEqual({});
    await Promise.all([here.mqtt.endAsync(true), there.mqtt.endAsync(true)]);
    await mosquitto.remove();
  },
);

const login = (password: string): string[] => ['remote_username pi', `remote_password ${password}`];

it('a bridge of mosquitto with the credentials of an account is that account’s, and tells its state', async () => {
  await test.house.accounts.add(account('pi'));
  const watcher = await test.connect('watcher');
  await watcher.mqtt.subscribeAsync(['$SYS/broker/connection/#', 'up'], { qos: 1 });
  bridge = await startBridge(test, login(tokenOf('pi')));
  const id = await bridged(test);
  const state = `$SYS/broker/connection/${id}/state`;
  expect(test.house.hub.client(id)?.account).toBe('pi');
  const local = new TestClient(mqtt.connect({ host: '127.0.0.1', port: bridge.port, protocolVersion: 4 }));
  await local.mqtt.subscribeAsync('down', { qos: 1 });
  await local.mqtt.publishAsync('up', '1', { qos: 1 });
  // It says that it is connected, then subscribes, then passes messages.
  await expect.poll(() => watcher.lines).toEqual([`${state}=1`, 'up=1']);
  await watcher.mqtt.publishAsync('down', '2', { qos: 1 });
  await local.got(1);
  bridge.kill();
  await expect.poll(() => watcher.lines.at(-1)).toBe(`${state}=0`);
  expect(test.house.incidents.counts()).toEqual({});
  await local.mqtt.endAsync(true);
});

it('a bridge of mosquitto without a rule for its state, which is its last will, is let in if it tells none', async () => {
  const topics = ['up', 'down'];
  setRoles(test.house, { bridge: [{ effect: 'allow', actions: ['send', 'subscribe'], topics }] });
  await test.house.accounts.add(account('pi', { roles: ['bridge'] }));
  const watcher = await test.connect('watcher');
  await watcher.mqtt.subscribeAsync(['$SYS/broker/connection/#', 'up'], { qos: 1 });
  bridge = await startBridge(test, login(tokenOf('pi')));
  await expect.poll(() => test.reports.join()).toMatch(/its last will/);
  await bridge.stop();
  // What it said last has been heard when somebody else is answered.
  await watcher.mqtt.publishAsync('heard', '', { qos: 1 });
  const before = test.house.incidents.counts()['mqtt PEER_NOT_ALLOWED'] ?? 0;
  bridge = await startBridge(test, [...login(tokenOf('pi')), 'notifications false']);
  await bridged(test);
  const local = new TestClient(mqtt.connect({ host: '127.0.0.1', port: bridge.port, protocolVersion: 4 }));
  await local.mqtt.publishAsync('other', '0', { qos: 1 });
  await local.mqtt.publishAsync('up', '1', { qos: 1 });
  await expect.poll(() => watcher.lines).toEqual(['up=1']);
  expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_NOT_ALLOWED': before + 1 });
  await local.mqtt.endAsync(true);
});

it('a bridge of mosquitto with a wrong token is refused, and comes by itself once that is right', async () => {
  await test.house.accounts.add(account('pi', { tokens: [] }));
  bridge = await startBridge(test, login(tokenOf('pi')));
  await expect
    .poll(() => test.house.incidents.counts())
    .toMatchObject({
      'mqtt PEER_NOT_ALLOWED': expect.any(Number),
    });
  expect(test.house.hub.onlineIds()).toEqual([]);
  await test.house.accounts.update('pi', (pi) => ({ ...pi, tokens: account('pi').tokens }));
  expect(test.house.hub.client(await bridged(test))?.account).toBe('pi');
});
