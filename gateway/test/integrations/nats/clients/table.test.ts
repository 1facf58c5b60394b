import { FakeClock } from '@crosscomm/testing/fake-clock';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import { ClientTable } from '../../../../src/integrations/nats/clients/table.ts';

function build() {
  const clock = new FakeClock();
  const { hub } = buildHouse();
  const events: string[] = [];
  hub.events.on('came', (id) => events.push(`came ${id}`));
  hub.events.on('went', ({ id }) => events.push(`went ${id}`));
  const changed: string[] = [];
  const table = new ClientTable({
    ...{ clock, elsewhere: hub.elsewhere, gateway: 'hall', heardMs: () => 7 },
    changed: (id) => changed.push(id),
  });
  return { clock, hub, table, events, changed };
}

const record = (gateway: string, sinceMs = 1, epoch = 'e1') => ({ gateway, epoch, sinceMs, protocol: 'mqtt' });

test('clients are online elsewhere as long as their gateway is there', () => {
  const { hub, table, events } = build();
  table.put('lamp', record('attic'), 1, false);
  expect(hub.onlineIds()).toEqual([]);
  table.came('attic', 'e1');
  expect(hub.client('lamp')).toMatchObject({ online: true, gateway: 'attic', joinedMs: 1, lastSeenMs: 7 });
  expect(table.counts()).toEqual(new Map([['attic', 1]]));
  table.went('attic');
  expect(hub.client('lamp')).toBeUndefined();
  table.came('attic', 'e2');
  expect(hub.onlineIds()).toEqual([]);
  expect(events).toEqual(['came lamp', 'went lamp']);
});

test('a client that moves from one of the others to another is not seen to leave', () => {
  const { hub, table, events } = build();
  for (const name of ['attic', 'kitchen']) table.came(name, 'e1');
  table.put('lamp', record('attic', 1), 1, true);
  table.put('lamp', record('kitchen', 2), 2, true);
  expect(hub.client('lamp')?.gateway).toBe('kitchen');
  expect(events).toEqual(['came lamp']);
  // What is older comes late.
  table.put('lamp', record('attic', 1), 1, true);
  table.delete('lamp', 1);
  expect(hub.client('lamp')?.gateway).toBe('kitchen');
  table.delete('lamp', 3);
  expect(events).toEqual(['came lamp', 'went lamp']);
});

test('what a new look at the bucket does not find has gone', () => {
  const { hub, table, changed } = build();
  table.came('attic', 'e1');
  table.put('lamp', record('attic'), 1, false);
  table.put('door', record('attic'), 2, false);
  table.keepOnly(new Set(['door']));
  expect(hub.onlineIds()).toEqual(['door']);
  expect(changed).toEqual(['lamp', 'door', 'lamp']);
});

test('what a gateway left is found once it has been gone for long', () => {
  const { clock, table } = build();
  table.came('attic', 'e1');
  table.put('lamp', record('attic'), 1, false);
  table.went('attic');
  expect([...table.left(600_000, 10)]).toEqual([]);
  clock.advance(600_000);
  expect([...table.left(600_000, 10)]).toEqual(['lamp']);
  table.came('attic', 'e1');
  expect([...table.left(600_000, 10)]).toEqual([]);
});

test('a client elsewhere keeps its id from one of another protocol or account here, and no other', () => {
  const { hub, table } = build();
  table.came('attic', 'e1');
  table.put('lamp', { ...record('attic'), account: 'ana' }, 1, true);
  expect(hub.join(new MemorySession('lamp', 'oocsi'))).toEqual({ outcome: 'taken', by: 'mqtt' });
  expect(hub.join(new MemorySession('lamp', 'mqtt'))).toEqual({ outcome: 'taken', by: 'mqtt' });
  const session = new MemorySession('lamp', 'mqtt');
  expect(hub.join(session, { account: 'ana' })).toEqual({ outcome: 'joined' });
  expect(hub.client('lamp')?.gateway).toBeUndefined();
  const left: string[] = [];
  hub.events.on('leave', (id) => left.push(id));
  hub.giveUp('lamp');
  expect(session.closedFor).toBe('replaced');
  expect([left, hub.client('lamp')?.gateway]).toEqual([[], 'attic']);
});
