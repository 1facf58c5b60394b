import { describe, expect, it } from 'vitest';
import { listChannels, listClients } from '../../../../src/protocols/oocsi/services/lists.ts';
import { join } from '../../../support/send.ts';
import { buildHouse } from '../../../support/test-hub.ts';

describe('the lists of names', () => {
  it('are made once for all who ask, until a name comes or goes', () => {
    const { hub } = buildHouse();
    const anna = join(hub, 'anna', ['room']);
    const before = [listChannels(hub), listClients(hub)];
    hub.touch('anna');
    join(hub, 'bob', [], 'gateway');
    hub.subscribe(anna, 'more');
    const after = [listChannels(hub), listClients(hub)];
    expect(before.map(({ text }) => text)).toEqual(['room, anna', 'anna']);
    expect(after.map(({ text }) => text)).toEqual(['room, more, anna', 'anna']);
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
    expect(seen).toEqual(['room, anna | anna', 'room, anna | anna', 'anna | anna', ' | ', 'anna | anna']);
  });

  it('show a client whose name is also a private channel', () => {
    const { hub } = buildHouse();
    join(hub, 'anna');
    join(hub, 'bob', ['anna:secret', 'a+b', 'a/#']);
    expect(listChannels(hub).text).toBe('anna, bob');
  });
});
