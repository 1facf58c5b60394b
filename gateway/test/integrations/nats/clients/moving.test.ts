import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rooms, SOON } from './rooms.ts';

// A device that moves to another room is the same client, with its subscriptions.

let rooms: Rooms;
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(() => rooms.close());

test('an OOCSI program that lost its connection in one room hears in the next what it had subscribed to', async () => {
  const before = await rooms.oocsi('attic', 'nomad');
  before.send('subscribe news');
  await before.settle();
  before.close();
  await rooms.settled('nomad', undefined);
  const moved = await rooms.oocsi('hall', 'nomad');
  const read = () => rooms.get('hall', '/api/v1/clients/nomad');
  await expect.poll(read, SOON).toMatchObject({ subscriptions: ['news'] });
  const { client } = await rooms.mqtt('hall', 'reporter');
  await client.publishAsync('news', '{"n":1}');
  expect(await moved.take('news')).toMatchObject({ n: 1 });
});

test('a CrossComm client finds its subscriptions, and leaves none behind', async () => {
  const before = await rooms.crosscomm('attic', 'walker', { reconnect: false });
  await before.subscribe('walks/+', () => {});
  await rooms.settled('walker', 'attic');
  const raw = await rooms.crosscomm('hall', 'walker', { reconnect: false });
  const subscriptions = async (at: 'attic' | 'hall' | 'kitchen') =>
    ((await rooms.get(at, '/api/v1/clients/walker')) as { subscriptions: string[] }).subscriptions;
  await expect.poll(() => subscriptions('hall'), SOON).toContain('walks/+');
  await raw.logout();
  await rooms.settled('walker', undefined);
  await expect.poll(() => subscriptions('attic'), SOON).toEqual([]);
});
