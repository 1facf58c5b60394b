import type { Rule, Trial } from '../trial.ts';

/** Topics, filters and shared subscriptions: sections 1.5, 4.7 and 4.8. */

type Client = Awaited<ReturnType<Trial['client']>>;

/** Whether a message to `topic` comes to who subscribed to `filter`. */
async function reaches(t: Trial, filter: string, topic: string): Promise<boolean> {
  const reader = await t.client();
  const end = t.topic('end');
  await reader.subscribe([
    [filter, 1],
    [end, 1],
  ]);
  const sender = await t.client();
  for (const to of [topic, end]) await sender.publish(to, 'x', { qos: 1 });
  // What other rules retained may come too.
  let isReached = false;
  for (let got = await reader.message(); got.topic !== end; got = await reader.message()) {
    if (!got.retain && got.topic !== topic) throw new Error(`it became ${got.topic}`);
    isReached ||= got.topic === topic;
  }
  for (const client of [reader, sender]) client.cut();
  return isReached;
}

async function expectReach(t: Trial, filter: string, topic: string, isReached: boolean): Promise<void> {
  const isSo = await reaches(t, filter, topic);
  if (isSo !== isReached) throw new Error(`${topic} ${isSo ? 'reaches' : 'does not reach'} ${filter}`);
}

export const topics: Rule[] = [
  {
    ...{ 4: '1.5.3-3', 5: '1.5.4-3' },
    is: 'U+FEFF is a character like any other, in front too',
    async run(t) {
      await expectReach(t, `\ufeff${t.topic('a')}`, `\ufeff${t.topic('a')}`, true);
      await expectReach(t, t.topic('a'), `\ufeff${t.topic('a')}`, false);
      await expectReach(t, t.topic('a\ufeff'), t.topic('a\ufeff'), true);
    },
  },
  {
    ...{ 5: '1.5.5-1' },
    is: 'lengths at the borders of one, two and three bytes are written as short as they can be',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic());
      const sender = await t.client();
      const rest = 2 + t.topic().length + 1;
      for (const length of [126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385]) {
        await sender.publish(t.topic(), 'x'.repeat(length - rest));
        const got = await reader.message();
        if (got.text.length !== length - rest) throw new Error(`${got.text.length} bytes came`);
      }
    },
  },
  {
    ...{ 4: '2.2.2-1', 5: '2.1.3-1 2.2.2-1' },
    is: 'what the broker sends has the flags that are reserved, and in MQTT 5 a property length',
    async run(t) {
      const client = await t.client();
      await client.subscribe(t.topic(), 2);
      await client.unsubscribe(t.topic('none'));
      await client.isQuiet();
      const sender = await t.client();
      for (const qos of [0, 1, 2]) {
        await sender.publish(t.topic(), 'x', { qos });
        await client.message();
      }
      await client.isQuiet();
    },
  },
  ...(
    [
      ['4.7.1-2', '4.7.1-1', '#', ['a', 'a/b/c', '/', 'a//'], ['A']],
      ['4.7.1-2', '4.7.1-1', 'a/#', ['a', 'a/b', 'a/b/c', 'a/'], ['ab', 'b/a']],
      ['4.7.1-3', '4.7.1-2', 'a/+', ['a/b', 'a/'], ['a', 'a/b/c', 'b/a']],
      ['4.7.1-3', '4.7.1-2', '+/b/+', ['a/b/c', '/b/'], ['b/c', 'a/b', 'a/c/b']],
      ['4.7.3-4', '4.7.3-4', 'größe', ['größe'], ['gr\u006f\u0308ße', 'Größe', 'größe/', '/größe']],
    ] as const
  ).map(
    ([four, five, filter, matching, others]): Rule => ({
      ...{ 4: four, 5: five },
      is: `the filter ${filter} matches ${matching.join(', ')} and not ${others.join(', ')}`,
      async run(t) {
        for (const topic of matching) await expectReach(t, t.topic(filter), t.topic(topic), true);
        for (const topic of others) {
          const isOther = filter === '#' ? topic : t.topic(topic);
          await expectReach(t, t.topic(filter), isOther, false);
        }
      },
    }),
  ),
  {
    ...{ 4: '4.7.2-1', 5: '4.7.2-1' },
    is: 'filters that begin with a wildcard do not match topics that begin with $',
    async run(t) {
      const topic = `$${t.topic('a')}`;
      for (const filter of ['#', `+/a`]) await expectReach(t, filter, topic, false);
      await expectReach(t, topic.replace('/a', '/+'), topic, true);
    },
  },
  {
    ...{ 4: '4.7.3-3', 5: '4.7.3-3' },
    is: 'a topic of 65,535 bytes passes, and no string can be longer',
    async run(t) {
      const topic = t.topic().padEnd(65_535, 'x');
      await expectReach(t, topic, topic, true);
    },
  },
];

/** Members of a group, each with a subscription of this QoS. */
async function members(t: Trial, count: number, qos = 1): Promise<Client[]> {
  const all: Client[] = [];
  for (let at = 0; at < count; at++) {
    const client = await t.lasting({ id: t.id(50 + at) });
    await client.subscribe(`$share/group/${t.topic()}`, qos);
    all.push(client);
  }
  return all;
}

export const sharing: Rule[] = [
  {
    ...{ 5: '4.8.2-1 4.8.2-2' },
    is: 'a shared subscription gives each message to one of its members',
    async run(t) {
      const all = await members(t, 3);
      const sender = await t.client();
      for (let at = 0; at < 9; at++) await sender.publish(t.topic(), `${at}`, { qos: 1 });
      const texts: string[] = [];
      for (const client of all) {
        client.send(Buffer.from([0xc0, 0]));
        for (let got = await client.next(); got.kind === 'publish'; got = await client.next()) {
          client.acknowledge('puback', got.id);
          texts.push(got.text);
        }
      }
      if (texts.sort().join() !== '0,1,2,3,4,5,6,7,8') throw new Error(texts.join());
    },
  },
  {
    ...{ 5: '4.8.2-3' },
    is: 'a member of a group gets messages with the QoS that it was granted',
    async run(t) {
      const [client] = await members(t, 1, 1);
      const sender = await t.client();
      for (const qos of [0, 1, 2]) {
        await sender.publish(t.topic(), 'x', { qos });
        const got = await client?.message();
        if (got?.qos !== Math.min(qos, 1)) throw new Error(`it came with QoS ${got?.qos}`);
      }
    },
  },
  {
    ...{ 5: '4.8.2-4' },
    is: 'a message of QoS 2 that a member has taken is delivered to it to its end when it comes back',
    async run(t) {
      const [client] = await members(t, 1, 2);
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 2 });
      const got = await client?.takes('publish');
      client?.acknowledge('pubrec', got?.id ?? 0);
      await client?.takes('pubrel');
      client?.cut();
      const other = await t.client();
      await other.subscribe(`$share/group/${t.topic()}`, 2);
      const back = await t.lasting({ id: t.id(50) });
      if ((await back.takes('pubrel')).id !== got?.id) throw new Error('another packet identifier');
      back.acknowledge('pubcomp', got?.id ?? 0);
      await t.nothingFrom(sender, other);
    },
  },
  {
    ...{ 5: '4.8.2-5' },
    is: 'a message of QoS 2 that a member has begun to take goes to no one else when its session ends',
    async run(t) {
      const [client] = await members(t, 1, 2);
      const sender = await t.client();
      await sender.publish(t.topic(), 'x', { qos: 2 });
      const got = await client?.takes('publish');
      const other = await t.client();
      await other.subscribe(`$share/group/${t.topic()}`, 2);
      client?.acknowledge('pubrec', got?.id ?? 0);
      await client?.takes('pubrel');
      client?.cut();
      await (await t.client({ id: t.id(50) })).bye();
      await t.nothingFrom(sender, other);
    },
  },
  {
    ...{ 5: '4.8.2-6' },
    is: 'a message that a member refuses goes to no one else',
    async run(t) {
      const [client] = await members(t, 1, 2);
      const sender = await t.client();
      for (const qos of [1, 2]) await sender.publish(t.topic(), 'x', { qos });
      const got = [await client?.takes('publish'), await client?.takes('publish')];
      const other = await t.client();
      await other.subscribe(`$share/group/${t.topic()}`, 2);
      for (const message of got) {
        client?.acknowledge(message?.qos === 1 ? 'puback' : 'pubrec', message?.id ?? 0, 0x80);
      }
      await client?.isQuiet();
      await t.nothingFrom(sender, other);
    },
  },
];
