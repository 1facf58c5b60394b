import { MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { buildServiceHouse, take, takeData } from './support.ts';

describe('the system channels', () => {
  it('list channels and clients each second', () => {
    const house = buildServiceHouse();
    house.join('anna', 'room', 'safe:secret', 'sensors/#');
    const watcher = house.join('watcher', 'OOCSI_channels', 'OOCSI_clients');
    house.clock.advance(1000);
    expect(take(watcher)).toEqual([
      {
        from: 'SERVER',
        to: 'OOCSI_channels',
        data: { channels: 'echo, heyOOCSIClient, heyOOCSI!, anna, room, watcher, OOCSI_channels, OOCSI_clients' },
      },
      { from: 'SERVER', to: 'OOCSI_clients', data: { clients: 'anna,watcher' } },
    ]);
  });

  it('count messages without the services own', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'OOCSI_metrics', 'timechannel');
    house.join('anna', 'room');
    house.clock.advance(2000);
    take(watcher);
    house.say('bert', 'room', { n: 1 });
    house.say('bert', 'room', { n: 2 });
    house.clock.advance(1000);
    expect(takeData(watcher)).toContainEqual({ uptime: 3000, messagesTotal: 2, messages: 2, channels: 8, clients: 2 });
    house.clock.advance(1000);
    expect(takeData(watcher)).toContainEqual({ uptime: 4000, messagesTotal: 2, messages: 0, channels: 8, clients: 2 });
  });

  it('tell of connections and subscriptions as they happen, but not of private channels', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'OOCSI_connections');
    const anna = house.join('anna', 'room', 'safe:secret', 'OOCSI_events');
    house.hub.leave(anna, 'timeout');
    expect(takeData(watcher)).toEqual([
      { CLIENT: 'anna', CHANNEL: 'OOCSI', OP: 'client connected' },
      { CLIENT: 'anna', CHANNEL: 'room', OP: 'subscribed' },
      { CLIENT: 'anna', CHANNEL: 'room', OP: 'unsubscribed' },
      { CLIENT: 'anna', CHANNEL: 'OOCSI', OP: 'client disconnected (timeout)' },
    ]);
  });

  it('tell of each message, by its size and not by what it says', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'OOCSI_events');
    house.join('anna', 'room');
    house.join('carl', 'safe:secret');
    house.say('bert', 'room', { color: 255, name: 'red', _RETAIN: 5 });
    house.say('bert', 'anna', { hello: true });
    house.say('bert', 'nobody', { hello: true });
    house.say('bert', 'safe:secret', { hello: true });
    house.say('bert', 'OOCSI_metrics', { hello: true });
    expect(take(watcher)).toEqual([
      {
        from: 'SERVER',
        to: 'OOCSI_events',
        data: { PUB: 'bert', CHANNEL: 'room', SUB: ['anna'], count: 2, size: 6 },
      },
      {
        from: 'SERVER',
        to: 'OOCSI_events',
        data: { PUB: 'bert', CHANNEL: 'anna', SUB: ['anna'], count: 1, size: 4 },
      },
    ]);
    house.hub.unsubscribe(watcher, 'OOCSI_events');
    house.say('bert', 'room', { color: 1 });
    expect(takeData(watcher)).toEqual([]);
  });

  it('name the first hundred recipients of a message, and say how many there are', () => {
    const house = buildServiceHouse({ maxKnownClients: 200 });
    const watcher = house.join('watcher', 'OOCSI_events');
    for (let count = 0; count < 120; count++) house.join(`client-${count}`, 'room');
    house.say('bert', 'room', { n: 1 });
    const [event] = takeData(watcher) as { SUB: string[]; recipients: number }[];
    expect([event?.SUB.length, event?.SUB.at(-1), event?.recipients]).toEqual([100, 'client-99', 120]);
  });

  it('send nothing while nobody subscribes', () => {
    const house = buildServiceHouse();
    house.join('anna', 'room');
    house.clock.advance(60_000);
    expect(house.hub.counters.messages).toBe(0);
  });
});

describe('the built-in clients', () => {
  it('echo sends the same body and kind back to its sender', () => {
    const house = buildServiceHouse();
    const anna = house.join('anna');
    house.say('anna', 'echo', { _MESSAGE_ID: 'x', value: 1 });
    expect(take(anna)).toEqual([{ from: 'echo', to: 'anna', data: { _MESSAGE_ID: 'x', value: 1 } }]);
  });

  it('keep their names', () => {
    const house = buildServiceHouse();
    for (const name of ['echo', 'timechannel', 'testchannel', 'SERVER', 'heyOOCSIClient', 'heyOOCSI!']) {
      expect(house.hub.join(new MemorySession(name)).outcome).toBe('reserved');
    }
    expect(house.hub.clients()).toEqual([]);
  });

  it('tell the local time once a second', () => {
    const house = buildServiceHouse();
    const watcher = house.join('watcher', 'timechannel');
    const now = new Date(2026, 1, 3, 4, 5, 6);
    house.clock.jumpTo(now.getTime() - 1000);
    house.clock.advance(1000);
    expect(take(watcher)).toEqual([
      {
        from: 'SERVER',
        to: 'timechannel',
        data: {
          ...{ y: 2026, M: 1, d: 3, dw: 3, h: 4, m: 5, s: 6 },
          timestamp: now.getTime(),
          datetime: '2026-02-03T04:05:06',
        },
      },
    ]);
  });

  it('send changing numbers three times a second, a second after the first subscriber', () => {
    const house = buildServiceHouse();
    house.clock.advance(200);
    const watcher = house.join('watcher', 'testchannel');
    house.clock.advance(1000);
    expect(takeData(watcher)).toEqual([]);
    house.clock.advance(1000);
    const first = takeData(watcher);
    expect(first).toHaveLength(3);
    expect(first[0]).toEqual({ color: 90, position: 160 });
    house.join('late', 'testchannel');
    house.clock.advance(10_000);
    expect(new Set(takeData(watcher).map((data) => (data as { color: number }).color)).size).toBeGreaterThan(20);
    house.hub.unsubscribe(watcher, 'testchannel');
    house.hub.unsubscribe(house.hub.session('late') as MemorySession, 'testchannel');
    house.clock.advance(1000);
    house.hub.subscribe(watcher, 'testchannel');
    house.clock.advance(1000);
    expect(takeData(watcher)).toEqual([]);
  });

  it('are gone when the services stop', () => {
    const house = buildServiceHouse();
    house.stopServices();
    expect(house.hub.channels()).toEqual([]);
  });
});
