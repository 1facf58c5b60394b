import { acknowledge, BYE, publish } from '../packets.ts';
import { property } from '../peer.ts';
import type { Rule, Trial } from '../trial.ts';

/** What outlives a connection: sessions and what waits in them. */

/** A client that subscribed and went away, and another one. */
async function away(t: Trial, qos = 2): Promise<Awaited<ReturnType<Trial['client']>>> {
  const keeper = await t.lasting({ id: t.id() });
  await keeper.subscribe(t.topic(), qos);
  await keeper.bye();
  return await t.client();
}

export const sessions: Rule[] = [
  {
    ...{ 4: '3.1.2-4 3.2.2-2 3.2.2-3', 5: '3.1.2-5 3.1.2-6 3.1.2-23 3.2.2-3' },
    is: 'a session is made, kept and taken up again, and the CONNACK says which',
    async run(t) {
      const first = await t.lasting({ id: t.id() });
      if (first.connack.sessionPresent) throw new Error('the first time there was one');
      await first.subscribe(t.topic(), 1);
      first.cut();
      const second = await t.lasting({ id: t.id() });
      if (!second.connack.sessionPresent) throw new Error('it is gone');
      await second.publish(t.topic(), 'mine', { qos: 1 }).catch(() => {});
      await second.bye();
    },
  },
  {
    ...{ 4: '3.1.2-6 3.1.4-3 3.2.2-1', 5: '3.1.2-4 3.1.4-4 3.2.2-2' },
    is: 'clean start begins anew, and nothing of the session before comes back',
    async run(t) {
      const other = await away(t);
      await other.publish(t.topic(), 'kept', { qos: 1 });
      const clean = await t.client({ id: t.id() });
      if (clean.connack.sessionPresent) throw new Error('the session is still there');
      await other.publish(t.topic(), 'more', { qos: 1 });
      await t.nothingFrom(other, clean);
      await clean.bye();
      const after = await t.lasting({ id: t.id() });
      if (after.connack.sessionPresent) throw new Error('a clean session outlived its connection');
    },
  },
  {
    ...{ 4: '3.1.2-5 4.5.0-1', 5: '4.5.0-1' },
    is: 'messages of QoS 1 and 2 wait for a client that is away, in their order',
    async run(t) {
      const other = await away(t);
      for (const [at, qos] of [1, 2, 1, 2].entries()) await other.publish(t.topic(), `${at}`, { qos });
      const back = await t.lasting({ id: t.id() });
      const texts = await back.texts(4);
      if (texts.join() !== '0,1,2,3') throw new Error(texts.join());
      await t.nothingFrom(other, back);
    },
  },
  {
    ...{ 4: '3.1.2-7' },
    is: 'what is retained stays when the session of its sender ends',
    async run(t) {
      const sender = await t.client();
      await sender.publish(t.topic(), 'stays', { qos: 1, retain: true });
      await sender.bye();
      const reader = await t.client();
      await reader.subscribe(t.topic());
      if ((await reader.message()).text !== 'stays') throw new Error('another message');
    },
  },
  {
    ...{ 4: '3.1.3-2', 5: '3.1.3-2' },
    is: 'the client id alone says whose session it is',
    async run(t) {
      const other = await away(t);
      await other.publish(t.topic(), 'kept', { qos: 1 });
      const stranger = await t.lasting({ id: t.id(99) });
      if (stranger.connack.sessionPresent) throw new Error('another id found it');
      await t.nothingFrom(other, stranger);
      const back = await t.lasting({ id: t.id() });
      if ((await back.message()).text !== 'kept') throw new Error('another message');
    },
  },
  {
    ...{ 4: '4.1.0-1 4.1.0-2', 5: '4.1.0-1' },
    is: 'a session lasts as long as its connection, however long that is',
    async run(t) {
      const client = await t.client({ properties: [['sessionExpiry', 1]] });
      const other = await t.client();
      await client.subscribe(t.topic(), 1);
      await t.target.passes(2);
      await other.publish(t.topic(), 'still', { qos: 1 });
      if ((await client.message()).text !== 'still') throw new Error('another message');
    },
  },
  {
    ...{ 5: '4.1.0-2' },
    is: 'a session that has expired is gone',
    async run(t) {
      const client = await t.client({ id: t.id(), properties: [['sessionExpiry', 1]] });
      await client.subscribe(t.topic(), 1);
      await client.bye();
      await t.target.passes(3);
      const back = await t.lasting({ id: t.id() });
      if (back.connack.sessionPresent) throw new Error('it is still there');
      await t.nothingFrom(await t.client(), back);
    },
  },
  {
    ...{ 5: '3.1.2-23 4.1.0-2' },
    is: 'a session without an expiry ends with its connection',
    async run(t) {
      const client = await t.client({ id: t.id(), clean: false });
      await client.subscribe(t.topic(), 1);
      await client.bye();
      const back = await t.client({ id: t.id(), clean: false });
      if (back.connack.sessionPresent) throw new Error('it is still there');
    },
  },
  {
    ...{ 4: '4.4.0-1 2.3.1-4', 5: '4.4.0-1 3.3.1-1' },
    is: 'what was not acknowledged comes again with DUP and the same packet identifier, in the same order, and only then',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 2);
      const other = await t.client();
      for (const [at, qos] of [1, 2, 1].entries()) await other.publish(t.topic(), `${at}`, { qos });
      const first = [await keeper.takes('publish'), await keeper.takes('publish'), await keeper.takes('publish')];
      if (first.some(({ dup }) => dup)) throw new Error('DUP at the first time');
      await keeper.isQuiet();
      keeper.cut();
      const back = await t.lasting({ id: t.id() });
      for (const { id, text } of first) {
        const again = await back.message();
        if (!again.dup || again.id !== id || again.text !== text) {
          throw new Error(`${again.text} of ${again.id} with DUP ${again.dup}, and not ${text} of ${id}`);
        }
      }
      await t.nothingFrom(other, back);
    },
  },
  {
    ...{ 4: '3.3.1-1' },
    is: 'a message that is sent again has DUP',
    async run(t) {
      const other = await away(t, 1);
      await other.publish(t.topic(), 'x', { qos: 1 });
      const first = await t.lasting({ id: t.id() });
      await first.takes('publish');
      first.cut();
      const second = await t.lasting({ id: t.id() });
      if (!(await second.message()).dup) throw new Error('no DUP');
    },
  },
  {
    ...{ 4: '4.3.3-1', 5: '4.3.3-5 4.3.3-6 4.4.0-1' },
    is: 'after PUBREC it is PUBREL that comes again, and not the message',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 2);
      const other = await t.client();
      await other.publish(t.topic(), 'once', { qos: 2 });
      const { id } = await keeper.takes('publish');
      keeper.acknowledge('pubrec', id);
      await keeper.takes('pubrel');
      keeper.cut();
      const back = await t.lasting({ id: t.id() });
      const again = await back.takes('pubrel');
      if (again.id !== id) throw new Error(`it is of ${again.id}`);
      back.acknowledge('pubcomp', id);
      await t.nothingFrom(other, back);
      await back.bye();
      const last = await t.lasting({ id: t.id() });
      await last.isQuiet();
    },
  },
  {
    ...{ 4: '4.3.3-2', 5: '4.3.3-10' },
    is: 'a message of QoS 2 that comes again over a new connection is not delivered twice',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic(), 2);
      const sender = await t.lasting({ id: t.id() });
      sender.send(publish(t.version, t.topic(), 'once', { qos: 2, id: 7 }));
      await sender.takes('pubrec');
      sender.cut();
      const back = await t.lasting({ id: t.id() });
      back.send(publish(t.version, t.topic(), 'once', { qos: 2, id: 7, dup: true }));
      await back.takes('pubrec');
      back.send(acknowledge('pubrel', 7));
      await back.takes('pubcomp');
      if ((await reader.message()).text !== 'once') throw new Error('another message');
      await t.nothingFrom(back, reader);
    },
  },
  {
    ...{ 4: '4.3.3-2', 5: '4.3.3-11' },
    is: 'a PUBREL that comes again over a new connection is answered without an error',
    async run(t) {
      const sender = await t.lasting({ id: t.id() });
      await sender.publish(t.topic(), 'once', { qos: 2, id: 7 });
      sender.cut();
      const back = await t.lasting({ id: t.id() });
      back.send(acknowledge('pubrel', 7));
      const { id, reason } = await back.takes('pubcomp');
      if (id !== 7 || (reason ?? 0) !== 0) throw new Error(`PUBCOMP of ${id} with ${reason}`);
    },
  },
  {
    ...{ 5: '4.3.3-7' },
    is: 'a message that was sent is sent again even where it has expired meanwhile',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 2);
      const other = await t.client();
      await other.publish(t.topic(), 'late', { qos: 2, properties: [['messageExpiry', 1]] });
      await keeper.takes('publish');
      keeper.cut();
      await t.target.passes(2);
      const back = await t.lasting({ id: t.id() });
      const again = await back.message();
      if (again.text !== 'late' || !again.dup) throw new Error('another message');
    },
  },
  {
    ...{ 5: '4.4.0-2' },
    is: 'what was acknowledged with an error does not come again',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 2);
      const other = await t.client();
      for (const qos of [1, 2]) {
        await other.publish(t.topic(), 'refused', { qos });
        const { id } = await keeper.takes('publish');
        keeper.acknowledge(qos === 1 ? 'puback' : 'pubrec', id, 0x80);
      }
      await keeper.isQuiet();
      keeper.cut();
      const back = await t.lasting({ id: t.id() });
      await t.nothingFrom(other, back);
    },
  },
  {
    ...{ 4: '4.6.0-1' },
    is: 'messages come again in the order in which they were sent',
    async run(t) {
      const other = await away(t);
      for (let at = 0; at < 9; at++) await other.publish(t.topic(), `${at}`, { qos: 1 + (at % 2) });
      for (let turn = 0; turn < 2; turn++) {
        const back = await t.lasting({ id: t.id() });
        for (let at = 0; at < 9; at++) {
          const { text } = await back.takes('publish');
          if (text !== `${at}`) throw new Error(`${text} came in place of ${at}`);
        }
        back.cut();
      }
    },
  },
  {
    ...{ 5: '3.1.2-4 3.1.2-23' },
    is: 'a session that clean start made is kept as long as its expiry says',
    async run(t) {
      const client = await t.client({ id: t.id(), properties: [['sessionExpiry', 1000]] });
      await client.subscribe(t.topic(), 1);
      await client.bye();
      await t.target.passes(2);
      const other = await t.client();
      await other.publish(t.topic(), 'kept', { qos: 1 });
      const back = await t.lasting({ id: t.id() });
      if (!back.connack.sessionPresent || (await back.message()).text !== 'kept') throw new Error('it is gone');
    },
  },
  {
    ...{ 5: '4.13.1-1' },
    is: 'a session expiry in the DISCONNECT of who has none is a protocol error',
    async run(t) {
      const client = await t.client({ id: t.id() });
      // Normal, and a session expiry of 9 s.
      client.send(Buffer.from([BYE.readUInt8(), 7, 0, 5, 0x11, 0, 0, 0, 9]));
      await t.refused(client, 0x82);
    },
  },
  {
    ...{ 5: '3.1.2-23' },
    is: 'the session expiry of a DISCONNECT counts',
    async run(t) {
      const client = await t.lasting({ id: t.id() });
      // Normal, and a session expiry of 0.
      client.send(Buffer.from([BYE.readUInt8(), 7, 0, 5, 0x11, 0, 0, 0, 0]));
      await client.ended();
      const back = await t.lasting({ id: t.id() });
      if (back.connack.sessionPresent) throw new Error('it is still there');
      const told = property(back.connack, 'sessionExpiry');
      if (told !== undefined && Number(told) > 1000) throw new Error(`it became ${told} s`);
    },
  },
];
