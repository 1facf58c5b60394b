import { afterAll, beforeAll, expect, test } from 'vitest';
import { NAMES, Rooms, SOON } from './rooms.ts';

// Who is online at one gateway is seen at every other, in every list that there is.

let rooms: Rooms;
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(() => rooms.close());

test('all lists agree on who is online, by whatever protocol, and on which gateway has it', async () => {
  await rooms.mqtt('attic', 'lists-mqtt');
  await rooms.oocsi('hall', 'lists-oocsi');
  const crosscomm = await rooms.crosscomm('kitchen', 'lists-crosscomm');
  const device = await rooms.frames('attic', 'lists-frames');
  await device.take('welcome');
  const where = {
    'lists-mqtt': 'attic',
    'lists-oocsi': 'hall',
    'lists-crosscomm': 'kitchen',
    'lists-frames': 'attic',
  } as const;
  for (const [id, name] of Object.entries(where)) await rooms.settled(id, name);
  const ids = Object.keys(where).sort();
  for (const name of NAMES) {
    const asker = await rooms.oocsi(name, `asker-${name}`);
    asker.send('clients');
    const line = await asker.takeLine((text) => text.includes('lists-mqtt'));
    expect(line).toEqual(expect.stringContaining('lists-crosscomm'));
    for (const id of ids) expect(line).toContain(id);
    const { heard } = await rooms.mqtt(name, `watcher-${name}`, ['$presence/+']);
    for (const id of ids)
      await expect.poll(() => heard.join('\n'), SOON).toContain(`$presence/${id} {"status":"online"`);
  }
  const { clients } = await crosscomm.listClients({ onlyShowOnline: true });
  expect(clients.map(({ clientId }) => clientId)).toEqual(expect.arrayContaining(ids));
  device.say({ type: 'listClients', onlyOnline: true });
  const listed: string[] = [];
  for (let more = true; more; ) {
    const frame = await device.take('sequenced');
    if (frame.frame?.type !== 'clients') throw new Error('no list');
    listed.push(...frame.frame.clients.map(({ id }) => id));
    more = frame.frame.more;
    device.say({ type: 'ack', seq: frame.seq });
  }
  expect(listed).toEqual(expect.arrayContaining(ids));
});

test('whoever comes and goes elsewhere is told of by presence', async () => {
  const { heard } = await rooms.mqtt('attic', 'presence-ears', ['$presence/wanderer']);
  const old = await rooms.oocsi('hall', 'presence-oocsi');
  old.send('subscribe presence(wanderer)');
  await old.settle();
  const { client } = await rooms.mqtt('kitchen', 'wanderer');
  await expect
    .poll(() => heard.at(-1), SOON)
    .toMatch(/"status":"online","protocol":"mqtt","since":\d+,"gateway":"kitchen"/);
  expect(await old.takeLine((line) => line.includes('"join"'))).toContain('"wanderer"');
  await client.endAsync();
  await expect.poll(() => heard.at(-1), SOON).toContain('"status":"offline"');
  expect(await old.takeLine((line) => line.includes('"leave"'))).toContain('"wanderer"');
});
