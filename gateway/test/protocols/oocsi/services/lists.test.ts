import { join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { listChannels, listClients, listMembers } from '../../../../src/protocols/oocsi/services/lists.ts';

describe('the lists of names', () => {
  it('are made once for all who ask, until a name comes or goes', () => {
    const { hub } = buildHouse();
    const anna = join(hub, 'anna', ['room']);
    const before = [listChannels(hub), listClients(hub)];
    hub.touch('anna');
    join(hub, 'bob', [], 'gateway');
    hub.subscribe(anna, 'more');
    const after = [listChannels(hub), listClients(hub)];
    expect(before.map(({ text }) => text)).toEqual(['anna, room', 'anna']);
    expect(after.map(({ text }) => text)).toEqual(['anna, room, more', 'anna']);
    expect([listChannels(hub), listClients(hub)]).toEqual(after);
    expect(listChannels(hub)).toBe(after[0]);
  });

  it('are right after each kind of change', () => {
    const { hub } = buildHouse();
    const seen: string[] = [];
    const look = () => seen.push(`${listChannels(hub).text} | ${listClients(hub).text}`);
    const anna = join(hub, 'anna', ['room']);
    look();
    hub.subscribe(anna, 'anna');
    look();
    hub.unsubscribe(anna, 'room');
    look();
    hub.leave(anna, 'timeout');
    look();
    join(hub, 'anna');
    look();
    expect(seen).toEqual(['anna, room | anna', 'anna, room | anna', 'anna | anna', ' | ', 'anna | anna']);
  });

  it('name channels and clients oldest first, then channels that only have a retained message', () => {
    const { hub } = buildHouse();
    const anna = join(hub, 'anna');
    join(hub, 'bob', ['old']);
    hub.subscribe(anna, 'new');
    hub.subscribe(anna, 'kept');
    for (const channel of ['kept', 'safe:secret', 'old']) send(hub, 'bob', channel, 'hi', { retainMs: 60_000 });
    expect(listChannels(hub).text).toBe('anna, bob, old, new, kept');
    hub.unsubscribe(anna, 'kept');
    join(hub, 'carl', ['late']);
    expect(listChannels(hub).text).toBe('anna, bob, old, new, carl, late, kept');
    send(hub, 'bob', 'kept', 'bye');
    expect(listChannels(hub).text).toBe('anna, bob, old, new, carl, late');
  });

  it('leave out what the gateway makes for those who watch', () => {
    const { hub } = buildHouse();
    join(hub, 'anna', ['presence(room)', 'room/?', 'room']);
    expect(listChannels(hub).text).toBe('anna, room');
  });

  it('show the members of a private channel to who knows the password', () => {
    const { hub } = buildHouse();
    join(hub, 'anna', ['safe:secret', 'room']);
    const asked = ['safe:secret', 'safe', 'safe:wrong', 'room', 'room:x', 'nowhere:x', ''];
    expect(asked.map((address) => listMembers(hub, address))).toEqual([['anna'], [], [], ['anna'], ['anna'], [], []]);
  });

  it('show a client whose name is also a private channel', () => {
    const { hub } = buildHouse();
    join(hub, 'anna');
    join(hub, 'bob', ['anna:secret', 'a+b', 'a/#']);
    expect(listChannels(hub).text).toBe('anna, bob');
  });
});
