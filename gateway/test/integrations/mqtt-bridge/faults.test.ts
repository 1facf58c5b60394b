import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker } from '../../mqtt-engine/support.ts';
import { account, setRoles } from '../../protocols/mqtt/people.ts';
import { clientOf, TestBridges, to } from './support.ts';

const TOPICS = [{ filter: 'up', direction: 'out' }];

let test: TestBroker;
let mosquitto: Mosquitto;
let bridges: TestBridges;

beforeEach(async () => {
  test = await startBroker();
});
afterEach(async () => {
  bridges.bridges.stop();
  await test.close();
  await mosquitto.remove();
});

async function bridge(said: object, password?: string): Promise<void> {
  bridges = new TestBridges(
    test,
    [to(mosquitto, { topics: TOPICS, ...said } as never)],
    password === undefined ? {} : { password },
  );
  await bridges.start();
}

const fault = () => bridges.state.fault;

it('a wrong password is told of, and the bridge comes by itself once it is right', async () => {
  mosquitto = await Mosquitto.prepare(['allow_anonymous false']);
  const file = join(mosquitto.folder, 'users');
  execFileSync('mosquitto_passwd', ['-b', '-c', file, 'gateway', 'right']);
  chmodSync(file, 0o600);
  mosquitto.more(`password_file ${file}`);
  await mosquitto.run();
  await bridge({ username: 'gateway' }, 'wrong');
  await expect.poll(fault).toMatch(/user name or.*password|does not let this bridge in/);
  expect(bridges.state.kind).toBe('refused');
  expect(test.house.incidents.counts()).toMatchObject({ 'bridge BRIDGE_REFUSED': 1 });
  bridges.password = 'right';
  await expect.poll(() => bridges.state.isUp).toBe(true);
});

it('a host that does not exist and a port where nothing listens are told of', async () => {
  mosquitto = await Mosquitto.prepare();
  await bridge({});
  await expect.poll(fault).toMatch(/nothing listens there/);
  expect(bridges.state.kind).toBe('unreachable');
  bridges.bridges.stop();
  await bridge({ url: 'mqtt://no-such-host.invalid' });
  // A machine without a network asks for long.
  await expect.poll(fault, { timeout: 50_000 }).toMatch(/no host of this name|cannot be looked up/);
});

it('a certificate of an unknown authority is told of, and one that is named is trusted', async () => {
  mosquitto = await Mosquitto.prepare();
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(mosquitto.folder, name));
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...made, ...named, '-keyout', key as string, '-out', certificate as string], {
    stdio: 'ignore',
  });
  mosquitto.more(`certfile ${certificate}`, `keyfile ${key}`);
  await mosquitto.run();
  const url = `mqtts://localhost:${mosquitto.port}`;
  await bridge({ url });
  await expect.poll(fault).toMatch(/tls\.authorityFile/);
  expect(bridges.state.kind).toBe('refused');
  bridges.bridges.stop();
  await bridge({ url, tls: { authorityFile: certificate } });
  await expect.poll(() => bridges.state.isUp).toBe(true);
  bridges.bridges.stop();
  await bridge({ url: `mqtts://127.0.0.1:${mosquitto.port}`, tls: { authorityFile: certificate } });
  await expect.poll(fault).toMatch(/another name/);
});

it('passes messages to another gateway over WebSockets, too', async () => {
  mosquitto = await Mosquitto.prepare();
  const other = new GatewayProcess();
  const { http, mqtt } = await other.start();
  await bridge({ url: `ws://127.0.0.1:${http.port}`, topics: [{ filter: '#', direction: 'both' }] });
  await expect.poll(() => bridges.state.isUp).toBe(true);
  const theirs = await clientOf({ port: mqtt.port }, 'theirs');
  await theirs.mqtt.subscribeAsync('#', { qos: 1 });
  const ours = await test.connect('ours', { protocolVersion: 5 });
  await ours.mqtt.subscribeAsync('#', { qos: 1 });
  await ours.mqtt.publishAsync('up', '1', { qos: 1 });
  await theirs.mqtt.publishAsync('down', '2', { qos: 1 });
  await Promise.all([ours.got(2), theirs.got(2)]);
  expect([ours.lines.sort(), theirs.lines.sort()]).toEqual([
    ['down=2', 'up=1'],
    ['down=2', 'up=1'],
  ]);
  await theirs.mqtt.endAsync(true);
  await other.dispose();
});

it('nobody else comes under the id of a bridge', async () => {
  mosquitto = await Mosquitto.start();
  await bridge({});
  await expect(test.connect('$bridge/house', { protocolVersion: 5 })).rejects.toMatchObject({ code: 0x85 });
  await expect.poll(() => bridges.state.isUp).toBe(true);
});

it('what passes keeps to the rules of the account that the bridge has', async () => {
  mosquitto = await Mosquitto.start();
  const may = (topic: string, action: 'send' | 'subscribe') => ({
    effect: 'allow',
    actions: [action],
    topics: [topic],
  });
  setRoles(test.house, { bridge: [may('in/allowed', 'send'), may('out/allowed', 'subscribe')] as never });
  await test.house.accounts.add(account('pi', { roles: ['bridge'] }));
  await bridge({
    account: 'pi',
    topics: [
      { filter: 'in/#', direction: 'in' },
      { filter: 'out/+', direction: 'out' },
    ],
  });
  await expect.poll(() => bridges.state.isUp).toBe(true);
  const ours = await test.connect('ours', { protocolVersion: 5 });
  await ours.mqtt.subscribeAsync('in/#', { qos: 1 });
  const theirs = await clientOf(mosquitto, 'theirs');
  await theirs.mqtt.subscribeAsync('out/#', { qos: 1 });
  for (const name of ['forbidden', 'allowed']) {
    await theirs.mqtt.publishAsync(`in/${name}`, '1', { qos: 1 });
    await ours.mqtt.publishAsync(`out/${name}`, '2', { qos: 1 });
  }
  await ours.got(1);
  await theirs.got(1);
  expect(ours.lines).toEqual(['in/allowed=1']);
  expect(theirs.lines).toEqual(['out/allowed=2']);

  // Without its account nothing would pass, and nobody would know why.
  await test.house.accounts.remove('pi');
  await expect.poll(fault).toMatch(/its account pi is not there, or has expired/);
  expect(bridges.state.isUp).toBe(false);
  await theirs.mqtt.endAsync(true);
});
