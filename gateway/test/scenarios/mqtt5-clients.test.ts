import { pythonClient } from '@crosscomm/testing/mqtt-clients/agent';
import { mosquittoTools, runTool } from '@crosscomm/testing/mqtt-clients/mosquitto-tools';
import { MqttJsAgent, mqttJs, mqttJsInPages } from '@crosscomm/testing/mqtt-clients/mqttjs';
import { testClients } from '@crosscomm/testing/mqtt-clients/test-clients';
import { expect, it } from 'vitest';

// Clients that npm, PyPI and Debian have. Those that must be compiled, and Node-RED, are run by npm run test:clients.

const tested = testClients([
  mqttJs,
  mqttJsInPages,
  pythonClient('paho-mqtt', 'paho_agent.py'),
  pythonClient('aiomqtt', 'aiomqtt_agent.py'),
  pythonClient('gmqtt', 'gmqtt_agent.py'),
  mosquittoTools,
]);

it('mosquitto_rr asks and gets the answer', async () => {
  const stage = tested.stage(mqttJs);
  const responder = await stage.peer(5);
  const question = stage.topic('rr');
  await responder.subscribe(question, 1);
  const address = ['-h', tested.broker.host, '-p', String(tested.broker.port)];
  const asked = ['-t', question, '-e', `${question}/answer`, '-m', '6 * 7', '-W', '20'];
  const asking = runTool('mosquitto_rr', [...address, ...asked]);
  const { responseTopic } = await responder.message(question);
  await responder.publish({ topic: responseTopic ?? '', payload: '42', qos: 1 });
  expect(await asking).toBe('42\n');
});

it('a client that comes back with another version has its session', async () => {
  const stage = tested.stage(mqttJs);
  const peer = await stage.peer(4);
  const topic = stage.topic('versions');
  const how = { id: 'changes-its-version', persistent: true };
  const first = await stage.join(new MqttJsAgent(4), how);
  await first.subscribe(topic, 1);
  await first.disconnect();
  for (const version of [5, 4, 5] as const) {
    await peer.publish({ topic, payload: `for ${version}`, qos: 1 });
    const next = new MqttJsAgent(version);
    const { host, port, webSocketPort } = tested.broker;
    expect(await next.connect({ host, port, webSocketPort, ...how })).toEqual({ sessionPresent: true });
    expect(await next.message(topic)).toMatchObject({ payload: `for ${version}`, qos: 1 });
    await next.disconnect();
  }
});
