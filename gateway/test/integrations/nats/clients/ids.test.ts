import { once } from 'node:events';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Name, Rooms, SOON } from './rooms.ts';

// An id is there once in the whole cluster, whatever happened between.

let rooms: Rooms;
beforeAll(async () => {
  rooms = await Rooms.open({ oocsi: { host: '127.0.0.1', port: 0, tlsPort: 0, takeoverMs: 1500 } });
});
afterEach(() => rooms.way('attic').mend());
afterAll(() => rooms.close());

/** Comes under an id at a gateway; `gone` is resolved when it is closed there. */
async function come(protocol: 'mqtt' | 'crosscomm', name: Name, id: string): Promise<{ gone: Promise<unknown> }> {
  if (protocol === 'mqtt') {
    const { client } = await rooms.mqtt(name, id);
    return { gone: new Promise((resolve) => client.on('disconnect', ({ reasonCode }) => resolve(reasonCode))) };
  }
  const client = await rooms.crosscomm(name, id, { reconnect: false });
  return { gone: new Promise((resolve) => client.statusListener(({ closed }) => closed && resolve(closed.code))) };
}

const CODES = { mqtt: 0x8e, crosscomm: 1008 } as const;

for (const protocol of ['mqtt', 'crosscomm'] as const) {
  for (const [first, second] of [
    ['attic', 'hall'],
    ['hall', 'attic'],
  ] as const) {
    test(`${protocol}: a client that moves from ${first} to ${second} is there alone at once`, async () => {
      const id = `move-${protocol}-${first}`;
      const before = await come(protocol, first, id);
      await rooms.settled(id, first);
      const after = await come(protocol, second, id);
      expect(await before.gone).toBe(CODES[protocol]);
      await rooms.settled(id, second);
      const stays = await Promise.race([after.gone, rooms.others('kitchen')]);
      expect(stays).toEqual(expect.any(Array));
    });

    test(`${protocol}: an id that came to ${first} and then to ${second} in a cut stays where it came last`, async () => {
      const id = `cut-${protocol}-${first}`;
      await rooms.way('attic').cut();
      await expect.poll(() => rooms.others('hall'), SOON).not.toContain('attic');
      const before = await come(protocol, first, id);
      const after = await come(protocol, second, id);
      const seen = async () => [(await rooms.online('attic'))[id], (await rooms.online('hall'))[id]];
      expect(await seen()).toEqual(['attic', 'hall']);
      await rooms.way('attic').mend();
      expect(await before.gone).toBe(CODES[protocol]);
      await rooms.settled(id, second);
      const stays = await Promise.race([after.gone, rooms.others('kitchen')]);
      expect(stays).toEqual(expect.any(Array));
    });
  }
}

test('clients of a gateway that is cut are offline elsewhere, stay where they are, and come back', async () => {
  const { client } = await rooms.mqtt('attic', 'stays', ['stays']);
  const neighbour = await rooms.crosscomm('attic', 'neighbour');
  await rooms.settled('stays', 'attic');
  await rooms.way('attic').cut();
  await expect.poll(async () => (await rooms.online('hall')).stays, SOON).toBeUndefined();
  expect(client.connected).toBe(true);
  expect(await neighbour.send('stays', { n: 1 })).toMatchObject({ delivered: 1 });
  await rooms.way('attic').mend();
  await rooms.settled('stays', 'attic');
});

test('a client of another protocol is refused as long as the id is in use elsewhere', async () => {
  await rooms.mqtt('attic', 'taken');
  await rooms.settled('taken', 'attic');
  await expect(rooms.oocsi('hall', 'taken')).rejects.toThrow('refused');
  await expect(rooms.crosscomm('kitchen', 'taken', { reconnect: false })).rejects.toThrow();
  await rooms.settled('taken', 'attic');
});

test('OOCSI: a handle that answers elsewhere is kept, and one that is silent is given up', async () => {
  const holder = await rooms.oocsi('attic', 'handle');
  await rooms.settled('handle', 'attic');
  await expect(rooms.oocsi('hall', 'handle')).rejects.toThrow('refused');
  const closed = once(holder.socket, 'close');
  holder.socket.pause();
  const newcomer = await OocsiClient.open(rooms.at('hall').listeners.oocsi.port, 'handle');
  expect(await newcomer.takeLine((line) => line.includes('welcome'))).toContain('handle');
  holder.socket.resume();
  await closed;
  await rooms.settled('handle', 'hall');
  newcomer.close();
});

test('frames: a device that answers elsewhere is kept, and one whose link is gone moves', async () => {
  const device = await rooms.frames('attic', 'board');
  await device.take('welcome');
  await rooms.settled('board', 'attic');
  device.socket.on('message', () => device.say({ type: 'pong', n: 0 }));
  const twin = await rooms.frames('hall', 'board');
  expect(await twin.take('error')).toMatchObject({ about: [0] });
  device.socket.terminate();
  await expect
    .poll(async () => {
      const moved = await rooms.frames('hall', 'board');
      return await Promise.race([moved.take('welcome'), moved.take('error')]);
    }, SOON)
    .toMatchObject({ type: 'welcome' });
  await rooms.settled('board', 'hall');
});
