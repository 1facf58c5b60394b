import { concat, packet, str, u16 } from '../bytes.ts';
import { connect, PINGREQ, publish, subscribe } from '../packets.ts';
import { property } from '../peer.ts';
import { MEMBER, type Rule, type Trial } from '../trial.ts';

/** How a client comes in: sections 3.1 and 3.2, but for sessions and wills. */

/** What an unknown protocol is answered with: nothing, or a CONNACK that refuses, of whichever version. */
async function isTurnedAway(t: Trial, ...answers: string[]): Promise<void> {
  const client = await t.dial();
  client.send(connect(t.version, { id: t.id(), ...(answers[0] === '' ? { name: 'MQTX' } : { level: 6 }) }));
  await client.ended().catch(() => {});
  const answer = client.raw.toString('hex');
  if (!answers.includes(answer)) throw new Error(`the answer was ${answer}`);
}

/** The code of a CONNACK that refuses, after which the connection ends and nothing else of the client counts. */
async function refusal(t: Trial, init: Parameters<typeof connect>[1]): Promise<number> {
  const client = await t.dial();
  const other = await t.client();
  await other.subscribe(t.topic('late'), 1);
  client.send(connect(t.version, { id: t.id(), ...init }), publish(t.version, t.topic('late'), 'late'));
  const connack = await client.takes('connack');
  await client.ended();
  await t.nothingFrom(other, other);
  return connack.reason;
}

/** The code is one of these. */
function expectCode(code: number, ...codes: number[]): void {
  if (!codes.includes(code)) throw new Error(`the code is ${code}`);
}

export const comingIn: Rule[] = [
  {
    ...{ 4: '3.1.0-1', 5: '3.1.0-1' },
    is: 'another first packet than CONNECT ends the connection, unanswered',
    async run(t) {
      for (const first of [PINGREQ, publish(t.version, 'a', 'x'), subscribe(t.version, 1, [['a', 0]])]) {
        const client = await t.dial();
        client.send(first);
        await client.ended();
        if (client.raw.length > 0) throw new Error(`the answer was ${client.raw.toString('hex')}`);
      }
    },
  },
  {
    ...{ 4: '3.1.2-1', 5: '3.1.2-1' },
    is: 'another protocol name is turned away',
    run: (t) => isTurnedAway(t, '', '20020001', '2003008400'),
  },
  {
    ...{ 4: '3.1.2-2' },
    is: 'an unknown protocol level is answered with code 1, and the connection ends',
    run: (t) => isTurnedAway(t, '20020001'),
  },
  {
    ...{ 5: '3.1.2-2' },
    is: 'an unknown protocol version is answered with 0x84, or with code 1 of MQTT 3.1.1, and the connection ends',
    run: (t) => isTurnedAway(t, '2003008400', '20020001'),
  },
  {
    ...{ 4: '3.1.3-1', 5: '3.1.3-1' },
    is: 'id, will, user name and password are read in this order',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic('will'));
      const client = await t.client({ ...MEMBER, will: { topic: t.topic('will'), payload: 'the will' } });
      client.cut();
      if ((await reader.message()).text !== 'the will') throw new Error('another will');
    },
  },
  {
    ...{ 4: '3.1.3-5', 5: '3.1.3-5' },
    is: 'a client id of 1 to 23 letters and digits is taken',
    async run(t) {
      for (const id of ['Q', 'abcdefghijklmnopqrstuvw', 'ABCDEFGHIJKLMNOPQRSTUVW', 'xyzXYZ0123456789']) {
        await (await t.client({ id })).bye();
      }
    },
  },
  {
    ...{ 4: '3.1.3-6', 5: '3.1.3-6' },
    is: 'clients without an id get one each',
    async run(t) {
      const clients = [await t.client({ id: '' }), await t.client({ id: '' })];
      for (const client of clients) await client.isQuiet();
    },
  },
  {
    ...{ 5: '3.1.3-7 3.2.2-16' },
    is: 'an id that the broker made is told, is new, and is the client’s from then on',
    async run(t) {
      const clients = [await t.client({ id: '' }), await t.client({ id: '' })];
      const ids = clients.map(({ connack }) => String(property(connack, 'assignedId') ?? ''));
      if (ids.includes('') || ids[0] === ids[1]) throw new Error(`the ids are ${ids}`);
      await t.client({ id: ids[0] ?? '' });
      await clients[0]?.ended();
      await clients[1]?.isQuiet();
    },
  },
  {
    ...{ 4: '3.1.3-7 3.1.3-8 3.1.4-5 3.2.2-4 3.2.2-5' },
    is: 'a persistent session without an id is refused with code 2, and what follows does not count',
    run: async (t) => expectCode(await refusal(t, { id: '', clean: false }), 2),
  },
  {
    ...{ 4: '3.1.3-9', 5: '3.1.3-8' },
    is: 'an id that the broker does not take is refused as such, and the connection ends',
    async run(t) {
      const client = await t.dial();
      client.send(connect(t.version, { id: `${t.id()}/${'x'.repeat(70_000 - 5000)}` }));
      const { reason } = await client.takes('connack');
      if (reason === 0 && !t.target.isOurs) return;
      expectCode(reason, t.version === 5 ? 0x85 : 2);
      await client.ended();
    },
  },
  {
    ...{ 5: '3.1.4-2 3.1.4-6 3.2.2-6 3.2.2-7 3.2.2-8 4.13.2-1' },
    is: 'a wrong password is refused, the connection ends, and what follows does not count',
    run: async (t) => expectCode(await refusal(t, { ...MEMBER, password: 'wrong' }), 0x86, 0x87),
  },
  {
    ...{ 4: '3.1.4-5 3.2.2-4 3.2.2-5' },
    is: 'a wrong password is refused, the connection ends, and what follows does not count',
    run: async (t) => expectCode(await refusal(t, { ...MEMBER, password: 'wrong' }), 4, 5),
  },
  {
    ...{ 4: '3.1.4-2', 5: '3.1.4-3' },
    is: 'an id that comes again ends the older connection, in MQTT 5 with 0x8e',
    async run(t) {
      const older = await t.client({ id: t.id() });
      const newer = await t.client({ id: t.id() });
      const last = (await older.ended()).at(-1);
      if (t.version === 5 && t.target.isOurs && last?.reason !== 0x8e) throw new Error(`the reason is ${last?.reason}`);
      await newer.isQuiet();
    },
  },
  {
    ...{ 4: '3.1.4-4 3.2.0-1', 5: '3.1.4-5 3.2.0-1 3.2.0-2 3.2.2-1' },
    is: 'a CONNECT is answered with one CONNACK of success, which comes before all else',
    async run(t) {
      const keeper = await t.lasting({ id: t.id() });
      await keeper.subscribe(t.topic(), 1);
      await keeper.bye();
      const other = await t.client();
      await other.publish(t.topic(), 'kept', { qos: 1 });
      const client = await t.dial();
      client.send(
        connect(t.version, { id: t.id(), clean: false }),
        subscribe(t.version, 9, [[t.topic('more'), 0]]),
        PINGREQ,
      );
      const kinds = [];
      while (kinds.length < 4) kinds.push((await client.next()).kind);
      const [first, ...others] = kinds;
      if (first !== 'connack' || others.sort().join() !== 'pingresp,publish,suback') throw new Error(kinds.join());
    },
  },
  {
    ...{ 4: '3.2.2-6' },
    is: 'what no return code says ends the connection without CONNACK',
    async run(t) {
      const client = await t.dial();
      client.send(packet(0x10, str('MQTT'), Buffer.from([4, 2]), u16(0), str(Buffer.from([0xff]))));
      if ((await client.ended()).length > 0) throw new Error('an answer came');
    },
  },
  {
    ...{ 4: '7.1.1-1', 5: '4.2.0-1' },
    is: 'TCP carries packets, byte by byte or many at once',
    async run(t) {
      const client = await t.dial();
      const whole = concat(connect(t.version, { id: t.id() }), subscribe(t.version, 1, [[t.topic(), 0]]));
      for (const byte of whole) {
        client.send(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      await client.takes('connack');
      await client.takes('suback');
      client.send(...Array.from({ length: 100 }, (_, at) => publish(t.version, t.topic(), `${at}`)));
      const texts = await client.texts(100);
      if (texts.some((text, at) => text !== `${at}`)) throw new Error(texts.join());
    },
  },
  {
    ...{ 4: '3.1.2-24', 5: '3.1.2-22 3.2.2-22' },
    is: 'silence of one and a half times the keep-alive time ends the connection',
    async run(t) {
      const reader = await t.client();
      await reader.subscribe(t.topic('will'));
      const client = await t.client({ keepAlive: 1, will: { topic: t.topic('will'), payload: 'silent' } });
      const serverKeepAlive = Number(property(client.connack, 'serverKeepAlive') ?? 1);
      if (serverKeepAlive !== 1) throw new Error(`the broker makes it ${serverKeepAlive} s`);
      for (let count = 0; count < 2; count++) {
        await t.target.passes(1);
        await client.isQuiet();
      }
      // The gateway looks about once a second.
      await t.target.passes(3.5);
      await client.ended();
      if ((await reader.message()).text !== 'silent') throw new Error('another will');
    },
  },
  {
    ...{ 5: '3.1.2-28' },
    is: 'who does not ask for response information gets none',
    async run(t) {
      for (const properties of [[], [['requestResponse', 0] as const]]) {
        const { connack } = await t.client({ properties });
        if (property(connack, 'responseInformation') !== undefined) throw new Error('it came');
      }
    },
  },
  {
    ...{ 5: '3.2.2-10' },
    is: 'every QoS may be asked for, and the CONNACK limits none',
    async run(t) {
      const client = await t.client();
      const limit = property(client.connack, 'maximumQos');
      if (limit !== undefined) throw new Error(`it limits it to ${limit}`);
      const { codes } = await client.subscribe([0, 1, 2].map((qos) => [t.topic(`q${qos}`), qos] as const));
      if (codes.join() !== '0,1,2') throw new Error(`it granted ${codes}`);
    },
  },
  {
    ...{ 5: '3.2.2-15' },
    is: 'a packet above the broker’s maximum packet size ends the connection with 0x95',
    async run(t) {
      const client = await t.client();
      const limit = Number(property(client.connack, 'maximumPacketSize') ?? 300_000);
      client.send(publish(t.version, t.topic(), 'x'.repeat(limit)));
      await t.refused(client, 0x95);
    },
  },
  {
    ...{ 5: '4.12.0-1 4.12.0-4' },
    is: 'an unknown authentication method is refused with 0x8c, and the connection ends',
    async run(t) {
      const client = await t.dial();
      client.send(connect(5, { id: t.id(), properties: [['authMethod', 'SCRAM-SHA-1']] }));
      const [connack, ...more] = await client.ended();
      if (connack && (connack.reason !== 0x8c || more.length > 0)) throw new Error(`the reason is ${connack.reason}`);
    },
  },
  {
    ...{ 5: '4.12.0-6' },
    is: 'who names no authentication method hears nothing of one',
    async run(t) {
      const client = await t.client({ ...MEMBER });
      if (property(client.connack, 'authMethod') !== undefined) throw new Error('CONNACK names one');
      await client.isQuiet();
    },
  },
  {
    ...{ 5: '3.2.2-19 3.2.2-20' },
    is: 'a CONNACK that refuses is no longer than the client’s maximum packet size',
    async run(t) {
      const client = await t.dial();
      const code = (await client.introduce({ ...MEMBER, password: 'wrong', properties: [['maximumPacketSize', 8]] }))
        .reason;
      expectCode(code, 0x86, 0x87);
    },
  },
];
