import { join } from '@crosscomm/testing/send';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeaveReason } from '../../src/hub/session.ts';

const IDS = ['a', 'b', 'c', 'd'];
const CHANNELS = ['a', 'x', 'x/y', 'x/+', '#', 'z:secret'];

/** One thing that happens to a client. */
const step = fc.record({
  id: fc.constantFrom(...IDS),
  act: fc.constantFrom('join', 'replace', 'left', 'closed', 'subscribe', 'unsubscribe', 'forget'),
  channel: fc.constantFrom(...CHANNELS),
});

describe('what the hub says of itself', () => {
  it('stays the same however clients come and go: who is online, who subscribes to what, and whether names changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { hub } = buildHouse({ maxKnownClients: 2 });
        const online = new Map<string, { session: MemorySession; channels: Set<string> }>();
        let before = { names: hub.names().join(), version: hub.namesVersion };
        for (const { id, act, channel } of steps) {
          const now = online.get(id);
          const name = channel.split(':')[0] as string;
          if (act === 'join' && now === undefined) {
            const session = join(hub, id);
            online.set(id, { session, channels: new Set(hub.subscriptions(session)) });
          } else if (act === 'replace' && now !== undefined) {
            const session = new MemorySession(id);
            hub.join(session, { takeover: true });
            now.channels.delete('z:secret');
            online.set(id, { session, channels: now.channels });
          } else if ((act === 'left' || act === 'closed') && now !== undefined) {
            hub.leave(now.session, act as LeaveReason);
            online.delete(id);
          } else if (act === 'subscribe' && now !== undefined) {
            hub.subscribe(now.session, channel);
            now.channels.add(channel);
          } else if (act === 'unsubscribe' && now !== undefined) {
            expect(hub.unsubscribe(now.session, name)).toBe(now.channels.delete(channel));
          } else if (act === 'forget') hub.forget(id);

          expect(hub.onlineCount).toBe(online.size);
          expect(hub.onlineIds().sort()).toEqual([...online.keys()].sort());
          expect(hub.clients().filter((client) => !client.online).length).toBeLessThanOrEqual(2);
          for (const { session, channels } of online.values()) {
            expect(new Set(hub.subscriptions(session))).toEqual(channels);
          }
          for (const { session, channels } of online.values()) {
            for (const each of ['a', 'x', 'x/y']) {
              expect(hub.members(each).includes(session.id)).toBe(channels.has(each));
            }
          }
          const after = { names: hub.names().join(), version: hub.namesVersion };
          if (after.names !== before.names) expect(after.version).not.toBe(before.version);
          before = after;
        }
      }),
    );
  });

  it('lets go of a session that left, as far as it can be asked', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['news', 'home/#', 'safe:secret']);
    hub.leave(bob, 'closed');
    expect([hub.session('bob'), hub.subscriptions(bob), hub.members('news')]).toEqual([undefined, [], []]);
    expect(hub.client('bob')?.subscriptions).toEqual(['news', 'home/#']);
    const version = hub.namesVersion;
    hub.leave(bob, 'closed');
    expect([hub.onlineCount, hub.namesVersion]).toEqual([0, version]);
  });
});
