import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Agent } from '@crosscomm/testing/mqtt-clients/agent';
import { tryByWay } from '@crosscomm/testing/mqtt-clients/by-way';
import { MqttJsAgent } from '@crosscomm/testing/mqtt-clients/mqttjs';
import { afterAll, beforeAll, it } from 'vitest';
import { BUILT_CLIENTS, rumqttc } from './built-clients.ts';

let gateway: GatewayProcess;
let peer: Agent;
beforeAll(async () => {
  gateway = new GatewayProcess({ tls: { auto: true } });
  await gateway.start();
  peer = new MqttJsAgent(5);
  await peer.connect({ ...gateway.ready.mqtt, webSocketPort: 0, id: 'peer' });
});
afterAll(async () => {
  await peer?.kill();
  await gateway.dispose();
});

it.each(BUILT_CLIENTS.filter((client) => client !== rumqttc))('$name speaks MQTT 5 by TLS', async (client) => {
  const { port = 0 } = gateway.ready.mqttTls ?? {};
  const route = { way: 'tls', version: 5, caFile: join(gateway.dataDir, 'tls', 'ca.crt') } as const;
  const id = client.name.replaceAll(/\W/g, '');
  await tryByWay({ client, id, how: { host: '127.0.0.1', port, webSocketPort: 0, route }, peer });
});
