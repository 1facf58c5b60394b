import { buildHouse, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectFrom, OPTIONS, type Party } from './parties.ts';

let house: TestHouse;
beforeEach(() => {
  house = buildHouse();
});

/** A connection of the board or computer at 192.0.2.`host`, where the rule holds; the lines are received. */
function come(host: number, ...lines: string[]): Party {
  const wire = new MemoryWire(`192.0.2.${host}:${50_000 + host}`);
  return connectFrom(house, wire, { ...OPTIONS, stickyPattern: true }, ...lines);
}

/** Ends a connection without a goodbye. */
const lose = (party: Party): void => party.session.disconnected();

const ids = (): string[] => house.hub.clients().map(({ id }) => id);
const members = (channel: string): string[] => house.hub.members(channel);

describe('a board that fills in the digits of its handle itself, and never subscribes again', () => {
  it('stays deaf under its new handle where the rule is off', () => {
    const open = (...lines: string[]): Party => connectFrom(house, new MemoryWire(), OPTIONS, ...lines);
    lose(open('esp-1111(JSON)', 'subscribe light'));
    open('esp-2222(JSON)');
    expect(members('light')).toEqual([]);
    expect(ids()).toEqual(['esp-1111', 'esp-2222']);
  });

  it('has the subscriptions that wait under its former handle, which is forgotten', () => {
    lose(come(1, 'esp-1111(JSON)', 'subscribe light', 'subscribe lab:secret'));
    house.clock.advance(60_000);
    come(1, 'esp-2222(JSON)');
    expect(members('light')).toEqual(['esp-2222']);
    expect(members('lab')).toEqual([]);
    expect(ids()).toEqual(['esp-2222']);
  });

  it('has them each time it comes back', () => {
    let board = come(1, 'esp-1111(JSON)', 'subscribe light');
    for (const digits of ['2222', '3333', '4444']) {
      lose(board);
      board = come(1, `esp-${digits}(JSON)`);
    }
    expect(members('light')).toEqual(['esp-4444']);
    expect(ids()).toEqual(['esp-4444']);
  });

  it('has them while its old connection is not known to be dead, once that has not answered a ping for 2 s', () => {
    const before = come(1, 'esp-1111(JSON)', 'subscribe light');
    const after = come(1);
    after.session.receive('esp-2222(JSON)');
    expect(before.wire.take()).toEqual(['ping\n']);
    house.clock.advance(1999);
    expect(after.wire.take()).toEqual([]);
    house.clock.advance(1);
    expect(after.wire.take()).toEqual([`{'message' : "welcome esp-2222"}\n`]);
    expect(before.wire.ended).toBeDefined();
    expect(members('light')).toEqual(['esp-2222']);
    expect(ids()).toEqual(['esp-2222']);
    expect(house.incidents.counts()).toEqual({});
  });

  it('has them after a restart of the gateway', () => {
    lose(come(1, 'esp-1111(JSON)', 'subscribe light'));
    const known = house.hub.clients();
    house = buildHouse();
    house.hub.restore({ clients: known, retained: [], scheduled: [] });
    come(1, 'esp-2222(JSON)');
    expect(members('light')).toEqual(['esp-2222']);
  });

  it('begins anew where it said goodbye, or stayed away too long, and is the same one in the list', () => {
    come(1, 'esp-1111(JSON)', 'subscribe light', 'quit');
    lose(come(1, 'esp-2222(JSON)', 'subscribe light'));
    house.clock.advance(300_001);
    come(1, 'esp-3333(JSON)');
    expect(members('light')).toEqual([]);
    expect(ids()).toEqual(['esp-3333']);
  });
});

describe('a client that leaves the digits to the gateway', () => {
  it('has its old handle again, with what waits for it', () => {
    const before = come(1, 'dev_##(JSON)', 'subscribe light');
    const { id } = before.session;
    lose(before);
    const after = come(1, 'dev_##(JSON)');
    expect(after.session.id).toBe(id);
    expect(members('light')).toEqual([id]);
  });

  it('is forgotten when it has gone where the rule is off', () => {
    lose(connectFrom(house, new MemoryWire(), OPTIONS, 'dev_####(JSON)', 'subscribe light'));
    expect(ids()).toEqual([]);
  });
});

describe('two programs of one computer and one pattern stay two', () => {
  it('where the first answers: the second waits for that alone, and has nothing of it', () => {
    const first = come(1, 'prog-1111(JSON)', 'subscribe light');
    const second = come(1);
    second.session.receive('prog-2222(JSON)');
    first.session.receive('.');
    expect(second.wire.take()).toEqual([`{'message' : "welcome prog-2222"}\n`]);
    second.session.receive('subscribe door');
    expect([members('light'), members('door')]).toEqual([['prog-1111'], ['prog-2222']]);
    expect(first.wire.ended).toBeUndefined();
  });

  it('where both leave the digits to the gateway', () => {
    const first = come(1, 'prog-####(JSON)', 'subscribe light');
    const second = come(1, 'prog-####(JSON)');
    first.session.receive('.');
    expect(ids()).toHaveLength(2);
    expect(second.session.id).not.toBe(first.session.id);
    lose(second);
    expect(members('light')).toEqual([first.session.id]);
  });

  it('where one of them is lost and comes back: it takes nothing from the other', () => {
    const first = come(1, 'prog-1111(JSON)', 'subscribe light');
    const second = come(1, 'prog-2222(JSON)');
    first.session.receive('.');
    second.session.receive('subscribe door');
    lose(second);
    come(1, 'prog-3333(JSON)');
    expect([members('light'), members('door')]).toEqual([['prog-1111'], ['prog-3333']]);
  });

  it('where both are lost: nobody can tell which comes back, so neither is taken for the other', () => {
    const first = come(1, 'prog-1111(JSON)', 'subscribe light');
    const second = come(1, 'prog-2222(JSON)');
    first.session.receive('.');
    second.session.receive('subscribe door');
    lose(first);
    lose(second);
    come(1, 'prog-3333(JSON)');
    expect([members('light'), members('door')]).toEqual([[], []]);
    come(1, 'prog-1111(JSON)');
    expect(members('light')).toEqual(['prog-1111']);
  });

  it('where three of them start, one of which hangs: the newcomer is that one', () => {
    const first = come(1, 'prog-1111(JSON)', 'subscribe light');
    const second = come(1, 'prog-2222(JSON)');
    first.session.receive('.');
    second.session.receive('subscribe door');
    come(1, 'prog-3333(JSON)');
    first.session.receive('.');
    house.clock.advance(2000);
    expect([members('light'), members('door')]).toEqual([['prog-1111'], ['prog-3333']]);
  });
});

describe('the rule does not hold', () => {
  it.each<[string, string, string, number]>([
    ['for another address', 'esp-1111', 'esp-2222', 2],
    ['for another pattern', 'esp-1111', 'esp-22222', 1],
    ['for numbers that somebody gave', 'lamp1', 'lamp2', 1],
    ['for numbers of two digits', 'desk-01', 'desk-02', 1],
  ])('%s', (_, before, after, host) => {
    lose(come(1, `${before}(JSON)`, 'subscribe light'));
    come(host, `${after}(JSON)`);
    expect(members('light')).toEqual([]);
    expect(ids()).toEqual([before, after]);
  });

  it('for a handle that comes back as it is, whatever else is away', () => {
    lose(come(1, 'esp-1111(JSON)', 'subscribe light'));
    lose(come(2, 'esp-2222(JSON)', 'subscribe door'));
    come(2, 'esp-2222(JSON)');
    come(1, 'esp-1111(JSON)');
    expect([members('light'), members('door')]).toEqual([['esp-1111'], ['esp-2222']]);
  });
});

it('a newcomer that leaves while the older connection is asked changes nothing', () => {
  const before = come(1, 'esp-1111(JSON)', 'subscribe light');
  lose(come(1, 'esp-2222(JSON)'));
  house.clock.advance(5000);
  expect(before.wire.ended).toBeUndefined();
  expect(ids()).toEqual(['esp-1111']);
});
