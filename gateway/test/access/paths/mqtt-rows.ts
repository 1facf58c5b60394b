import type { IClientOptions, MqttClient } from 'mqtt';
import { beOnline, type Row, sayMark } from './row.ts';
import { type Ear, type Person, SECRET, type Stage } from './stage.ts';

/** The same paths by MQTT 3.1.1 and by MQTT 5, whose clients are served by brokers of their own. */
function rowsOf(mqtt: string, as: IClientOptions): readonly Row[] {
  /** What a client is sent by these topic filters. */
  const ear = async (stage: Stage, who: Person, ...filters: string[]): Promise<Ear> => {
    const { client, ...heard } = await stage.mqttEarOf(who, as);
    await client.subscribeAsync(filters, { qos: 1 }).catch(() => {});
    return heard;
  };

  /** Publishes as somebody; resolves when the gateway has acknowledged it. */
  const publish = async (stage: Stage, who: Person, topic: string, mark: string, retain = false): Promise<void> => {
    const client = await stage.mqtt(who, as);
    await client.publishAsync(topic, `{"mark":"${mark}"}`, { qos: 1, retain });
  };

  return [
    {
      name: `${mqtt}: a topic`,
      goes: ['protocol mqtt', 'source protocols/mqtt/ingress.ts', 'source protocols/mqtt/broker.ts'],
      hear: (stage, who) => ear(stage, who, SECRET),
    },
    {
      name: `${mqtt}: a topic that such a client publishes to`,
      goes: ['protocol mqtt'],
      hear: (stage, who) => ear(stage, who, SECRET),
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
    },
    { name: `${mqtt}: all topics`, goes: ['protocol mqtt'], hear: (stage, who) => ear(stage, who, '#') },
    {
      name: `${mqtt}: all topics, of what such a client publishes`,
      goes: ['protocol mqtt'],
      hear: (stage, who) => ear(stage, who, '#'),
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
    },
    { name: `${mqtt}: one level`, goes: ['protocol mqtt'], hear: (stage, who) => ear(stage, who, '+/secret') },
    {
      name: `${mqtt}: all topics, retained by such a client`,
      goes: ['protocol mqtt'],
      isBefore: true,
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark, true),
      hear: (stage, who) => ear(stage, who, '#'),
    },
    {
      name: `OOCSI: all channels, retained by a client of ${mqtt}`,
      goes: ['protocol mqtt'],
      isBefore: true,
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark, true),
      hear: (stage, who) => stage.oocsiEar(who, 'subscribe #'),
    },
    {
      name: `${mqtt}: a topic, retained by an OOCSI client`,
      goes: ['protocol mqtt'],
      isBefore: true,
      stir: (stage, mark) => sayMark(stage, mark, SECRET, ',"_RETAIN":60'),
      hear: (stage, who) => ear(stage, who, SECRET, 'left/+'),
    },
    {
      name: `${mqtt}: what was said on a topic before`,
      goes: ['source protocols/mqtt/past.ts'],
      isBefore: true,
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
      hear: (stage, who) => ear(stage, who, `${SECRET}[replay(100)]`),
    },
    {
      name: `${mqtt}: what was said before on topics that a filter matches`,
      goes: ['source protocols/mqtt/past.ts'],
      isBefore: true,
      stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
      hear: (stage, who) => ear(stage, who, '+/secret[replay(100)]'),
    },
    {
      name: `${mqtt}: what waits for a client that is away`,
      goes: ['protocol mqtt'],
      async hear(stage, who) {
        const kept = { ...as, clientId: stage.idOf(who), clean: false };
        const first = await stage.mqtt(who, kept);
        await first.subscribeAsync('#', { qos: 1 });
        await first.endAsync();
        return stage.mqttEarOf(who, kept);
      },
    },
    {
      name: `${mqtt}: who is online`,
      goes: ['topic $presence/', 'source protocols/mqtt/presence.ts'],
      stir: beOnline,
      async see(stage, who) {
        const told = await ear(stage, who, '$presence/#');
        await told.settle();
        return told.text().replaceAll('%2F', '/');
      },
    },
    {
      name: `${mqtt}: who comes online`,
      goes: ['topic $presence/'],
      hear: (stage, who) => ear(stage, who, '$presence/#'),
      stir: (stage, mark) => beOnline(stage, `left/${mark}`),
    },
    {
      name: `${mqtt}: a message to a topic`,
      goes: ['protocol mqtt'],
      speak: (stage, who, mark) => publish(stage, who, SECRET, mark),
    },
    {
      name: `${mqtt}: a message that is retained`,
      goes: ['protocol mqtt'],
      speak: (stage, who, mark) => publish(stage, who, SECRET, mark, true),
    },
    {
      name: `${mqtt}: a message to the name of a client, or of a channel`,
      goes: ['topic $direct/'],
      speak: (stage, who, mark) => publish(stage, who, '$direct/left%2Fsecret', mark),
    },
    {
      name: `${mqtt}: a last will`,
      goes: ['protocol mqtt'],
      async speak(stage, who, mark) {
        const will = { topic: SECRET, payload: Buffer.from(`{"mark":"${mark}"}`), qos: 1 as const, retain: false };
        const client = await stage.mqtt(who, { ...as, will });
        await cut(client);
      },
    },
    {
      name: `${mqtt}: a file`,
      goes: ['topic $files/', 'source objects/uploads/announcer.ts'],
      async speak(stage, who, mark) {
        const client = await stage.mqtt(who, as);
        await client.publishAsync(`$files/left%2Fsecret/file/${mark}.txt`, mark, { qos: 1 });
      },
    },
    {
      name: `${mqtt}: a call`,
      goes: ['protocol mqtt'],
      isCall: true,
      async speak(stage, who, mark) {
        const client = await stage.mqtt(who, as);
        await client.publishAsync(SECRET, `{"mark":"${mark}","_MESSAGE_HANDLE":"f","_MESSAGE_ID":"1"}`, { qos: 1 });
      },
    },
    {
      name: `${mqtt}: all topics, by a shared subscription`,
      goes: ['topic $share/'],
      hear: (stage, who) => ear(stage, who, '$share/paths/#'),
    },
  ];
}

/** Closes the connection as if its cable were cut. */
async function cut(client: MqttClient): Promise<void> {
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.stream.destroy();
  await gone;
}

const FIVE: IClientOptions = { protocolVersion: 5, properties: { sessionExpiryInterval: 300 } };

const MQTT_5_ROWS: readonly Row[] = [
  {
    name: 'MQTT 5: a call',
    goes: ['topic $call/', 'source protocols/mqtt/calls.ts'],
    isCall: true,
    async speak(stage, who, mark) {
      const client = await stage.mqtt(who, { protocolVersion: 5 });
      await client.publishAsync('$call/left%2Fsecret/f', `{"mark":"${mark}"}`, { qos: 1 });
    },
  },
  {
    name: 'MQTT 5: a message by a topic alias',
    goes: ['protocol mqtt'],
    async speak(stage, who, mark) {
      const client = await stage.mqtt(who, FIVE);
      const by = { qos: 1, properties: { topicAlias: 1 } } as const;
      await client.publishAsync(SECRET, '{}', by).catch(() => {});
      await client.publishAsync('', `{"mark":"${mark}"}`, by);
    },
  },
  {
    name: 'MQTT 5: a last will that is delayed',
    goes: ['protocol mqtt'],
    async speak(stage, who, mark) {
      const payload = Buffer.from(`{"mark":"${mark}"}`);
      const will = { topic: SECRET, payload, qos: 1, retain: false, properties: { willDelayInterval: 1 } } as const;
      await cut(await stage.mqtt(who, { ...FIVE, will }));
    },
  },
];

export const MQTT_ROWS: readonly Row[] = [
  ...rowsOf('MQTT', { protocolVersion: 4 }),
  ...rowsOf('MQTT 5', FIVE),
  ...MQTT_5_ROWS,
];
