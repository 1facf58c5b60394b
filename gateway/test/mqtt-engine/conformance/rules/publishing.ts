import { connect, publish, subscribe } from '../packets.ts';
import { allOf, property } from '../peer.ts';
import type { Rule } from '../trial.ts';

/** What becomes of a message: sections 3.3.1 and 3.3.2. */

const RETAIN_AS_PUBLISHED = 8;
const ONLY_IF_NEW = 0x10;
const NEVER = 0x20;

export const retaining: Rule[] = [
  {
    ...{ 4: '3.3.1-5 3.3.1-6 3.3.1-8', 5: '3.3.1-5 3.3.1-9' },
    is: 'the last retained message of a topic is sent to who subscribes later, with its QoS and RETAIN',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'old', { qos: 2, retain: true });
      await sender.publish(t.topic(), 'new', { qos: 1, retain: true });
      await sender.publish(t.topic('other'), 'other', { qos: 1, retain: true });
      const reader = await t.client();
      await reader.subscribe(t.topic('#'), 2);
      const got = [await reader.message(), await reader.message()];
      const lines = got.map(({ text, qos, retain }) => `${text} ${qos} ${retain}`).sort();
      if (lines.join() !== 'new 1 true,other 1 true') throw new Error(lines.join());
      await t.nothingFrom(sender, reader);
    },
  },
  {
    ...{ 4: '3.3.1-7' },
    is: 'a retained message of QoS 0 takes the place of the one before',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'old', { qos: 1, retain: true });
      await sender.publish(t.topic(), 'new', { retain: true });
      await sender.isQuiet();
      const reader = await t.client();
      await reader.subscribe(t.topic(), 1);
      const { text } = await reader.message();
      if (text !== 'new') throw new Error(text);
    },
  },
  {
    ...{ 4: '3.3.1-9', 5: '3.3.1-12' },
    is: 'a message has no RETAIN for who had subscribed before',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic(), 1);
      await (await t.client()).publish(t.topic(), 'x', { qos: 1, retain: true });
      if ((await reader.message()).retain) throw new Error('it has');
    },
  },
  {
    ...{ 5: '3.3.1-13' },
    is: 'with retain as published a message has the RETAIN of its sender',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic(), RETAIN_AS_PUBLISHED);
      const sender = await t.client();
      for (const retain of [true, false]) {
        await sender.publish(t.topic(), 'x', { retain });
        if ((await reader.message()).retain !== retain) throw new Error(`with ${retain} it had the opposite`);
      }
    },
  },
  {
    ...{ 4: '3.3.1-10 3.3.1-11', 5: '3.3.1-6 3.3.1-7' },
    is: 'an empty message removes what was retained, goes to who had subscribed, and is not retained itself',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'old', { qos: 1, retain: true });
      const reader = await t.client();
      await reader.subscribe(t.topic());
      await reader.message();
      await sender.publish(t.topic(), '', { qos: 1, retain: true });
      const empty = await reader.message();
      if (empty.text !== '' || empty.retain) throw new Error(`${empty.text} came`);
      const later = await t.client();
      await later.subscribe(t.topic());
      await t.nothingFrom(sender, later);
    },
  },
  {
    ...{ 4: '3.3.1-12', 5: '3.3.1-8' },
    is: 'a message without RETAIN is not retained and changes nothing that is',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic('a'), 'old', { qos: 1, retain: true });
      for (const topic of ['a', 'b']) await sender.publish(t.topic(topic), 'new', { qos: 1 });
      await sender.publish(t.topic('a'), '', { qos: 1 });
      const reader = await t.client();
      await reader.subscribe(t.topic('#'), 1);
      if ((await reader.message()).text !== 'old') throw new Error('another message');
      await t.nothingFrom(sender, reader);
    },
  },
  {
    ...{ 5: '3.3.1-10' },
    is: 'with retain handling 1 only a new subscription gets what is retained',
    async run(t) {
      const reader = await t.client();
      await reader.publish(t.topic(), 'kept', { qos: 1, retain: true });
      await reader.subscribe(t.topic(), ONLY_IF_NEW);
      if ((await reader.message()).text !== 'kept') throw new Error('another message');
      await reader.subscribe(t.topic(), ONLY_IF_NEW);
      await t.nothingFrom(reader, reader);
      await reader.unsubscribe(t.topic());
      await reader.subscribe(t.topic(), ONLY_IF_NEW);
      if ((await reader.message()).text !== 'kept') throw new Error('another message');
    },
  },
  {
    ...{ 5: '3.3.1-11' },
    is: 'with retain handling 2 nothing that is retained is sent',
    async run(t) {
      const reader = await t.client();
      await reader.publish(t.topic(), 'kept', { qos: 1, retain: true });
      await reader.subscribe(t.topic(), NEVER);
      await t.nothingFrom(reader, reader);
    },
  },
];

/** These properties go on to subscribers as they are. */
const UNALTERED = [
  ['3.3.2-4', 'payload format', 'payloadFormat', 1],
  ['3.3.2-15', 'response topic', 'responseTopic', 'answers/\ufeffhere'],
  ['3.3.2-16', 'correlation data', 'correlationData', Buffer.from('00ff10e2', 'hex')],
  ['3.3.2-20', 'content type', 'contentType', 'text/größer; x=1'],
] as const;

export const properties5: Rule[] = [
  ...UNALTERED.map(([number, what, name, value]): Rule => {
    const expected = typeof value === 'object' ? value.toString('hex') : value;
    return {
      5: number,
      is: `the ${what} reaches every subscriber as it was, at once, later and from what is retained`,
      async run(t) {
        const reader = await t.client();
        await reader.subscribe(t.topic(), 1);
        const keeper = await t.lasting({ id: t.id() });
        await keeper.subscribe(t.topic(), 1);
        await keeper.bye();
        const sender = await t.client();
        await sender.publish(t.topic(), 'x', { qos: 1, retain: true, properties: [[name, value]] });
        const later = await t.client();
        await later.subscribe(t.topic());
        for (const client of [reader, await t.lasting({ id: t.id() }), later]) {
          const said = property(await client.message(), name);
          if (said !== expected) throw new Error(`it became ${said}`);
        }
      },
    };
  }),
  {
    ...{ 5: '3.3.2-17 3.3.2-18' },
    is: 'user properties reach every subscriber as they were, in their order',
    async run(t) {
      const pairs = ['z=1', 'a=2', 'z=1', '=', 'größe=ß\ufeff', 'a=0'];
      const reader = await t.client();
      await reader.subscribe(t.topic(), 1);
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 1, properties: pairs.map((pair) => ['user', pair] as const) });
      const said = allOf(await reader.message(), 'user').join('&');
      if (said !== pairs.join('&')) throw new Error(said);
    },
  },
  {
    ...{ 5: '3.3.2-5' },
    is: 'what has expired is not sent to who comes back or subscribes later',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 1);
      await keeper.bye();
      const sender = await t.client();
      const properties = [['messageExpiry', 1] as const];
      await sender.publish(t.topic(), 'old', { qos: 1, retain: true, properties });
      await sender.publish(t.topic('kept'), 'kept', { qos: 1, retain: true });
      await t.target.passes(2.5);
      const later = await t.client();
      await later.subscribe(t.topic('#'));
      if ((await later.message()).text !== 'kept') throw new Error('it was sent to who subscribed later');
      await t.nothingFrom(sender, later);
      await t.nothingFrom(sender, await t.lasting({ id: t.id() }));
    },
  },
  {
    ...{ 5: '3.3.2-5' },
    is: 'what expires while receive maximum holds it back is not sent',
    async run(t) {
      const sender = await t.client();
      for (const properties of [[], [['sessionExpiry', 100] as const]]) {
        const reader = await t.client({ properties: [['receiveMaximum', 1], ...properties] });
        await reader.subscribe(t.topic(), 1);
        await sender.publish(t.topic(), 'first', { qos: 1 });
        await sender.publish(t.topic(), 'old', { qos: 1, properties: [['messageExpiry', 1]] });
        await sender.publish(t.topic(), 'last', { qos: 1 });
        const { id } = await reader.takes('publish');
        await t.target.passes(2.5);
        reader.acknowledge('puback', id);
        if ((await reader.message()).text !== 'last') throw new Error('it was sent');
        reader.cut();
      }
    },
  },
  {
    ...{ 5: '3.3.2-6' },
    is: 'a message that has waited, or was retained, says how long it is still worth something',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 1);
      await keeper.bye();
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 1, retain: true, properties: [['messageExpiry', 100]] });
      await t.target.passes(2.2);
      const later = await t.client();
      await later.subscribe(t.topic());
      for (const client of [await t.lasting({ id: t.id() }), later]) {
        const left = Number(property(await client.message(), 'messageExpiry'));
        if (!(left === 97 || left === 98)) throw new Error(`it says ${left} s`);
      }
    },
  },
  {
    ...{ 5: '3.3.2-12 3.3.2-3' },
    is: 'every topic alias up to topic alias maximum is taken, and subscribers see the topic',
    async run(t) {
      const sender = await t.client();
      const maximum = Number(property(sender.connack, 'topicAliasMaximum') ?? 0);
      const reader = await t.client();
      await reader.subscribe(t.topic('#'));
      for (const topicAlias of new Set([1, Math.ceil(maximum / 2), maximum])) {
        if (topicAlias === 0) continue;
        const properties = [['topicAlias', topicAlias] as const];
        sender.send(publish(5, t.topic(`t${topicAlias}`), 'first', { properties }));
        sender.send(publish(5, '', 'second', { properties }));
        sender.send(publish(5, t.topic(`other${topicAlias}`), 'third', { properties }));
        sender.send(publish(5, '', 'fourth', { properties }));
        for (const topic of [`t${topicAlias}`, `t${topicAlias}`, `other${topicAlias}`, `other${topicAlias}`]) {
          const got = await reader.message();
          if (got.topic !== t.topic(topic)) throw new Error(`${got.topic} came`);
        }
      }
    },
  },
  {
    ...{ 5: '3.3.2-7' },
    is: 'a topic alias does not outlive its connection',
    async run(t) {
      const first = await t.lasting({ id: t.id() });
      if (property(first.connack, 'topicAliasMaximum') === undefined) return;
      first.send(publish(5, t.topic(), 'x', { properties: [['topicAlias', 1]] }));
      await first.isQuiet();
      first.cut();
      const second = await t.lasting({ id: t.id() });
      second.send(publish(5, '', 'x', { properties: [['topicAlias', 1]] }));
      await t.refused(second, 0x82);
    },
  },
  {
    ...{ 5: '3.1.2-26 3.3.2-11' },
    is: 'the broker’s topic aliases keep to the client’s topic alias maximum, and mean their topic',
    async run(t) {
      const reader = await t.client({ properties: [['topicAliasMaximum', 2]] });
      await reader.subscribe(t.topic('#'));
      const sender = await t.client();
      const known = new Map<number, string>();
      for (const name of ['a', 'b', 'c', 'a', 'b', 'c', 'd', 'a']) {
        await sender.publish(t.topic(name), 'x');
        const got = await reader.message();
        const alias = Number(property(got, 'topicAlias') ?? 0);
        if (alias > 0 && got.topic !== '') known.set(alias, got.topic);
        const topic = got.topic === '' ? known.get(alias) : got.topic;
        if (topic !== t.topic(name)) throw new Error(`${topic} came in place of ${name}`);
      }
    },
  },
  {
    ...{ 5: '3.1.2-27' },
    is: 'who gives no topic alias maximum gets no topic aliases',
    async run(t) {
      for (const properties of [[], [['topicAliasMaximum', 0] as const]]) {
        const reader = await t.client({ properties });
        await reader.subscribe(t.topic());
        for (let count = 0; count < 3; count++) {
          await reader.publish(t.topic(), 'x');
          if (property(await reader.message(), 'topicAlias') !== undefined) throw new Error('one came');
        }
      }
    },
  },
  {
    ...{ 5: '3.1.2-24 3.1.2-25' },
    is: 'a message above the client’s maximum packet size is left out, as if it had been delivered',
    async run(t) {
      const reader = await t.lasting({
        id: t.id(),
        properties: [
          ['maximumPacketSize', 200],
          ['receiveMaximum', 2],
        ],
      });
      await reader.subscribe(t.topic(), 2);
      const sender = await t.client();
      for (const qos of [0, 1, 2, 1, 2, 1]) await sender.publish(t.topic(), 'x'.repeat(300), { qos });
      await sender.publish(t.topic(), 'small', { qos: 1 });
      if ((await reader.message()).text !== 'small') throw new Error('another message');
      await reader.bye();
      await sender.publish(t.topic(), 'x'.repeat(300), { qos: 2 });
      await sender.publish(t.topic(), 'later', { qos: 2 });
      const back = await t.lasting({ id: t.id(), properties: [['maximumPacketSize', 200]] });
      if ((await back.message()).text !== 'later') throw new Error('another message');
      await back.bye();
      await t.nothingFrom(sender, await t.lasting({ id: t.id() }));
    },
  },
  {
    ...{ 5: '3.1.2-24' },
    is: 'a client that takes no packet as long as its CONNACK is refused, in as few bytes as it takes',
    async run(t) {
      const refused = await t.dial();
      const { reason } = await refused.introduce({ properties: [['maximumPacketSize', 10]] });
      if (reason !== 0x95) throw new Error(`the reason ${reason}`);
      await refused.ended();
      const silent = await t.dial();
      silent.send(connect(5, { properties: [['maximumPacketSize', 4]] }));
      if ((await silent.ended()).length > 0) throw new Error('something came');
    },
  },
  {
    ...{ 5: '3.1.2-24' },
    is: 'a SUBSCRIBE whose answer would be too long for its client ends the connection',
    async run(t) {
      const reader = await t.client({ properties: [['maximumPacketSize', 60]] });
      const filters = Array.from({ length: 60 }, (_, index) => [`${t.topic()}/${index}`, 0] as const);
      reader.send(subscribe(5, 1, filters));
      const [end] = await reader.ended();
      if (end?.kind !== 'disconnect' || end.reason !== 0x95) throw new Error(`${end?.kind} ${end?.reason}`);
    },
  },
];
