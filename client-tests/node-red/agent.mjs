// Drives an unmodified Node-RED whose broker node has "MQTT V5": one JSON command a line on standard input, one JSON event a line on
// output. Its argument is the folder with Node-RED's package.
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2] ?? '';
const RED = createRequire(join(folder, 'package.json'))('node-red');
const users = join(folder, 'users');
mkdirSync(users, { recursive: true });

/** What the flow's functions hear, and what they tell. */
const commands = new EventEmitter();
const told = new EventEmitter();

/** @typedef {{ topic: string, payload: string, qos: number }} Will */
/** @typedef {{ host: string, port: number, id: string, persistent: boolean, will: Will | null, caFile?: string }} How */
/** @typedef {{ topic: string, payload: string, qos: number, retain: boolean, responseTopic: string | null, correlation: string | null }} Outgoing */

/** @type {{ topic: string, qos: number }[]} */
const subscriptions = [];

/** @param {object} event */
function emit(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

told.on('message', ({ topic, payload, qos, retain, responseTopic = null, correlationData }) => {
  const correlation = correlationData ? String(correlationData) : null;
  emit({ event: 'message', topic, payload: String(payload), qos, retain, responseTopic, correlation });
});

/**
 * A flow as the editor makes one: nodes for MQTT, and functions between them and this program.
 * @param {How} how
 */
function flow({ host, port, id, persistent, will, caFile }) {
  const last = will
    ? { willTopic: will.topic, willPayload: will.payload, willQos: String(will.qos), willRetain: 'false' }
    : {};
  const broker = {
    ...{ id: 'broker', type: 'mqtt-broker', broker: host, port: String(port), clientid: id, protocolVersion: '5' },
    ...{ cleansession: !persistent, sessionExpiry: persistent ? 600 : 0, autoUnsubscribe: !persistent },
    ...{ autoConnect: true, usetls: caFile !== undefined, tls: 'authority', keepalive: '60', ...last },
  };
  const authority = {
    id: 'authority',
    type: 'tls-config',
    cert: '',
    key: '',
    ca: caFile ?? '',
    verifyservercert: true,
  };
  const at = { z: 'tab', x: 0, y: 0 };
  const tell = { ...at, type: 'function', outputs: 0, finalize: '', libs: [], initialize: '' };
  /** @param {string} name */
  const hear = (name) => `global.get('commands').on('${name}', (msg) => node.send(msg));`;
  const options = { nl: false, rap: true, rh: 0 };
  const reading = { ...at, ...options, type: 'mqtt in', datatype: 'utf8', broker: 'broker', wires: [['message']] };
  return [
    { id: 'tab', type: 'tab', label: 'agent', disabled: false },
    broker,
    authority,
    { ...tell, id: 'subscribe', outputs: 1, func: 'return msg;', initialize: hear('subscribe'), wires: [['in']] },
    { ...tell, id: 'publish', outputs: 1, func: 'return msg;', initialize: hear('publish'), wires: [['out']] },
    { ...reading, id: 'in', topic: '', qos: '2', inputs: 1 },
    ...subscriptions.map(({ topic, qos }, index) => {
      return { ...reading, id: `in${index}`, topic, qos: String(qos), inputs: 0 };
    }),
    { ...tell, id: 'message', func: "global.get('told').emit('message', msg);", wires: [] },
    { ...at, id: 'out', type: 'mqtt out', topic: '', qos: '', retain: '', broker: 'broker', wires: [] },
    { ...at, id: 'done', type: 'complete', scope: ['out'], uncaught: false, wires: [['published']] },
    { ...tell, id: 'published', func: "global.get('told').emit('published');", wires: [] },
    { ...at, id: 'status', type: 'status', scope: ['out'], wires: [['state']] },
    { ...tell, id: 'state', func: "global.get('told').emit('state', msg.status);", wires: [] },
  ];
}

/** @param {Outgoing} message */
async function publish({ topic, payload, qos, retain, responseTopic, correlation }) {
  const asked = responseTopic === null ? {} : { responseTopic };
  const given = correlation === null ? {} : { correlationData: Buffer.from(correlation) };
  const done = once(told, 'published');
  commands.emit('publish', { topic, payload, qos, retain, ...asked, ...given });
  await done;
}

told.on('state', ({ fill }) => {
  if (fill === 'green') emit({ event: 'connected', sessionPresent: null });
});

const obey = {
  /** @param {How} how */
  async connect(how) {
    // Flows are deployed while they are stopped, as a node that is taken from a running flow ends its subscription for good.
    await RED.runtime.flows.setFlows({ flows: { flows: flow(how) }, deploymentType: 'full' });
    await RED.runtime.flows.setState({ state: 'start' });
  },
  /** @param {{ topic: string, qos: number }} asked */
  async subscribe({ topic, qos }) {
    subscriptions.push({ topic, qos });
    commands.emit('subscribe', { action: 'subscribe', topic: { topic, qos } });
    // It tells nobody of SUBACK; what the broker acknowledges later comes after it.
    const properties = { responseTopic: null, correlation: null };
    await publish({ topic: 'node-red/sync', payload: '', qos: 1, retain: false, ...properties });
    emit({ event: 'subscribed', code: null });
  },
  /** @param {Outgoing} message */
  async publish(message) {
    await publish(message);
    emit({ event: 'published' });
  },
  async disconnect() {
    await RED.runtime.flows.setState({ state: 'stop' });
    commands.removeAllListeners();
    emit({ event: 'disconnected' });
  },
};

RED.init({
  userDir: mkdtempSync(join(users, 'agent-')),
  httpAdminRoot: false,
  httpNodeRoot: false,
  runtimeState: { enabled: true, ui: false },
  mqttReconnectTime: 200,
  logging: { console: { level: 'off' } },
  functionGlobalContext: { commands, told },
});
const started = once(RED.events, 'flows:started');
await RED.start();
await started;
await RED.runtime.flows.setState({ state: 'stop' });
for await (const line of createInterface({ input: process.stdin })) {
  /** @type {{ do: keyof typeof obey } & How & Outgoing} */
  const { do: name, ...fields } = JSON.parse(line);
  await obey[name](fields);
}
process.exit();
