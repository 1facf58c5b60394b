import { publish, subscribe, unsubscribe } from '../packets.ts';
import { type Rule, type Trial, VIEWER } from '../trial.ts';

/** SUBSCRIBE and UNSUBSCRIBE: sections 3.8 to 3.11. */

type Client = Awaited<ReturnType<Trial['client']>>;

function expectSame(codes: readonly number[], expected: string): void {
  if (codes.join() !== expected) throw new Error(`the codes are ${codes}`);
}

/** What it publishes itself comes back with this QoS. */
async function echo(client: Client, qos: number, topic: string): Promise<void> {
  await client.publish(topic, 'echo', { qos: 1 });
  const got = await client.message();
  if (got.qos !== qos) throw new Error(`it came with QoS ${got.qos}`);
}

export const subscribing: Rule[] = [
  {
    ...{ 4: '2.3.1-7 3.8.4-1 3.8.4-2 3.10.4-4', 5: '2.2.1-6 3.8.4-1 3.8.4-2 3.10.4-4 3.10.4-5' },
    is: 'SUBSCRIBE and UNSUBSCRIBE are answered under their packet identifier',
    async run(t) {
      const client = await t.client();
      for (const id of [1, 256, 65_535]) {
        client.send(subscribe(t.version, id, [[t.topic(`${id}`), 0]]), unsubscribe(t.version, id, [t.topic(`${id}`)]));
        for (const kind of ['suback', 'unsuback'] as const) {
          const got = await client.takes(kind);
          if (got.id !== id) throw new Error(`${kind} of ${got.id}`);
        }
      }
    },
  },
  {
    ...{ 4: '3.8.4-5 3.9.3-1 3.9.3-2', 5: '3.8.4-6 3.8.4-7 3.9.3-1 3.9.3-2' },
    is: 'each filter has its code, in the order of the filters: the QoS that was granted, or that it was not',
    async run(t) {
      const client = await t.client();
      const filters = [2, 0, 1, 2, 1, 0].map((qos, at) => [t.topic(`${at}/#`), qos] as const);
      expectSame((await client.subscribe(filters)).codes, '2,0,1,2,1,0');
      if (!t.target.isOurs) return;
      const refused = await client.subscribe([
        ...filters.slice(0, 2),
        ['$direct/another/#', 1],
        ...filters.slice(2, 3),
      ]);
      expectSame(refused.codes, `2,0,${t.version === 5 ? 0x87 : 0x80},1`);
    },
  },
  {
    ...{ 4: '3.8.4-6', 5: '3.8.4-8' },
    is: 'a message comes with the lower QoS of its own and of the subscription',
    async run(t) {
      const sender = await t.client();
      for (const granted of [0, 1, 2]) {
        const reader = await t.client();
        await reader.subscribe(t.topic(), granted);
        for (const qos of [0, 1, 2]) {
          await sender.publish(t.topic(), 'x', { qos });
          const got = await reader.message();
          if (got.qos !== Math.min(qos, granted))
            throw new Error(`${qos} came as ${got.qos} where ${granted} was granted`);
        }
        reader.cut();
      }
    },
  },
  {
    ...{ 4: '3.8.4-3', 5: '3.8.4-3 3.8.4-4' },
    is: 'the same filter again takes the place of the subscription: what is retained comes again, and each message once',
    async run(t) {
      const client = await t.client();
      await client.publish(t.topic(), 'kept', { qos: 1, retain: true });
      for (const qos of [2, 0, 1]) {
        await client.subscribe(t.topic(), qos);
        const got = await client.message();
        if (got.text !== 'kept' || !got.retain) throw new Error(`${got.text} with RETAIN ${got.retain}`);
        await echo(client, Math.min(qos, 1), t.topic());
        await client.isQuiet();
      }
    },
  },
  {
    ...{ 4: '3.8.4-3', 5: '3.8.4-4' },
    is: 'no message is lost while a subscription is replaced',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic(), 1);
      const sender = await t.client();
      for (let at = 0; at < 20; at++) {
        sender.send(publish(t.version, t.topic(), `${at}`, { qos: 1, id: at + 1 }));
        reader.send(subscribe(t.version, 100 + at, [[t.topic(), 1]]));
      }
      const texts: string[] = [];
      for (let subacks = 0; texts.length < 20 || subacks < 20; ) {
        const got = await reader.next();
        if (got.kind === 'suback') subacks++;
        else {
          texts.push(got.text);
          reader.acknowledge('puback', got.id);
        }
      }
      if (texts.some((text, at) => text !== `${at}`)) throw new Error(texts.join());
    },
  },
  {
    ...{ 4: '3.8.4-4', 5: '3.8.4-5' },
    is: 'several filters in one SUBSCRIBE count like several SUBSCRIBEs',
    async run(t) {
      const client = await t.client();
      await client.publish(t.topic('a'), 'kept', { qos: 1, retain: true });
      // The same filter twice: the last one counts.
      const filters = [
        [t.topic('a'), 0],
        [t.topic('b'), 1],
        [t.topic('b'), 0],
      ] as const;
      expectSame((await client.subscribe(filters)).codes, '0,1,0');
      if ((await client.message()).text !== 'kept') throw new Error('another message');
      await echo(client, 0, t.topic('b'));
      await client.isQuiet();
    },
  },
  {
    ...{ 5: '3.8.3-3' },
    is: 'with no local nobody hears itself, not even after it was away, and everyone else hears it',
    async run(t) {
      const client = await t.lasting({ id: t.id() });
      await client.subscribe(t.topic(), 4 | 1);
      const other = await t.client();
      await other.subscribe(t.topic(), 1);
      await client.publish(t.topic(), 'mine', { qos: 1 });
      if ((await other.message()).text !== 'mine') throw new Error('another message');
      await client.bye();
      const back = await t.lasting({ id: t.id() });
      await back.publish(t.topic(), 'mine', { qos: 1 });
      await t.nothingFrom(back, back);
      await other.message();
      const third = await t.client();
      await third.publish(t.topic(), 'another’s', { qos: 1 });
      if ((await back.message()).text !== 'another’s') throw new Error('another message');
    },
  },
  {
    ...{ 4: '3.10.4-1', 5: '3.10.4-1' },
    is: 'UNSUBSCRIBE ends the subscription of exactly its filter',
    async run(t) {
      const client = await t.client();
      await client.subscribe(t.topic('+'), 1);
      await client.unsubscribe(t.topic('a'), t.topic('#'), t.topic('A'));
      await echo(client, 1, t.topic('a'));
      await client.unsubscribe(t.topic('+'));
      await client.publish(t.topic('a'), 'x', { qos: 1 });
      await t.nothingFrom(client, client);
    },
  },
  {
    ...{ 4: '3.10.4-2', 5: '3.10.4-2' },
    is: 'after UNSUBSCRIBE no new message comes, and none is kept for one who is away',
    async run(t) {
      const client = await t.lasting({ id: t.id() });
      await client.subscribe(t.topic(), 1);
      await client.unsubscribe(t.topic());
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 1 });
      await t.nothingFrom(sender, client);
      await client.bye();
      await sender.publish(t.topic(), 'x', { qos: 1 });
      await t.nothingFrom(sender, await t.lasting({ id: t.id() }));
    },
  },
  {
    ...{ 4: '3.10.4-3', 5: '3.10.4-3' },
    is: 'what is on its way at an UNSUBSCRIBE is delivered to its end',
    async run(t) {
      const client = await t.lasting({ id: t.id() });
      await client.subscribe(t.topic(), 2);
      const sender = await t.client();
      for (const qos of [1, 2]) await sender.publish(t.topic(), `${qos}`, { qos });
      const first = await client.takes('publish');
      const second = await client.takes('publish');
      await client.unsubscribe(t.topic());
      client.acknowledge('pubrec', second.id);
      if ((await client.takes('pubrel')).id !== second.id) throw new Error('another PUBREL');
      client.acknowledge('pubcomp', second.id);
      client.cut();
      const back = await t.lasting({ id: t.id() });
      const again = await back.message();
      if (again.id !== first.id || again.text !== '1') throw new Error(again.text);
    },
  },
  {
    ...{ 4: '3.10.4-5', 5: '3.10.4-5' },
    is: 'UNSUBSCRIBE is answered where there was no subscription',
    async run(t) {
      await (await t.client()).unsubscribe(t.topic('none'));
    },
  },
  {
    ...{ 4: '3.10.4-6', 5: '3.10.4-6 3.11.3-1 3.11.3-2' },
    is: 'several filters in one UNSUBSCRIBE are ended with one answer, which has a code for each in their order',
    async run(t) {
      const client = await t.client();
      for (const name of ['a', 'b', 'c']) await client.subscribe(t.topic(name), 1);
      const { codes } = await client.unsubscribe(t.topic('a'), t.topic('none'), t.topic('c'));
      if (t.version === 5) expectSame(codes, '0,17,0');
      for (const name of ['a', 'c']) await client.publish(t.topic(name), 'x', { qos: 1 });
      await t.nothingFrom(client, client);
      await echo(client, 1, t.topic('b'));
    },
  },
];

/** What a tiny client is told is as short as it asks for. */
export const smallPackets: Rule[] = [
  {
    ...{ 5: '3.4.2-2 3.4.2-3 3.5.2-2 3.5.2-3 3.7.2-2 3.7.2-3' },
    is: 'an answer to a message, with an error too, is no longer than the client’s maximum packet size',
    async run(t) {
      const client = await t.client({ ...VIEWER, properties: [['maximumPacketSize', 24]] });
      for (const qos of [1, 2]) await client.publish(t.topic(), 'x', { qos });
      client.send(Buffer.from([0x62, 2, 0x12, 0x34]));
      if ((await client.takes('pubcomp')).reason !== 0x92 && t.target.isOurs) throw new Error('it was found');
    },
  },
  {
    ...{ 5: '3.6.2-2 3.6.2-3' },
    is: 'a PUBREL is no longer than the client’s maximum packet size, for one that the broker does not know too',
    async run(t) {
      const client = await t.client({ properties: [['maximumPacketSize', 24]] });
      client.acknowledge('pubrec', 0x1234);
      const { id, reason } = await client.takes('pubrel');
      if (id !== 0x1234 || (t.target.isOurs && reason !== 0x92)) throw new Error(`the reason is ${reason}`);
    },
  },
  {
    ...{ 5: '3.9.2-1 3.9.2-2 3.11.2-1 3.11.2-2' },
    is: 'a SUBACK that refuses and an UNSUBACK are no longer than the client’s maximum packet size',
    async run(t) {
      const client = await t.client({ properties: [['maximumPacketSize', 24]] });
      await client.subscribe([['$direct/another/#', 0]]);
      await client.unsubscribe(t.topic('none'));
    },
  },
  {
    ...{ 5: '3.14.2-3 3.14.2-4' },
    is: 'a DISCONNECT is no longer than the client’s maximum packet size',
    async run(t) {
      const client = await t.client({ properties: [['maximumPacketSize', 24]] });
      client.send(Buffer.from([0x30, 3, 0, 0, 0]));
      await t.refused(client, 0x82);
    },
  },
  {
    ...{ 5: '3.1.2-29' },
    is: 'who asks for no problem information gets none but with CONNACK, PUBLISH and DISCONNECT',
    async run(t) {
      const client = await t.client({ ...VIEWER, properties: [['requestProblem', 0]] });
      const answers = [
        ...[await client.publish(t.topic(), 'x', { qos: 1 }), await client.publish(t.topic(), 'x', { qos: 2 })],
        ...[await client.subscribe([['$direct/another/#', 0]]), await client.unsubscribe(t.topic('none'))],
      ];
      const told = answers.find((got) => (got?.properties.length ?? 0) > 0);
      if (told) throw new Error(`${told.kind} says ${told.properties}`);
    },
  },
];
