import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { Hub } from '../../src/hub/hub.ts';

/** Brings a client online; an HTTP client's id is always made up. */
function join(hub: Hub, id: string, protocol: 'http' | 'mqtt' | 'frames', transient = true): MemorySession {
  const session = new MemorySession(id, protocol);
  Object.assign(session, { transient });
  hub.join(session);
  return session;
}

const ids = (hub: Hub): string[] => hub.clients().map(({ id }) => id);

describe('a client whose id was made up', () => {
  it('is listed while it is online, and forgotten when it goes', () => {
    const { hub } = buildHouse();
    const session = join(hub, 'mqtt-3f2a', 'mqtt');
    hub.subscribe(session, 'news');
    expect(ids(hub)).toEqual(['mqtt-3f2a']);
    expect(hub.client('mqtt-3f2a')?.transient).toBe(true);
    hub.leave(session, 'closed');
    expect(hub.client('mqtt-3f2a')).toBeUndefined();
    expect(hub.summary(10)).toEqual({ known: 0, online: 0, newest: [] });
    join(hub, 'mqtt-3f2a', 'mqtt');
    expect(hub.members('news')).toEqual([]);
  });

  it('pushes out nobody who may come back', () => {
    const { hub } = buildHouse({ maxKnownClients: 1 });
    hub.leave(join(hub, 'board', 'mqtt', false), 'closed');
    hub.leave(join(hub, 'http-3f2a', 'http'), 'left');
    expect(ids(hub)).toEqual(['board']);
  });

  it('is never written down', () => {
    const { hub } = buildHouse();
    const changed: (string | undefined)[] = [];
    hub.events.on('known', (id) => changed.push(id));
    const session = join(hub, 'mqtt-3f2a', 'mqtt');
    hub.subscribe(session, 'news');
    hub.leave(session, 'closed');
    expect(changed).toEqual([]);
  });

  it('is struck from what is written down where it was known before', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'mqttjs_1', 'mqtt', false), 'left');
    const changed: (string | undefined)[] = [];
    hub.events.on('known', (id) => changed.push(id));
    hub.leave(join(hub, 'mqttjs_1', 'mqtt'), 'left');
    expect(changed).toEqual(['mqttjs_1']);
    expect(ids(hub)).toEqual([]);
  });

  it('is told of as gone while it can still be looked up', () => {
    const { hub } = buildHouse();
    const seen: unknown[] = [];
    hub.events.on('leave', (id) => seen.push(hub.client(id)?.online));
    hub.leave(join(hub, 'mqtt-3f2a', 'mqtt'), 'closed');
    expect(seen).toEqual([false]);
  });

  it('finds its subscriptions again while its session can be resumed, and is in no list meanwhile', () => {
    const { hub } = buildHouse();
    const session = join(hub, 'js-0a1b2c', 'frames');
    hub.subscribe(session, 'news');
    hub.leave(session, 'closed', { waits: true });
    expect(ids(hub)).toEqual([]);
    expect(hub.summary(10).known).toBe(0);
    hub.join(session);
    expect(hub.members('news')).toEqual(['js-0a1b2c']);
    hub.leave(session, 'closed', { waits: true });
    hub.forget('js-0a1b2c');
    hub.join(session);
    expect(hub.members('news')).toEqual([]);
  });
});

describe('a name', () => {
  it('is taken where a client has it or may come back to it, a channel has it, or the gateway', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'away', 'mqtt', false), 'closed');
    hub.subscribe(join(hub, 'here', 'mqtt', false), 'room');
    expect(['away', 'here', 'room', 'all', 'free'].filter((name) => hub.isTaken(name))).toEqual([
      'away',
      'here',
      'room',
      'all',
    ]);
  });
});
