import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../gateway/test/support/gateway-process.ts';
import { EventQueue } from '../gateway/test/support/json-lines.ts';
import { Program } from '../gateway/test/support/program.ts';
import { startPython } from '../gateway/test/support/python.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

/** What a TMP36 says at 21.5 degrees. */
const MILLIVOLTS = 715;

/** One of those who take part: how to hear the temperature, and how to switch the LED. */
interface Participant {
  name: string;
  hear(): Promise<number>;
  switchLed(value: 0 | 1): void;
}

describe('one conversation', () => {
  const programs: Program[] = [];
  const participants = new Map<string, Participant>();
  let devices: FakeDevices;
  let gateway: GatewayProcess;
  let uno: AvrBoard;
  let oocsi: Program;
  let mqtt: MqttClient;
  let page: WebSocket;

  beforeAll(async () => {
    devices = await makeFakeDevices();
    const path = devices.port('ttyACM0');
    const serial = { deviceDirectory: devices.directory, ports: [{ path, name: 'uno' }] };
    gateway = new GatewayProcess({ serial }, devices.env);
    await gateway.start();
    uno = await startBoard({ sketch: 'uno-lines', link: path });
    uno.setAdc(0, MILLIVOLTS);
    for (const participant of await Promise.all([
      joinOocsi(),
      joinCrossComm(),
      joinMosquitto(),
      joinMqttJs(),
      joinPage(),
    ]))
      participants.set(participant.name, participant);
  }, 120_000);

  afterAll(async () => {
    page?.terminate();
    await mqtt?.endAsync(true);
    await Promise.all(programs.map((program) => program.stop()));
    await uno?.unplug();
    await gateway?.dispose();
    await devices?.remove();
  });

  async function joinOocsi(): Promise<Participant> {
    oocsi = startPython('oocsi', 'oocsi_agent.py');
    programs.push(oocsi);
    oocsi.command({ do: 'connect', handle: 'oocsi', ...gateway.ready.oocsi });
    await oocsi.take('connected');
    oocsi.command({ do: 'subscribe', channel: 'uno' });
    return {
      name: 'oocsi',
      hear: async () => {
        const { data } = await oocsi.events.take('temperature', ({ data }) => (data as Reading)?.temperature > 20);
        return (data as Reading).temperature;
      },
      switchLed: (led) => oocsi.command({ do: 'send', channel: 'uno', data: { led } }),
    };
  }

  async function joinCrossComm(): Promise<Participant> {
    const program = startPython('pywayne', 'pywayne_agent.py');
    programs.push(program);
    await program.take('started', {}, 60_000);
    const folders = { store: gateway.folder, downloads: gateway.folder };
    program.command({ do: 'login', client_id: 'pywayne', ...gateway.ready.http, ...folders });
    await program.take('login', { success: true });
    program.command({ do: 'send', content: { subscribe: ['uno'] }, type: 'dict', to: 'server' });
    return {
      name: 'pywayne',
      hear: async () => {
        const { content } = await program.events.take(
          'temperature',
          ({ content }) => (content as Reading)?.temperature > 20,
        );
        return (content as Reading).temperature;
      },
      switchLed: (led) => program.command({ do: 'send', content: { led }, type: 'dict', to: 'uno' }),
    };
  }

  async function joinMosquitto(): Promise<Participant> {
    const address = ['-h', '127.0.0.1', '-p', String(gateway.ready.mqtt.port), '-t', 'uno'];
    const program = new Program('mosquitto_sub', 'mosquitto_sub', address, {
      parse: (line) => ({ event: 'message', data: JSON.parse(line) }),
    });
    programs.push(program);
    return {
      name: 'mosquitto',
      hear: async () => {
        const { data } = await program.events.take('temperature', ({ data }) => (data as Reading).temperature > 20);
        return (data as Reading).temperature;
      },
      switchLed: (led) => {
        const { status } = spawnSync('mosquitto_pub', [...address, '-m', JSON.stringify({ led })]);
        expect(status).toBe(0);
      },
    };
  }

  async function joinMqttJs(): Promise<Participant> {
    mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'mqtt-js' });
    const events = new EventQueue('MQTT.js');
    mqtt.on('message', (_topic, payload) => events.push({ event: 'message', ...JSON.parse(payload.toString()) }));
    await mqtt.subscribeAsync('uno');
    return {
      name: 'MQTT.js',
      hear: async () =>
        Number((await events.take('temperature', ({ temperature }) => Number(temperature) > 20)).temperature),
      switchLed: (led) => {
        mqtt.publish('uno', JSON.stringify({ led }));
      },
    };
  }

  async function joinPage(): Promise<Participant> {
    page = new WebSocket(`ws://127.0.0.1:${gateway.ready.http.port}/ws`);
    const events = new EventQueue('web page');
    page.on('message', (text) => {
      const message = JSON.parse(String(text)) as Record<string, unknown>;
      events.push({ event: 'message', ...message });
    });
    await once(page, 'open');
    page.send('page-####');
    await events.take('welcome', ({ message }) => String(message).startsWith('welcome page-'));
    page.send('subscribe uno');
    return {
      name: 'web page',
      hear: async () => {
        const { data } = await events.take('temperature', ({ data }) => (data as Reading)?.temperature > 20);
        return (data as Reading).temperature;
      },
      switchLed: (led) => page.send(`sendjson uno ${JSON.stringify({ led })}`),
    };
  }

  const names = ['oocsi', 'pywayne', 'mosquitto', 'MQTT.js', 'web page'];

  test.each(names)('a temperature printed by the Arduino reaches %s', async (name) => {
    const temperature = await participants.get(name)?.hear();
    expect(temperature).toBeGreaterThan(21);
    expect(temperature).toBeLessThan(22);
  });

  test.each(names)('%s switches the LED of the Arduino', async (name) => {
    const participant = participants.get(name);
    for (const value of [1, 0] as const) {
      const lit = uno.waitForPin('LED', value);
      participant?.switchLed(value);
      expect(await lit).toMatchObject({ event: 'pin', pin: 'LED', value });
    }
  });

  test('a Python program calls a function of the Arduino', async () => {
    oocsi.command({ do: 'call', channel: 'uno', name: 'toFahrenheit', data: { celsius: 21.5 }, timeout: 5 });
    expect(await oocsi.take('answer')).toMatchObject({ response: { fahrenheit: 70.7 } });
  });
});

interface Reading {
  temperature: number;
}
