import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, type Client, pythonClient, type Way } from '@crosscomm/testing/mqtt-clients/agent';
import { mosquittoTools } from '@crosscomm/testing/mqtt-clients/mosquitto-tools';
import { MqttJsAgent, mqttJs } from '@crosscomm/testing/mqtt-clients/mqttjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningGateway, startGateway } from '../../src/app/start-gateway.ts';

// What each client does with MQTT 5 by TCP is tried in mqtt5-clients.test.ts; here are the other ways, and MQTT 3.1.1 by them.

let dataDir: string;
let gateway: RunningGateway;
let peer: Agent;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-ways-'));
  const port = { host: '127.0.0.1', port: 0 };
  gateway = await startGateway({
    ...{ dataDir, http: port, serial: { autoDetect: false }, oocsi: { ...port, tlsPort: 0 } },
    ...{ mqtt: { ...port, tlsPort: 0 }, tls: { auto: true } },
  });
  peer = new MqttJsAgent(5);
  await peer.connect(at('tcp', 5, 'peer'));
});
afterAll(async () => {
  await peer.kill();
  await gateway.stop();
  await rm(dataDir, { recursive: true });
});

function at(way: Way, version: 4 | 5, id: string) {
  const { mqtt, mqttTls, http } = gateway.doors as Record<string, { port: number }>;
  const port = (way === 'tls' ? mqttTls : mqtt)?.port ?? 0;
  const route = { way, version, caFile: join(dataDir, 'tls', 'ca.crt') };
  return { host: '127.0.0.1', port, webSocketPort: http?.port ?? 0, id, route };
}

/** Each client by the ways that it has. Of these, gmqtt and mosquitto's tools (2.0) know no WebSocket. */
const CLIENTS: readonly (readonly [client: Client, ways: readonly Way[]])[] = [
  [mqttJs, ['tls', 'ws', 'wss']],
  [pythonClient('paho-mqtt', 'paho_agent.py'), ['tls', 'ws', 'wss']],
  [pythonClient('aiomqtt', 'aiomqtt_agent.py'), ['tls', 'wss']],
  [pythonClient('gmqtt', 'gmqtt_agent.py'), ['tls']],
  [mosquittoTools, ['tls']],
];
const ALL = CLIENTS.flatMap(([client, ways], number) =>
  ways.flatMap((way) =>
    ([5, 4] as const)
      .filter((version) => version === 5 || way !== 'ws')
      .map((version) => ({ client, way, version, number, called: `MQTT ${version === 5 ? '5' : '3.1.1'}` })),
  ),
);

it.each(ALL)('$client.name speaks $called by $way: QoS 1 and 2, its will, its session', async (one) => {
  const { client, way, version, number } = one;
  const id = `client${number}-${way}-${version}`;
  const agents: Agent[] = [];
  const join = async (name: string, more: object): Promise<Agent> => {
    const agent = client.start();
    agents.push(agent);
    await agent.connect({ ...at(way, version, `${id}-${name}`), ...more });
    return agent;
  };
  try {
    await peer.subscribe(`${id}/up`, 2);
    await peer.subscribe(`${id}/will`, 2);
    const agent = await join('lasting', { persistent: true });
    await agent.subscribe(`${id}/down`, 2);
    for (const qos of [1, 2] as const) {
      await agent.publish({ topic: `${id}/up`, payload: `up ${qos}`, qos });
      expect(await peer.message(`${id}/up`)).toMatchObject({ payload: `up ${qos}`, qos });
      await peer.publish({ topic: `${id}/down`, payload: `down ${qos}`, qos });
      expect(await agent.message(`${id}/down`)).toMatchObject({ payload: `down ${qos}`, qos });
    }
    await agent.disconnect();
    await peer.publish({ topic: `${id}/down`, payload: 'while it was away', qos: 2 });
    const back = await join('lasting', { persistent: true });
    // mosquitto_sub connects when it subscribes.
    if (client === mosquittoTools) await back.subscribe(`${id}/down`, 2);
    expect(await back.message(`${id}/down`)).toMatchObject({ payload: 'while it was away', qos: 2 });
    const doomed = await join('doomed', { will: { topic: `${id}/will`, payload: 'gone', qos: 1 } });
    await doomed.subscribe(`${id}/rest`, 0);
    await doomed.kill();
    expect(await peer.message(`${id}/will`)).toMatchObject({ payload: 'gone', qos: 1 });
  } finally {
    await Promise.all(agents.map((each) => each.kill()));
  }
});
