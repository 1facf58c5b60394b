import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { ProtocolTraits } from '../../src/hub/protocol-traits.ts';

/** A hub that knows one protocol, which nobody else does. */
function build(traits?: ProtocolTraits): TestHouse {
  return buildHouse({ protocols: new Map(traits === undefined ? [] : [['telepathy', traits]]) });
}

describe('a protocol that nobody knew', () => {
  it('lets its clients join, be listed and be remembered', () => {
    const { hub } = build();
    const known: (string | undefined)[] = [];
    hub.events.on('known', (id) => known.push(id));
    const medium = new MemorySession('medium', 'telepathy');
    expect(hub.join(medium)).toEqual({ outcome: 'joined' });
    hub.leave(medium, 'closed');
    expect(hub.clients()).toMatchObject([{ id: 'medium', protocol: 'telepathy', online: false }]);
    expect(known).toEqual(['medium', 'medium']);
  });

  it('may not have a name of the gateway, nor the id of another connection', () => {
    const { hub } = build();
    hub.join(new MemorySession('medium', 'telepathy'));
    expect(hub.join(new MemorySession('server', 'telepathy'))).toEqual({ outcome: 'reserved' });
    expect(hub.join(new MemorySession('medium', 'telepathy'))).toEqual({ outcome: 'taken', by: 'telepathy' });
  });

  it('takes an id over at once where that is its trait, unless it is told otherwise', () => {
    const { hub } = build({ takesOverAtOnce: true });
    const first = new MemorySession('medium', 'telepathy');
    hub.join(first);
    expect(hub.join(new MemorySession('medium', 'telepathy'), { takeover: false }).outcome).toBe('taken');
    expect(hub.join(new MemorySession('medium', 'telepathy'))).toEqual({ outcome: 'joined' });
    expect(first.closedFor).toBe('replaced');
  });

  it('takes no id over from another protocol', () => {
    const { hub } = build({ takesOverAtOnce: true });
    hub.join(new MemorySession('medium', 'oocsi'));
    expect(hub.join(new MemorySession('medium', 'telepathy'))).toEqual({ outcome: 'taken', by: 'oocsi' });
  });

  it('may be that of clients of the gateway, which have its names and are not listed', () => {
    const { hub } = build({ isOfGateway: true });
    const known: (string | undefined)[] = [];
    hub.events.on('known', (id) => known.push(id));
    expect(hub.join(new MemorySession('server', 'telepathy'))).toEqual({ outcome: 'joined' });
    expect([hub.clients(), hub.onlineIds(), hub.summary(9).known, known]).toEqual([[], [], 0, []]);
    expect(hub.client('server')?.isOfGateway).toBe(true);
  });

  it('comes back from an earlier run, also where the hub does not know it any more', () => {
    const { hub } = build();
    const client = { id: 'medium', protocol: 'telepathy', online: false, lastSeenMs: 0, joinedMs: 0 };
    hub.restore({ clients: [{ ...client, subscriptions: ['news'] }], retained: [], scheduled: [] });
    const medium = new MemorySession('medium', 'telepathy');
    hub.join(medium);
    expect(hub.subscriptions(medium)).toEqual(['news']);
  });
});
