import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { startBoard } from './support/avr-board.ts';
import { EventTrail } from './support/event-trail.ts';
import { makeFakeDevices } from './support/fake-devices.ts';

const TOPIC = 'serial-SIM-ttyACM0';

test('an Uno with a knob tells each new position once, and nothing while it rests', async () => {
  const devices = await makeFakeDevices();
  onTestFinished(() => devices.remove());
  const gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  onTestFinished(() => gateway.dispose());
  await gateway.start();
  const mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'ear' });
  onTestFinished(() => mqtt.endAsync(true));
  const said = new EventTrail<string>();
  mqtt.on('message', (_topic, payload) => said.push(payload.toString()));
  await mqtt.subscribeAsync(TOPIC);
  const uno = await startBoard({ sketch: 'uno-knob', link: devices.port('ttyACM0'), resetOnOpen: true });
  onTestFinished(() => uno.unplug());
  const heard: string[] = [];
  const hear = async (position: number): Promise<void> => {
    await said.waitFor((text) => heard.push(text) > 0 && text === `{"knob":${position}}`);
  };
  await hear(0);
  uno.setAdc(0, 5000);
  await hear(100);
  uno.setAdc(0, 2500);
  await hear(49);
  expect(heard).toEqual(['{"knob":0}', '{"knob":100}', '{"knob":49}']);
}, 120_000);
