import { MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { buildServiceHouse, take, takeData } from './support.ts';

describe('presence(NAME)', () => {
  it('tells who joins and leaves a channel, and nothing else', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(room)');
    const anna = house.join('anna', 'room');
    house.join('bert', 'room');
    house.hub.unsubscribe(anna, 'room');
    house.hub.leave(house.hub.session('bert') as MemorySession, 'closed');
    const from = { from: 'room', to: 'presence(room)' };
    expect(take(watcher)).toEqual([
      { ...from, data: { channel: 'room', join: 'anna' } },
      { ...from, data: { channel: 'room', join: 'bert' } },
      { ...from, data: { channel: 'room', leave: 'anna' } },
      { ...from, data: { channel: 'room', leave: 'bert' } },
    ]);
  });

  it('tells of a client that comes and goes, on whatever wire', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(arduino)');
    const board = new MemorySession('arduino', 'serial');
    house.hub.join(board);
    house.hub.subscribe(board, 'arduino');
    house.hub.leave(board, 'closed');
    expect(takeData(watcher)).toEqual([
      { client: 'arduino', join: 'arduino' },
      { client: 'arduino', leave: 'arduino' },
    ]);
  });

  it('tells of each subscription of a client and its end, but not of those that are private', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(lamp)');
    const lamp = house.join('lamp', 'room', 'shelf', 'safe:secret', 'presence(room)');
    house.hub.unsubscribe(lamp, 'room');
    house.hub.unsubscribe(lamp, 'safe:secret');
    expect(takeData(watcher)).toEqual([
      { client: 'lamp', join: 'lamp' },
      { client: 'lamp', created: '' },
      { client: 'lamp', created: '' },
      { client: 'lamp', closed: '' },
    ]);
  });

  it('tells those who watch when one of them is lost', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(lamp)', 'presence(room)');
    const lamp = house.join('lamp', 'room', 'presence(room)');
    take(watcher);
    house.hub.leave(lamp, 'timeout');
    expect(takeData(watcher)).toEqual([
      { channel: 'room', leave: 'lamp' },
      { client: 'lamp', closed: '' },
      { client: 'lamp', leave: 'lamp' },
      { channel: 'room', timeout: 'lamp' },
    ]);
  });

  it('says every five seconds who is there', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(room)', 'presence(lamp)');
    house.join('lamp', 'room');
    take(watcher);
    house.clock.advance(4999);
    expect(takeData(watcher)).toEqual([]);
    house.clock.advance(1);
    expect(takeData(watcher)).toEqual([
      { channel: 'room', refresh: ['lamp'] },
      { client: 'lamp', refresh: ['lamp'] },
    ]);
  });

  it('ends when it is unsubscribed', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(room)');
    house.hub.unsubscribe(watcher, 'presence(room)');
    house.join('anna', 'room');
    house.clock.advance(10_000);
    expect(takeData(watcher)).toEqual([]);
  });

  it('watches names that hold what separates the parts of an address', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(a:b[0)');
    house.join('a:b[0');
    expect(take(watcher)).toEqual([{ from: 'a:b[0', to: 'presence(a:b[0)', data: { client: 'a:b[0', join: 'a:b[0' } }]);
    expect(house.hub.unsubscribe(watcher, 'presence(a:b[0)')).toBe(true);
  });

  it('shows nothing of a channel with a password', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(safe)');
    const anna = house.join('anna', 'safe:secret');
    house.clock.advance(5000);
    house.hub.leave(anna, 'timeout');
    expect(takeData(watcher)).toEqual([{ channel: 'safe', refresh: [] }]);
  });

  it('is silent once the services stop', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'presence(room)');
    house.stopServices();
    house.join('anna', 'room');
    house.clock.advance(5000);
    expect(takeData(watcher)).toEqual([]);
  });
});

describe('CH/?', () => {
  it('names the members each second while anyone asks', () => {
    const house = buildServiceHouse();
    house.join('anna', 'room');
    house.join('bert', 'room');
    const asker = house.join('asker', 'room/?');
    house.clock.advance(2000);
    const answer = { from: 'SERVER', to: 'room/?', data: { channels: 'anna, bert', members: ['anna', 'bert'] } };
    expect(take(asker)).toEqual([answer, answer]);
    house.hub.unsubscribe(asker, 'room/?');
    const before = house.hub.counters.messages;
    house.clock.advance(2000);
    expect(house.hub.counters.messages).toBe(before);
  });

  it('names nobody of a channel with a password, or of one that is empty', () => {
    const house = buildServiceHouse();
    house.join('anna', 'safe:secret');
    const asker = house.join('asker', 'safe/?', 'void/?');
    house.clock.advance(1000);
    expect(takeData(asker)).toEqual([
      { channels: '', members: [] },
      { channels: '', members: [] },
    ]);
  });
});
