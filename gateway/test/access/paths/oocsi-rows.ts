import { announceDevice, beInSecret, beOnline, type Row, sayMark } from './row.ts';
import { carriedOut, type Ear, type Person, SECRET, type Stage } from './stage.ts';

/** What an OOCSI client is answered to a line. */
async function answerTo(stage: Stage, who: Person, line: string): Promise<string> {
  const client = await stage.oocsi(who);
  client.send(line);
  await carriedOut(client);
  return client.kept.join('\n');
}

/** Asks what a room has together, and once more before it is said that nothing of it was heard. */
async function behaviourEar(stage: Stage, who: Person, question: object): Promise<Ear> {
  const line = `sendraw behaviours ${JSON.stringify(question)}`;
  const client = await stage.oocsi(who);
  const settle = async (): Promise<void> => {
    client.send(line);
    await carriedOut(client);
  };
  await settle();
  return { text: () => client.kept.join('\n'), settle };
}

export const OOCSI_ROWS: readonly Row[] = [
  {
    name: 'OOCSI: a channel',
    goes: [
      'protocol oocsi',
      'oocsi subscribe',
      'source protocols/oocsi/session.ts',
      'source protocols/oocsi/requests.ts',
    ],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}`),
  },
  {
    name: 'OOCSI: all channels',
    goes: ['oocsi subscribe', 'source access/admission.ts'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe #'),
  },
  {
    name: 'OOCSI: a functional channel',
    goes: ['oocsi subscribe'],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}[transform(extra,1)]`),
  },
  {
    name: 'OOCSI: a private channel',
    goes: ['oocsi subscribe'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe left/private:word'),
    stir: (stage, mark) => sayMark(stage, mark, 'left/private:word'),
  },
  {
    name: 'OOCSI: who is in a channel, as it changes',
    goes: ['name presence(NAME)', 'source protocols/oocsi/services/presence.ts'],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe presence(${SECRET})`),
    stir: (stage, mark) => beInSecret(stage, `left/${mark}`),
  },
  {
    name: 'OOCSI: who is in a channel, each second',
    goes: ['name CHANNEL/?', 'source protocols/oocsi/services/members-query.ts'],
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}/?`),
    stir: (stage, mark) => beInSecret(stage, `left/${mark}`),
  },
  {
    name: 'OOCSI: what is sent to whom',
    goes: [
      'name OOCSI_events',
      'source protocols/oocsi/services/system-channels.ts',
      'source protocols/oocsi/services/announcer.ts',
    ],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe OOCSI_events'),
    async stir(stage, mark) {
      await beInSecret(stage, `left/in-${mark}`);
      const { ear, send } = await stage.crosscomm(stage.boss, `left/${mark}`);
      send('text', SECRET, 'hello');
      await ear.settle();
    },
  },
  {
    name: 'OOCSI: who subscribes to what',
    goes: ['name OOCSI_connections'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe OOCSI_connections'),
    async stir(stage, mark) {
      await beOnline(stage, `left/${mark}`);
    },
  },
  {
    name: 'OOCSI: the channels, each second',
    goes: ['name OOCSI_channels'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe OOCSI_channels'),
    stir: (stage, mark) => beOnline(stage, `left/${mark}`),
  },
  {
    name: 'OOCSI: the clients, each second',
    goes: ['name OOCSI_clients'],
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe OOCSI_clients'),
    stir: (stage, mark) => beOnline(stage, `left/${mark}`),
  },
  {
    name: 'OOCSI: the list of channels',
    goes: ['oocsi channels', 'source protocols/oocsi/services/lists.ts'],
    see: (stage, who) => answerTo(stage, who, 'channels'),
  },
  {
    name: 'OOCSI: the list of clients',
    goes: ['oocsi clients'],
    stir: beOnline,
    see: (stage, who) => answerTo(stage, who, 'clients'),
  },
  {
    name: 'OOCSI: who is in a channel',
    goes: ['oocsi channels'],
    stir: beInSecret,
    see: (stage, who) => answerTo(stage, who, `channels ${SECRET}`),
  },
  {
    name: 'OOCSI: a device that said hello',
    goes: ['name heyOOCSI!', 'name heyOOCSIClient'],
    stir: announceDevice,
    async see(stage, who, mark) {
      const answer = await answerTo(stage, who, `sendraw heyOOCSIClient {"clientHandle":"${mark}","_MESSAGE_ID":"1"}`);
      // The question is repeated.
      return answer.replace(`"clientHandle":"${mark}"`, '');
    },
  },
  {
    name: 'behaviours: what everyone is like who says something on a channel',
    goes: ['name behaviours', 'source behaviours/behaviours.ts'],
    hear: (stage, who) => behaviourEar(stage, who, { awareness: SECRET }),
  },
  {
    name: 'behaviours: what everyone has',
    goes: ['name behaviours', 'source behaviours/behaviours.ts'],
    hear: (stage, who) => behaviourEar(stage, who, { gather: SECRET, key: 'k' }),
    stir: (stage, mark) => stage.oocsiSays(stage.boss, `sendraw ${SECRET}_k_gather {"vote":"${mark}"}`),
  },
  {
    name: 'behaviours: what members of OOCSIConsensus have agreed on',
    goes: ['name behaviours', 'source behaviours/behaviours.ts'],
    hear: (stage, who) => behaviourEar(stage, who, { consensus: SECRET, key: 'k' }),
    stir: (stage, mark) => stage.oocsiSays(stage.boss, `sendraw ${SECRET}_k_consensus {"consensus":"${mark}"}`),
  },
  {
    name: 'OOCSI: a message to a channel',
    goes: ['oocsi send'],
    speak: (stage, who, mark) => stage.oocsiSays(who, `sendraw ${SECRET} {"mark":"${mark}"}`),
  },
  {
    name: 'OOCSI: a call',
    goes: ['oocsi send'],
    isCall: true,
    speak: (stage, who, mark) =>
      stage.oocsiSays(who, `sendraw ${SECRET} {"mark":"${mark}","_MESSAGE_HANDLE":"f","_MESSAGE_ID":"1"}`),
  },
  {
    name: 'OOCSI: a message that is retained',
    goes: ['oocsi send'],
    speak: (stage, who, mark) => stage.oocsiSays(who, `sendraw ${SECRET} {"mark":"${mark}","_RETAIN":60}`),
  },
  {
    name: 'OOCSI: a channel, retained by an OOCSI client',
    goes: ['protocol oocsi'],
    isBefore: true,
    stir: (stage, mark) => sayMark(stage, mark, SECRET, ',"_RETAIN":60'),
    hear: (stage, who) => stage.oocsiEar(who, 'subscribe left/+'),
  },
  {
    name: 'OOCSI: what was said on a channel before',
    goes: ['oocsi subscribe'],
    isBefore: true,
    hear: (stage, who) => stage.oocsiEar(who, `subscribe ${SECRET}[replay(100)]`),
  },
  {
    name: 'OOCSI: a message for later',
    goes: ['oocsi send'],
    speak: (stage, who, mark) => stage.oocsiSays(who, `sendraw ${SECRET} {"mark":"${mark}","_DELAY":1}`),
  },
  {
    name: 'OOCSI: a message to a functional channel',
    goes: ['oocsi send'],
    speak: (stage, who, mark) => stage.oocsiSays(who, `sendraw ${SECRET}[transform(x,1)] {"mark":"${mark}"}`),
  },
];
