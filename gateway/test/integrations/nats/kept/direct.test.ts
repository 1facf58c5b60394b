import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Name, Rooms } from '../clients/rooms.ts';
import { counted, type Ears, lasting, mqttAt, SOON, say, texts } from './support.ts';

// Messages to a client that is away wait for it in whichever of three rooms it was last, and go with it to another.

let rooms: Rooms;
const opened: MqttClient[] = [];
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(async () => {
  for (const client of opened) await client.endAsync(true);
  await rooms.close();
});

/** A client whose session lasts; with filters it subscribes to them. */
async function visit(name: Name, clientId: string, ...filters: string[]): Promise<Ears> {
  const ears = await mqttAt(rooms.at(name).listeners.mqtt.port, lasting(clientId), ...filters);
  opened.push(ears.client);
  return ears;
}

/** Publishes numbers to a client, one after the other. */
async function tell(mouth: MqttClient, id: string, from: number, to: number): Promise<void> {
  await say(mouth, `$direct/${id}`, from, to);
}

/** Waits until a room knows that something waits for a client elsewhere: what is sent to it is taken then. */
async function isAwayFor(name: Name, id: string): Promise<void> {
  const send = async () => {
    const body = JSON.stringify({ sender: 'shell', try: 1 });
    const answer = await fetch(`${rooms.at(name).url}/send/${id}`, { method: 'POST', body });
    return ((await answer.json()) as { delivered: number }).delivered;
  };
  await rooms.settled(id, undefined);
  await expect.poll(send, SOON).toBe(1);
}

const numbers = (ears: Ears): string[] => counted(ears).filter((text) => /^\d+$/.test(text));

/** Waits until the servers have all that a room has taken to be kept. */
async function isThroughFrom(name: Name): Promise<void> {
  const waiting = async () =>
    ((await rooms.get(name, '/api/v1/cluster')) as { kept: { waiting: number } }).kept.waiting;
  await expect.poll(waiting, SOON).toBe(0);
}

test('what is sent in another room to a client that is away waits where it was, by every protocol, once and in order', async () => {
  const first = await visit('hall', 'away-1', '$direct/away-1/#');
  await first.client.endAsync();
  await isAwayFor('attic', 'away-1');
  const { client: mouth } = await rooms.mqtt('attic', 'mouth-1');
  const oocsi = await rooms.oocsi('attic', 'oocsi-1');
  const crosscomm = await rooms.crosscomm('kitchen', 'crosscomm-1');
  await tell(mouth, 'away-1', 0, 50);
  oocsi.send('sendraw away-1 {"by":"oocsi"}');
  expect(await crosscomm.send('away-1', { by: 'crosscomm' })).toMatchObject({ delivered: 1, refused: 0 });
  const device = await rooms.frames('attic', 'device-1');
  await device.take('welcome');
  device.say({
    type: 'sequenced',
    seq: 1,
    frame: { type: 'message', to: 'away-1', value: new Map([['by', 'frames']]) },
  });
  const again = await visit('hall', 'away-1');
  await expect.poll(() => again.heard.length, SOON).toBeGreaterThanOrEqual(54);
  expect(numbers(again)).toEqual(texts(0, 50));
  for (const by of ['oocsi', 'crosscomm', 'frames']) {
    expect(again.heard.filter((text) => text === `{"by":"${by}"}`)).toHaveLength(1);
  }
}, 60_000);

test('what waits goes with a client to another room, in a cut as well, before what is sent there', async () => {
  const first = await visit('hall', 'mover', '$direct/mover/#');
  await first.client.endAsync();
  await isAwayFor('attic', 'mover');
  const { client: mouth } = await rooms.mqtt('attic', 'mouth-2');
  await tell(mouth, 'mover', 0, 100);
  await isThroughFrom('attic');
  await rooms.way('attic').cut();
  await tell(mouth, 'mover', 100, 200);
  const there = await visit('kitchen', 'mover', '$direct/mover/#');
  await expect.poll(() => numbers(there).length, SOON).toBe(100);
  await rooms.way('attic').mend();
  await tell(mouth, 'mover', 200, 300);
  await expect.poll(() => numbers(there).length, SOON).toBeGreaterThanOrEqual(300);
  expect(numbers(there)).toEqual(texts(0, 300));
  await there.client.endAsync();
  const back = await visit('hall', 'mover');
  await tell(mouth, 'mover', 300, 301);
  await expect.poll(() => numbers(back), SOON).toEqual(['300']);
}, 90_000);

test('the room that a client left hands over what waits there once its link is back', async () => {
  const first = await visit('hall', 'late', '$direct/late/#');
  await first.client.endAsync();
  await isAwayFor('attic', 'late');
  const { client: mouth } = await rooms.mqtt('attic', 'mouth-3');
  const { client: neighbour } = await rooms.mqtt('hall', 'neighbour-3');
  await rooms.way('hall').cut();
  await tell(neighbour, 'late', 0, 50);
  await tell(mouth, 'late', 100, 150);
  const there = await visit('kitchen', 'late', '$direct/late/#');
  await tell(mouth, 'late', 150, 200);
  await rooms.way('hall').mend();
  await expect.poll(() => numbers(there).length, SOON).toBeGreaterThanOrEqual(150);
  const heard = numbers(there);
  expect(heard.filter((text) => Number(text) < 100)).toEqual(texts(0, 50));
  expect([...heard].sort((a, b) => Number(a) - Number(b))).toEqual([...texts(0, 50), ...texts(100, 200)]);
}, 90_000);
