import { acknowledge, publish } from '../packets.ts';
import { allOf } from '../peer.ts';
import { type Rule, type Trial, VIEWER } from '../trial.ts';

/** How messages are handed over: sections 3.3.4, 4.3, 4.6 and 4.9. */

type Client = Awaited<ReturnType<Trial['client']>>;

/** One who reads the rule's topic, and one who writes there. */
async function pair(t: Trial, qos = 2, receiveMaximum = 100): Promise<{ reader: Client; sender: Client }> {
  const reader = await t.client({ properties: [['receiveMaximum', receiveMaximum]] });
  await reader.subscribe(t.topic(), qos);
  return { reader, sender: await t.client() };
}

export const delivering: Rule[] = [
  {
    ...{ 4: '2.3.1-5 4.3.1-1', 5: '2.2.1-2 4.3.1-1' },
    is: 'a message of QoS 0 has neither a packet identifier nor DUP, either way',
    async run(t) {
      const { reader, sender } = await pair(t);
      await sender.publish(t.topic(), '\u0001\u0002 whole');
      const got = await reader.message();
      if (got.text !== '\u0001\u0002 whole' || got.qos !== 0) throw new Error(got.text);
    },
  },
  {
    ...{ 4: '2.3.1-4 4.3.2-1', 5: '2.2.1-4 4.3.2-1 4.3.2-2 4.3.3-1 4.3.3-2' },
    is: 'every message on its way has a packet identifier of its own, and no DUP',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (let at = 0; at < 18; at++) await sender.publish(t.topic(), `${at}`, { qos: 1 + (at % 2) });
      for (let at = 0; at < 18; at++) {
        const got = await reader.takes('publish');
        if (got.dup || got.text !== `${at}` || got.qos !== 1 + (at % 2))
          throw new Error(`${got.text} with DUP ${got.dup}`);
      }
    },
  },
  {
    ...{ 4: '2.3.1-6 3.3.4-1 4.3.2-2', 5: '2.2.1-5 3.3.4-1 4.3.2-4 4.3.3-8 4.3.3-11 3.4.2-1 3.5.2-1 3.7.2-1' },
    is: 'each QoS is answered as it asks for, with the packet identifier of the message',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const id of [1, 300, 65_535]) {
        await sender.publish(t.topic(), 'x', { qos: 1, id });
        await sender.publish(t.topic(), 'x', { qos: 2, id });
      }
      await sender.publish(t.topic(), 'x');
      await sender.isQuiet();
      await reader.texts(7);
    },
  },
  {
    ...{ 4: '4.3.2-2', 5: '4.3.2-5' },
    is: 'after PUBACK the same packet identifier is a new message, with DUP or without',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const dup of [false, true, true]) await sender.publish(t.topic(), `${dup}`, { qos: 1, id: 5, dup });
      const texts = await reader.texts(3);
      if (texts.join() !== 'false,true,true') throw new Error(texts.join());
    },
  },
  {
    ...{ 4: '4.3.3-2', 5: '4.3.3-10' },
    is: 'before PUBREL the same packet identifier is the same message',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const dup of [false, true, true]) {
        sender.send(publish(t.version, t.topic(), 'once', { qos: 2, id: 5, dup }));
        const { id } = await sender.takes('pubrec');
        if (id !== 5) throw new Error(`PUBREC of ${id}`);
      }
      sender.send(acknowledge('pubrel', 5));
      await sender.takes('pubcomp');
      await reader.message();
      await t.nothingFrom(sender, reader);
    },
  },
  {
    ...{ 4: '4.3.3-2', 5: '4.3.3-12' },
    is: 'after PUBCOMP the same packet identifier is a new message',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const text of ['1', '2', '3']) await sender.publish(t.topic(), text, { qos: 2, id: 5, dup: text === '3' });
      const texts = await reader.texts(3);
      if (texts.join() !== '1,2,3') throw new Error(texts.join());
    },
  },
  {
    ...{ 4: '4.3.3-2', 5: '4.3.3-11' },
    is: 'a PUBREL that comes again is answered again',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 2, id: 9 });
      sender.send(acknowledge('pubrel', 9));
      const { id } = await sender.takes('pubcomp');
      if (id !== 9) throw new Error(`PUBCOMP of ${id}`);
    },
  },
  {
    ...{ 4: '4.3.2-1', 5: '4.3.2-3' },
    is: 'a message of QoS 1 is on its way until its PUBACK, whatever else is acknowledged',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 1);
      const sender = await t.client();
      for (const text of ['1', '2']) await sender.publish(t.topic(), text, { qos: 1 });
      const first = await keeper.takes('publish');
      const second = await keeper.takes('publish');
      keeper.acknowledge('puback', second.id);
      await keeper.isQuiet();
      keeper.cut();
      const back = await t.lasting({ id: t.id() });
      const again = await back.message();
      if (again.id !== first.id || again.text !== '1') throw new Error(again.text);
      await t.nothingFrom(sender, back);
    },
  },
  {
    ...{ 4: '4.3.3-1', 5: '4.3.3-3 4.3.3-4 3.6.2-1' },
    is: 'a PUBREC is answered with the PUBREL of its packet identifier',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const text of ['1', '2', '3']) await sender.publish(t.topic(), text, { qos: 2 });
      const ids: number[] = [];
      for (let count = 0; count < 3; count++) ids.push((await reader.takes('publish')).id);
      for (const id of ids.reverse()) {
        reader.acknowledge('pubrec', id);
        const pubrel = await reader.takes('pubrel');
        if (pubrel.id !== id || pubrel.reason !== 0) throw new Error(`PUBREL of ${pubrel.id}`);
        reader.acknowledge('pubcomp', id);
      }
      await reader.isQuiet();
    },
  },
  {
    ...{ 5: '4.3.3-9' },
    is: 'after a PUBREC that refuses, the same packet identifier is a new message',
    async run(t) {
      const client = await t.client({ ...VIEWER });
      for (let count = 0; count < 2; count++) {
        const pubrec = await client.publish(t.topic(), 'x', { qos: 2, id: 4 });
        if ((pubrec?.reason ?? 0) < 0x80) throw new Error(`the reason is ${pubrec?.reason}`);
      }
    },
  },
  {
    ...{ 4: '3.3.5-2' },
    is: 'a message that its sender may not publish is acknowledged, and goes nowhere',
    async run(t) {
      const { reader, sender } = await pair(t);
      const client = await t.client({ ...VIEWER });
      for (const qos of [1, 2]) await client.publish(t.topic(), 'x', { qos });
      await t.nothingFrom(sender, reader);
    },
  },
  {
    ...{ 5: '4.3.3-13' },
    is: 'QoS 2 is gone through to its end even where the message has expired',
    async run(t) {
      const { reader, sender } = await pair(t);
      sender.send(publish(5, t.topic(), 'x', { qos: 2, id: 6, properties: [['messageExpiry', 1]] }));
      await sender.takes('pubrec');
      await t.target.passes(2);
      sender.send(acknowledge('pubrel', 6));
      await sender.takes('pubcomp');
      await reader.isQuiet().catch(() => {});
    },
  },
  {
    ...{ 4: '3.3.1-3', 5: '3.3.1-3' },
    is: 'DUP of the sender does not go on to subscribers',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const qos of [1, 2]) {
        await sender.publish(t.topic(), 'x', { qos, dup: true, id: 40 + qos });
        if ((await reader.message()).dup) throw new Error('it went on');
      }
    },
  },
  {
    ...{ 4: '3.3.2-3', 5: '3.3.2-3' },
    is: 'a message comes under its own topic, whichever filter it matches',
    async run(t) {
      const reader = await t.client();
      const sender = await t.client();
      for (const filter of ['a/b', 'a/+', '+/b', '#']) {
        await reader.subscribe(t.topic(filter), 1);
        await sender.publish(t.topic('a/b'), 'x', { qos: 1 });
        const { topic } = await reader.message();
        if (topic !== t.topic('a/b')) throw new Error(topic);
        await reader.unsubscribe(t.topic(filter));
      }
    },
  },
  {
    ...{ 4: '3.3.5-1', 5: '3.3.4-2' },
    is: 'where several filters match, the highest QoS of them counts',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe([
        [t.topic('#'), 0],
        [t.topic('a'), 2],
        [t.topic('+'), 1],
      ]);
      await (await t.client()).publish(t.topic('a'), 'x', { qos: 2 });
      const got = await reader.message();
      if (got.qos !== 2) throw new Error(`it came with QoS ${got.qos}`);
    },
  },
  {
    ...{ 5: '3.3.4-3 3.3.4-4' },
    is: 'a message has the subscription identifiers of all filters that it matches, and no others',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic('#'), 0, [['subscriptionId', 268_435_455]]);
      await reader.subscribe(t.topic('a'), 1, [['subscriptionId', 7]]);
      await reader.subscribe(t.topic('+'), 2);
      await reader.subscribe(t.topic('b'), 0, [['subscriptionId', 8]]);
      const sender = await t.client();
      await sender.publish(t.topic('a'), 'x', { qos: 1 });
      const ids = new Set<unknown>();
      const first = await reader.message();
      for (const id of allOf(first, 'subscriptionId')) ids.add(id);
      // Mosquitto sends one copy for each filter.
      if (!t.target.isOurs)
        for (let more = 0; more < 2; more++)
          for (const id of allOf(await reader.message(), 'subscriptionId')) ids.add(id);
      if (ids.size !== 2 || !ids.has(7) || !ids.has(268_435_455)) throw new Error(`they are ${[...ids]}`);
      await t.nothingFrom(sender, reader);
    },
  },
  {
    ...{ 5: '3.3.4-3' },
    is: 'a message that waited, and one that was retained, have the subscription identifier too',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'retained', { qos: 1, retain: true });
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 1, [['subscriptionId', 1]]);
      await keeper.subscribe(t.topic(), 1, [['subscriptionId', 300]]);
      const ids = [await keeper.message(), await keeper.message()].map((got) => allOf(got, 'subscriptionId'));
      await keeper.bye();
      await sender.publish(t.topic(), 'waits', { qos: 1 });
      ids.push(allOf(await (await t.lasting({ id: t.id() })).message(), 'subscriptionId'));
      if (ids.join(' ') !== '1 300 300') throw new Error(ids.join(' '));
    },
  },
  {
    ...{ 5: '3.3.4-9 4.9.0-1 4.9.0-2' },
    is: 'no more messages are on their way than receive maximum, and each acknowledgement lets one more go',
    async run(t) {
      const { reader, sender } = await pair(t, 2, 2);
      for (let at = 0; at < 6; at++) await sender.publish(t.topic(), `${at}`, { qos: 1 + (at % 2) });
      const texts = [];
      const waiting = [await reader.takes('publish'), await reader.takes('publish')];
      await reader.isQuiet();
      for (let got = waiting.shift(); got; got = waiting.shift()) {
        texts.push(got.text);
        if (got.qos === 2) {
          reader.acknowledge('pubrec', got.id);
          await reader.takes('pubrel');
          await reader.isQuiet();
        }
        reader.acknowledge(got.qos === 1 ? 'puback' : 'pubcomp', got.id);
        if (texts.length < 5) waiting.push(await reader.takes('publish'));
      }
      if (texts.join() !== '0,1,2,3,4,5') throw new Error(texts.join());
    },
  },
  {
    ...{ 5: '3.3.4-10 4.9.0-3' },
    is: 'all else goes on while receive maximum is reached',
    async run(t) {
      const { reader, sender } = await pair(t, 1, 1);
      for (const text of ['1', '2']) await sender.publish(t.topic(), text, { qos: 1 });
      await reader.takes('publish');
      await reader.subscribe(t.topic('zero'), 0);
      await reader.publish(t.topic('zero'), 'x', { qos: 0 });
      if ((await reader.takes('publish')).qos !== 0) throw new Error('another message');
      await reader.publish(t.topic('nobody'), 'x', { qos: 2 });
      await reader.unsubscribe(t.topic('zero'));
      await reader.isQuiet();
    },
  },
  {
    ...{ 5: '3.3.4-7' },
    is: 'a client that exceeds the broker’s receive maximum is disconnected with 0x93',
    async run(t) {
      const sender = await t.client();
      const maximum = Number(sender.connack.properties.find(([name]) => name === 'receiveMaximum')?.[1] ?? 65_535);
      if (maximum > 5000) throw new Error(`the broker takes ${maximum}`);
      const all = Array.from({ length: maximum + 1 }, (_, at) => publish(5, t.topic(), 'x', { qos: 2, id: at + 1 }));
      sender.send(...all);
      await t.refused(sender, 0x93);
    },
  },
  {
    ...{ 4: '4.6.0-4' },
    is: 'PUBREL come in the order of their PUBREC',
    async run(t) {
      const { reader, sender } = await pair(t);
      for (const text of ['1', '2', '3']) await sender.publish(t.topic(), text, { qos: 2 });
      const ids: number[] = [];
      for (let count = 0; count < 3; count++) ids.unshift((await reader.takes('publish')).id);
      for (const id of ids) reader.acknowledge('pubrec', id);
      for (const id of ids) if ((await reader.takes('pubrel')).id !== id) throw new Error('another order');
    },
  },
  {
    ...{ 4: '4.6.0-2' },
    is: 'PUBACK come in the order of their messages',
    async run(t) {
      const sender = await t.client();
      const ids = [9, 3, 65_000, 4];
      sender.send(...ids.map((id) => publish(t.version, t.topic(), 'x', { qos: 1, id })));
      for (const id of ids) if ((await sender.takes('puback')).id !== id) throw new Error('another order');
    },
  },
  {
    ...{ 4: '4.6.0-3' },
    is: 'PUBREC come in the order of their messages',
    async run(t) {
      const sender = await t.client();
      const ids = [9, 3, 65_000, 4];
      sender.send(...ids.map((id) => publish(t.version, t.topic(), 'x', { qos: 2, id })));
      for (const id of ids) if ((await sender.takes('pubrec')).id !== id) throw new Error('another order');
    },
  },
  {
    ...{ 4: '4.6.0-5 4.6.0-6', 5: '4.6.0-5 4.6.0-6' },
    is: 'messages of one QoS come in the order of their sender',
    async run(t) {
      for (const qos of [0, 1, 2]) {
        const { reader, sender } = await pair(t, qos);
        // No more than a receive maximum at once.
        const count = qos === 0 ? 200 : 20;
        for (let at = 0; at < count; at++) {
          sender.send(publish(t.version, t.topic(), `${at}`, { qos, id: at + 1 }));
          if (qos === 2) sender.send(acknowledge('pubrel', at + 1));
        }
        const texts = await reader.texts(count);
        if (texts.some((text, at) => text !== `${at}`)) throw new Error(`with QoS ${qos}: ${texts}`);
        reader.cut();
      }
    },
  },
];
