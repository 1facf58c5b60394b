import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { EventQueue } from '@crosscomm/testing/json-lines';
import { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connectAsync } from 'mqtt';
import { WebSocket } from 'ws';

export type Data = Record<string, unknown>;

/** One program beside the board, in one of the worlds. */
export interface Participant {
  /** The first message to `channel` that `wanted` accepts and that was not heard before. */
  hear(channel: string, wanted: (data: Data) => boolean): Promise<Data>;
  tell(channel: string, data: Data): void;
  leave(): Promise<unknown> | unknown;
}

/** The names of those who take part, to name tests by. */
export const PARTICIPANTS = ['oocsi', 'pywayne', 'mosquitto', 'MQTT.js', 'web page'] as const;
export type ParticipantName = (typeof PARTICIPANTS)[number];

/** Those who take part, and the Python program of OOCSI's, which can also call. */
export interface Participants {
  get(name: ParticipantName): Participant;
  oocsi: Program;
  leave(): Promise<void>;
}

/** Loaded machines start Python slowly, and pywayne imports half of PyPI. */
const LIMIT_MS = 60_000;

/** Starts a program of each world and has it subscribe to `channels`. */
export async function joinParticipants(gateway: GatewayProcess, channels: readonly string[]): Promise<Participants> {
  const oocsi = startPython('oocsi', 'oocsi_agent.py');
  const joined: [ParticipantName, Participant][] = await Promise.all([
    joinOocsi(gateway, oocsi, channels).then(named('oocsi')),
    joinCrossComm(gateway, channels).then(named('pywayne')),
    joinMosquitto(gateway, channels).then(named('mosquitto')),
    joinMqttJs(gateway, channels).then(named('MQTT.js')),
    joinPage(gateway, channels).then(named('web page')),
  ]);
  const participants = new Map(joined);
  return {
    oocsi,
    get: (name) => participants.get(name) as Participant,
    leave: async () => {
      await Promise.all(joined.map(([, participant]) => participant.leave()));
    },
  };
}

function named(name: ParticipantName): (participant: Participant) => [ParticipantName, Participant] {
  return (participant) => [name, participant];
}

/** Takes messages from `events`, of which `read` gives the channel and the data. */
function ear(events: EventQueue, read: (event: Data) => { channel: unknown; data: unknown }): Participant['hear'] {
  return async (channel, wanted) => {
    const event = await events.take(
      `message to ${channel}`,
      (candidate) => {
        const message = read(candidate);
        return message.channel === channel && isData(message.data) && wanted(message.data);
      },
      LIMIT_MS,
    );
    return read(event).data as Data;
  };
}

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null;
}

async function joinOocsi(gateway: GatewayProcess, oocsi: Program, channels: readonly string[]): Promise<Participant> {
  oocsi.command({ do: 'connect', handle: 'oocsi', ...gateway.ready.oocsi });
  await oocsi.take('connected', {}, LIMIT_MS);
  for (const channel of channels) oocsi.command({ do: 'subscribe', channel });
  return {
    hear: ear(oocsi.events, ({ recipient, data }) => ({ channel: recipient, data })),
    tell: (channel, data) => oocsi.command({ do: 'send', channel, data }),
    leave: () => oocsi.stop(),
  };
}

async function joinCrossComm(gateway: GatewayProcess, channels: readonly string[]): Promise<Participant> {
  const program = startPython('pywayne', 'pywayne_agent.py');
  await program.take('started', {}, LIMIT_MS);
  const folders = { store: gateway.folder, downloads: gateway.folder };
  program.command({ do: 'login', client_id: 'pywayne', ...gateway.ready.http, ...folders });
  await program.take('login', { success: true }, LIMIT_MS);
  program.command({ do: 'send', content: { subscribe: channels }, type: 'dict', to: 'server' });
  return {
    hear: ear(program.events, ({ recipient, content }) => ({ channel: recipient, data: content })),
    tell: (channel, data) => program.command({ do: 'send', content: data, type: 'dict', to: channel }),
    leave: () => program.stop(),
  };
}

async function joinMosquitto(gateway: GatewayProcess, channels: readonly string[]): Promise<Participant> {
  const address = ['-h', '127.0.0.1', '-p', String(gateway.ready.mqtt.port)];
  const topics = channels.flatMap((channel) => ['-t', channel]);
  const program = new Program('mosquitto_sub', 'mosquitto_sub', [...address, '-v', ...topics], {
    parse: (line) => {
      const blank = line.indexOf(' ');
      return { event: 'message', channel: line.slice(0, blank), data: JSON.parse(line.slice(blank + 1)) };
    },
  });
  return {
    hear: ear(program.events, ({ channel, data }) => ({ channel, data })),
    tell: (channel, data) => {
      const { status } = spawnSync('mosquitto_pub', [...address, '-t', channel, '-m', JSON.stringify(data)]);
      if (status !== 0) throw new Error(`mosquitto_pub ended with ${status}`);
    },
    leave: () => program.stop(),
  };
}

async function joinMqttJs(gateway: GatewayProcess, channels: readonly string[]): Promise<Participant> {
  const mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'mqtt-js' });
  const events = new EventQueue('MQTT.js');
  mqtt.on('message', (channel, payload) => {
    events.push({ event: 'message', channel, data: JSON.parse(payload.toString()) });
  });
  await mqtt.subscribeAsync([...channels]);
  return {
    hear: ear(events, ({ channel, data }) => ({ channel, data })),
    tell: (channel, data) => {
      mqtt.publish(channel, JSON.stringify(data));
    },
    leave: () => mqtt.endAsync(true),
  };
}

async function joinPage(gateway: GatewayProcess, channels: readonly string[]): Promise<Participant> {
  const page = new WebSocket(`ws://127.0.0.1:${gateway.ready.http.port}/ws`);
  const events = new EventQueue('web page');
  page.on('message', (data) => {
    const text = String(data);
    if (text === 'ping') page.send('.');
    else events.push({ event: 'message', ...(JSON.parse(text) as Data) });
  });
  await once(page, 'open');
  page.send('page-####');
  await events.take('welcome', ({ message }) => String(message).startsWith('welcome page-'), LIMIT_MS);
  for (const channel of channels) page.send(`subscribe ${channel}`);
  return {
    hear: ear(events, ({ recipient, data }) => ({ channel: recipient, data })),
    tell: (channel, data) => page.send(`sendjson ${channel} ${JSON.stringify(data)}`),
    leave: () => page.terminate(),
  };
}
