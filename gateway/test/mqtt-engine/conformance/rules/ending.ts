import { on, once } from 'node:events';
import WebSocket from 'ws';
import { concat } from '../bytes.ts';
import { connect, PINGREQ, packetOfDisconnect, publish, readPacket, subscribe } from '../packets.ts';
import type { Rule, Trial } from '../trial.ts';

/** PINGREQ, DISCONNECT, AUTH and errors (sections 3.12 to 3.15, 4.12, 4.13), and WebSocket (section 6). */

export const ending: Rule[] = [
  {
    ...{ 4: '3.12.4-1', 5: '3.12.4-1' },
    is: 'each PINGREQ is answered with a PINGRESP',
    async run(t) {
      const client = await t.client();
      client.send(PINGREQ, PINGREQ, PINGREQ);
      for (let count = 0; count < 3; count++) await client.takes('pingresp');
      await client.isQuiet();
    },
  },
  {
    ...{ 5: '3.14.0-1' },
    is: 'who has no CONNACK yet gets no DISCONNECT',
    async run(t) {
      for (const wrong of [PINGREQ, connect(5, { id: t.id(), flip: 1 }), packetOfDisconnect(0x42)]) {
        const client = await t.dial();
        client.send(wrong);
        const packets = await client.ended();
        if (packets.some(({ kind }) => kind === 'disconnect')) throw new Error('it got one');
      }
    },
  },
  {
    ...{ 5: '3.14.2-1 3.14.2-2 3.14.4-1 3.14.4-2 4.13.2-1' },
    is: 'after the broker’s DISCONNECT, which has a reason and no session expiry, nothing comes and the connection ends',
    async run(t) {
      const client = await t.lasting();
      await client.subscribe(t.topic(), 1);
      client.send(publish(5, t.topic(), 'x', { qos: 3 }), publish(5, t.topic(), 'x', { qos: 1, id: 9 }), PINGREQ);
      await t.refused(client, 0x81);
    },
  },
  {
    ...{ 5: '4.12.1-2' },
    is: 'an attempt to authenticate again, where there is no method, ends the connection',
    async run(t) {
      const client = await t.client();
      client.send(Buffer.from('f010190e15000b534352414d2d5348412d31', 'hex'));
      await t.refused(client, 0x82, 0x81, 0x87, 0x8c);
    },
  },
];

/** An open WebSocket that speaks MQTT. */
async function open(t: Trial): Promise<WebSocket> {
  const socket = new WebSocket(t.target.webSocket, ['mqtt']);
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}

/** The kinds of the packets that come, one after the other; it ends with the connection. */
async function* kindsOf(t: Trial, socket: WebSocket): AsyncGenerator<string> {
  let bytes: Buffer = Buffer.alloc(0);
  const signal = AbortSignal.timeout(20_000);
  for await (const [chunk, isBinary] of on(socket, 'message', { close: ['close'], signal })) {
    if (isBinary !== true) throw new Error('text came');
    bytes = concat(bytes, chunk as Buffer);
    for (let got = readPacket(t.version, bytes); got; got = readPacket(t.version, bytes)) {
      yield got.kind;
      bytes = bytes.subarray(got.length);
    }
  }
}

/** The next so many, sorted. */
async function take(kinds: AsyncGenerator<string>, count: number): Promise<string> {
  const taken: string[] = [];
  while (taken.length < count) taken.push(String((await kinds.next()).value));
  return taken.sort().join();
}

export const byWebSocket: Rule[] = [
  {
    ...{ 4: '6.0.0-1', 5: '6.0.0-1' },
    is: 'a text frame ends the connection, and what the broker sends is binary',
    async run(t) {
      const socket = await open(t);
      const kinds = kindsOf(t, socket);
      socket.send(connect(t.version, { id: t.id() }));
      const first = await take(kinds, 1);
      socket.send(PINGREQ.toString());
      const others: string[] = [];
      for await (const kind of kinds) others.push(kind);
      if (first !== 'connack' || others.includes('pingresp')) throw new Error(`${first} and ${others}`);
    },
  },
  {
    ...{ 4: '6.0.0-2', 5: '6.0.0-2' },
    is: 'packets may be cut anywhere, and several may come in one frame',
    async run(t) {
      const socket = await open(t);
      const kinds = kindsOf(t, socket);
      const whole = concat(connect(t.version, { id: t.id() }), subscribe(t.version, 1, [[t.topic(), 0]]));
      for (const byte of whole) socket.send(Buffer.from([byte]));
      const first = await take(kinds, 2);
      socket.send(concat(publish(t.version, t.topic(), 'x'), PINGREQ, PINGREQ));
      const second = await take(kinds, 3);
      socket.terminate();
      if (first !== 'connack,suback' || second !== 'pingresp,pingresp,publish')
        throw new Error(`${first} and ${second}`);
    },
  },
  {
    ...{ 4: '6.0.0-4', 5: '6.0.0-4' },
    is: 'the sub-protocol that the broker chooses is mqtt',
    async run(t) {
      const socket = new WebSocket(t.target.webSocket, ['other', 'mqtt']);
      await once(socket, 'open');
      const { protocol } = socket;
      socket.terminate();
      if (protocol !== 'mqtt') throw new Error(`it is ${protocol}`);
    },
  },
];
