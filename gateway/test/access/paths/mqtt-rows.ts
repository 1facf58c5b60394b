import { beOnline, type Row, sayMark } from './row.ts';
import { type Person, SECRET, type Stage } from './stage.ts';

/** Publishes as somebody; resolves when the gateway has acknowledged it. */
async function publish(stage: Stage, who: Person, topic: string, mark: string, retain = false): Promise<void> {
  const client = await stage.mqtt(who);
  await client.publishAsync(topic, `{"mark":"${mark}"}`, { qos: 1, retain });
}

export const MQTT_ROWS: readonly Row[] = [
  {
    name: 'MQTT: a topic',
    goes: ['protocol mqtt', 'source protocols/mqtt/ingress.ts', 'source protocols/mqtt/broker.ts'],
    hear: (stage, who) => stage.mqttEar(who, SECRET),
  },
  {
    name: 'MQTT: a topic that an MQTT client publishes to',
    goes: ['protocol mqtt'],
    hear: (stage, who) => stage.mqttEar(who, SECRET),
    stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
  },
  { name: 'MQTT: all topics', goes: ['protocol mqtt'], hear: (stage, who) => stage.mqttEar(who, '#') },
  {
    name: 'MQTT: all topics, of what an MQTT client publishes',
    goes: ['protocol mqtt'],
    hear: (stage, who) => stage.mqttEar(who, '#'),
    stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark),
  },
  { name: 'MQTT: one level', goes: ['protocol mqtt'], hear: (stage, who) => stage.mqttEar(who, '+/secret') },
  {
    name: 'MQTT: all topics, retained by an MQTT client',
    goes: ['protocol mqtt'],
    isBefore: true,
    stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark, true),
    hear: (stage, who) => stage.mqttEar(who, '#'),
  },
  {
    name: 'OOCSI: all channels, retained by an MQTT client',
    goes: ['protocol mqtt'],
    isBefore: true,
    stir: (stage, mark) => publish(stage, stage.boss, SECRET, mark, true),
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe #'),
  },
  {
    name: 'MQTT: a topic, retained by an OOCSI client',
    goes: ['protocol mqtt'],
    isBefore: true,
    stir: (stage, mark) => sayMark(stage, mark, SECRET, ',"_RETAIN":60'),
    hear: (stage, who) => stage.mqttEar(who, SECRET, 'left/+'),
  },
  {
    name: 'OOCSI: a channel, retained by an OOCSI client',
    goes: ['protocol oocsi'],
    isBefore: true,
    stir: (stage, mark) => sayMark(stage, mark, SECRET, ',"_RETAIN":60'),
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe left/+'),
  },
  {
    name: 'MQTT: what waits for a client that is away',
    goes: ['protocol mqtt'],
    async hear(stage, who) {
      const clientId = stage.idOf(who);
      const first = await stage.mqtt(who, { clientId, clean: false });
      await first.subscribeAsync('#', { qos: 1 });
      await first.endAsync();
      return stage.mqttEarOf(who, { clientId, clean: false });
    },
  },
  {
    name: 'MQTT: who is online',
    goes: ['topic $presence/', 'source protocols/mqtt/presence.ts'],
    stir: beOnline,
    async see(stage, who) {
      const ear = await stage.mqttEar(who, '$presence/#');
      await ear.settle();
      return ear.text().replaceAll('%2F', '/');
    },
  },
  {
    name: 'MQTT: who comes online',
    goes: ['topic $presence/'],
    hear: (stage, who) => stage.mqttEar(who, '$presence/#'),
    stir: (stage, mark) => beOnline(stage, `left/${mark}`),
  },
  {
    name: 'MQTT: a message to a topic',
    goes: ['protocol mqtt'],
    speak: (stage, who, mark) => publish(stage, who, SECRET, mark),
  },
  {
    name: 'MQTT: a message that is retained',
    goes: ['protocol mqtt'],
    speak: (stage, who, mark) => publish(stage, who, SECRET, mark, true),
  },
  {
    name: 'MQTT: a message to the name of a client, or of a channel',
    goes: ['topic $direct/'],
    speak: (stage, who, mark) => publish(stage, who, '$direct/left%2Fsecret', mark),
  },
  {
    name: 'MQTT: a last will',
    goes: ['protocol mqtt'],
    async speak(stage, who, mark) {
      const will = { topic: SECRET, payload: Buffer.from(`{"mark":"${mark}"}`), qos: 1 as const, retain: false };
      const client = await stage.mqtt(who, { will });
      const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.stream.destroy();
      await gone;
    },
  },
  {
    name: 'MQTT: a file',
    goes: ['topic $files/', 'source objects/uploads/announcer.ts'],
    async speak(stage, who, mark) {
      const client = await stage.mqtt(who);
      await client.publishAsync(`$files/left%2Fsecret/file/${mark}.txt`, mark, { qos: 1 });
    },
  },
  {
    name: 'MQTT: a call',
    goes: ['protocol mqtt'],
    isCall: true,
    async speak(stage, who, mark) {
      const client = await stage.mqtt(who);
      await client.publishAsync(SECRET, `{"mark":"${mark}","_MESSAGE_HANDLE":"f","_MESSAGE_ID":"1"}`, { qos: 1 });
    },
  },
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
    name: 'MQTT: all topics, by a shared subscription',
    goes: ['topic $share/'],
    hear: (stage, who) => stage.mqttEar(who, '$share/paths/#'),
  },
];
