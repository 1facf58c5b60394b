import { packetOfDisconnect } from '../packets.ts';
import { allOf, property } from '../peer.ts';
import type { Rule, Trial } from '../trial.ts';

/** Last wills. */

type Client = Awaited<ReturnType<Trial['client']>>;

/** One who waits for wills. */
async function heir(t: Trial, options = 2): Promise<Client> {
  const client = await t.client();
  await client.subscribe(t.topic('will'), options);
  return client;
}

/** Its text and what else it says. */
async function expectWill(client: Client, text: string, qos = 0, retain = false): Promise<void> {
  const got = await client.message();
  if (got.text !== text || got.qos !== qos || got.retain !== retain) {
    throw new Error(`${got.text} with QoS ${got.qos} and RETAIN ${got.retain}`);
  }
}

export const wills: Rule[] = [
  {
    ...{ 4: '3.1.2-8', 5: '3.1.2-7 3.1.2-8 3.1.2-12' },
    is: 'a will is published when the connection breaks, with each QoS',
    async run(t) {
      const reader = await heir(t);
      for (const qos of [0, 1, 2]) {
        const client = await t.client({ will: { topic: t.topic('will'), payload: `w${qos}`, qos } });
        client.cut();
        await expectWill(reader, `w${qos}`, qos);
      }
    },
  },
  {
    ...{ 4: '3.1.2-14' },
    is: 'a will may have QoS 0, 1 and 2',
    async run(t) {
      for (const qos of [0, 1, 2]) await (await t.client({ will: { topic: t.topic('will'), qos } })).bye();
    },
  },
  {
    ...{ 4: '3.1.2-10 3.14.4-3', 5: '3.1.2-10 3.14.4-3' },
    is: 'a will is dropped at a DISCONNECT',
    async run(t) {
      const reader = await heir(t);
      const client = await t.client({ will: { topic: t.topic('will'), qos: 1 } });
      await client.bye();
      await t.nothingFrom(await t.client(), reader);
    },
  },
  {
    ...{ 5: '3.1.2-8' },
    is: 'a will is published at a DISCONNECT with reason 0x04',
    async run(t) {
      const reader = await heir(t);
      const client = await t.client({ will: { topic: t.topic('will'), payload: 'w' } });
      client.send(packetOfDisconnect(4));
      await client.ended();
      await expectWill(reader, 'w');
    },
  },
  {
    ...{ 4: '3.1.2-10', 5: '3.1.2-10' },
    is: 'a will is published once, and the session that comes back has none',
    async run(t) {
      const reader = await heir(t);
      const client = await t.lasting({ id: t.id(), will: { topic: t.topic('will'), payload: 'w', qos: 1 } });
      client.cut();
      await expectWill(reader, 'w', 1);
      const back = await t.lasting({ id: t.id() });
      back.cut();
      await t.nothingFrom(await t.client(), reader);
    },
  },
  {
    ...{ 4: '3.1.2-12' },
    is: 'who has no will leaves none',
    async run(t) {
      const reader = await heir(t);
      const client = await t.client();
      client.cut();
      await t.nothingFrom(await t.client(), reader);
    },
  },
  {
    ...{ 4: '3.1.2-16', 5: '3.1.2-14' },
    is: 'a will that is not to be retained is not',
    async run(t) {
      const reader = await heir(t, t.version === 5 ? 8 : 0);
      const client = await t.client({ will: { topic: t.topic('will'), payload: 'w' } });
      client.cut();
      await expectWill(reader, 'w');
      await t.nothingFrom(reader, await heir(t));
    },
  },
  {
    ...{ 4: '3.1.2-17', 5: '3.1.2-15' },
    is: 'a will that is to be retained is',
    async run(t) {
      const reader = await heir(t);
      const client = await t.client({ will: { topic: t.topic('will'), payload: 'w', retain: true, qos: 1 } });
      client.cut();
      await expectWill(reader, 'w', 1);
      await expectWill(await heir(t), 'w', 1, true);
    },
  },
  {
    ...{ 4: '3.1.2-9', 5: '3.1.2-9 3.1.3-1' },
    is: 'topic, payload, QoS and retain of the CONNECT are those of the will',
    async run(t) {
      const reader = await heir(t);
      const init = { topic: t.topic('will'), payload: 'all of it', qos: 2, retain: true };
      const client = await t.client({ will: init });
      client.cut();
      await expectWill(reader, 'all of it', 2);
      await expectWill(await heir(t), 'all of it', 2, true);
    },
  },
  {
    ...{ 5: '3.1.2-8' },
    is: 'a will waits for its will delay',
    async run(t) {
      const reader = await heir(t);
      const will = { topic: t.topic('will'), payload: 'w', properties: [['willDelay', 2] as const] };
      const client = await t.lasting({ id: t.id(), will });
      client.cut();
      await t.nothingFrom(await t.client(), reader);
      await t.target.passes(3);
      await expectWill(reader, 'w');
    },
  },
  {
    ...{ 5: '3.1.2-8' },
    is: 'a will does not wait longer than its session lasts',
    async run(t) {
      const reader = await heir(t);
      const will = { topic: t.topic('will'), payload: 'w', properties: [['willDelay', 100] as const] };
      const client = await t.client({ will, properties: [['sessionExpiry', 1]] });
      client.cut();
      await t.nothingFrom(await t.client(), reader);
      await t.target.passes(3);
      await expectWill(reader, 'w');
    },
  },
  {
    ...{ 4: '3.1.2-8', 5: '3.1.2-8' },
    is: 'a will is published when another connection takes the id',
    async run(t) {
      const reader = await heir(t);
      await t.client({ id: t.id(), will: { topic: t.topic('will'), payload: 'w', qos: 1 } });
      await t.client({ id: t.id() });
      await expectWill(reader, 'w', 1);
    },
  },
  {
    ...{ 5: '3.1.2-8' },
    is: 'a will does not wait any longer where clean start ends its session',
    async run(t) {
      const will = { topic: t.topic('will'), payload: 'w', properties: [['willDelay', 100] as const] };
      const reader = await heir(t);
      const client = await t.lasting({ id: t.id(), will });
      client.cut();
      await t.nothingFrom(await t.client(), reader);
      await t.client({ id: t.id() });
      await expectWill(reader, 'w');
    },
  },
  {
    ...{ 5: '3.1.3-9' },
    is: 'a will is dropped where its client comes back before the will delay is over',
    async run(t) {
      const reader = await heir(t);
      const will = { topic: t.topic('will'), payload: 'w', properties: [['willDelay', 2] as const] };
      // It is cut off, or taken over.
      (await t.lasting({ id: t.id(), will })).cut();
      await t.lasting({ id: t.id(), will });
      const back = await t.lasting({ id: t.id() });
      await t.target.passes(3);
      await back.isQuiet();
      await t.nothingFrom(back, reader);
    },
  },
  {
    ...{ 5: '3.1.3-10 3.3.2-4' },
    is: 'a will has the properties that its client gave it, user properties in their order',
    async run(t) {
      const reader = await heir(t);
      const properties = [
        ...[['willDelay', 0] as const, ['payloadFormat', 1] as const, ['contentType', 'text/plain'] as const],
        ...['b=1', 'a=2', 'b=1', 'c='].map((pair) => ['user', pair] as const),
      ];
      const client = await t.client({ will: { topic: t.topic('will'), payload: 'w', properties } });
      client.cut();
      const got = await reader.message();
      const users = allOf(got, 'user').join();
      if (users !== 'b=1,a=2,b=1,c=') throw new Error(users);
      if (property(got, 'contentType') !== 'text/plain' || property(got, 'payloadFormat') !== 1)
        throw new Error('it lost one');
      if (property(got, 'willDelay') !== undefined) throw new Error('the will delay went with it');
    },
  },
];
