import { fileURLToPath } from 'node:url';
import { type Client, ProgramAgent } from '@crosscomm/testing/mqtt-clients/agent';

const BUILT = fileURLToPath(new URL('../.cache/mqtt-clients/', import.meta.url));
const NODE_RED = fileURLToPath(new URL('node-red/agent.mjs', import.meta.url));

function client(name: string, command: string, ...args: string[]): Client {
  return { name, start: () => new ProgramAgent(name, command, args) };
}

const java = ['-XX:TieredStopAtLevel=1', '-cp', `${BUILT}java/classes:${BUILT}java/lib/*`];

/** Compiled without TLS, which takes minutes. */
export const rumqttc = client('rumqttc', `${BUILT}rust/target/debug/rumqttc-agent`);

/** The clients of MQTT that npm run test:clients fetched and compiled; scripts/lib/mqtt-clients.mjs says where they are. */
export const BUILT_CLIENTS: readonly Client[] = [
  client('autopaho', `${BUILT}go/autopaho`),
  rumqttc,
  client('Paho for C', `${BUILT}c/paho`),
  client("HiveMQ's client", 'java', ...java, 'HiveMqAgent'),
  client('Paho for Java', 'java', ...java, 'PahoAgent'),
  { ...client('Node-RED', process.execPath, NODE_RED, `${BUILT}node-red/`), readsOnlyWhatItAskedFor: true },
];
