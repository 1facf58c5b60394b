import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, type Client, pythonClient, type Way } from '@crosscomm/testing/mqtt-clients/agent';
import { tryByWay } from '@crosscomm/testing/mqtt-clients/by-way';
import { mosquittoTools } from '@crosscomm/testing/mqtt-clients/mosquitto-tools';
import { MqttJsAgent, mqttJs } from '@crosscomm/testing/mqtt-clients/mqttjs';
import { afterAll, beforeAll, it } from 'vitest';
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
  await peer.connect({ ...at('tcp', 5), id: 'peer' });
});
afterAll(async () => {
  await peer.kill();
  await gateway.stop();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

function at(way: Way, version: 4 | 5) {
  const { mqtt, mqttTls, http } = gateway.doors as Record<string, { port: number }>;
  const port = (way === 'tls' ? mqttTls : mqtt)?.port ?? 0;
  const route = { way, version, caFile: join(dataDir, 'tls', 'ca.crt') };
  return { host: '127.0.0.1', port, webSocketPort: http?.port ?? 0, route };
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
  await tryByWay({ client, id: `client${number}-${way}-${version}`, how: at(way, version), peer });
});
