import { fileURLToPath } from 'node:url';
import { type Client, ProgramAgent } from '@crosscomm/testing/mqtt-clients/agent';
import { testClients } from '@crosscomm/testing/mqtt-clients/test-clients';

// The clients that npm run test:clients fetched and compiled; scripts/test-clients.mjs says where they are.

const BUILT = fileURLToPath(new URL('../.cache/mqtt-clients/', import.meta.url));

function client(name: string, command: string, ...args: string[]): Client {
  return { name, start: () => new ProgramAgent(name, command, args) };
}

const java = ['-XX:TieredStopAtLevel=1', '-cp', `${BUILT}java/classes:${BUILT}java/lib/*`];

testClients([
  client('autopaho', `${BUILT}go/autopaho`),
  client('rumqttc', `${BUILT}rust/target/debug/rumqttc-agent`),
  client('Paho for C', `${BUILT}c/paho`),
  client("HiveMQ's client", 'java', ...java, 'HiveMqAgent'),
  client('Paho for Java', 'java', ...java, 'PahoAgent'),
  client(
    'Node-RED',
    process.execPath,
    fileURLToPath(new URL('node-red/agent.mjs', import.meta.url)),
    `${BUILT}node-red/`,
  ),
]);
