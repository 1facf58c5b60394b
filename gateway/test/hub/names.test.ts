import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/hub/session.ts';

const OWN_NAMES = ['', 'all', 'server', 'SERVER', 'echo', 'timechannel', 'testchannel', 'heyOOCSI!', 'heyOOCSIClient'];
const OWN_CHANNELS = ['OOCSI_channels', 'OOCSI_clients', 'OOCSI_metrics', 'OOCSI_connections', 'OOCSI_events'];

describe("the gateway's own names", () => {
  it.each([...OWN_NAMES, ...OWN_CHANNELS, 'presence(room)', 'presence(a/b:c)', 'room/?'])(
    'cannot be taken, as %j, on any wire',
    (id) => {
      const { hub } = buildHouse();
      for (const protocol of ['oocsi', 'mqtt', 'crosscomm', 'serial', 'frames', 'http'] satisfies Protocol[]) {
        expect(hub.join(new MemorySession(id, protocol)), protocol).toEqual({ outcome: 'reserved' });
      }
    },
  );

  it.each(['OOCSI_Clients', 'presence', 'presence(', 'echo2', 'servers'])('leave %j to clients', (id) => {
    expect(buildHouse().hub.join(new MemorySession(id))).toEqual({ outcome: 'joined' });
  });
});

describe('a client under the name of a channel with subscribers', () => {
  it('is refused where its protocol asks for that, and taken once the channel is empty', () => {
    const { hub } = buildHouse();
    const anna = join(hub, 'anna', ['lamp']);
    const newcomer = new MemorySession('lamp');
    expect(hub.join(newcomer, { refuseChannels: true })).toEqual({ outcome: 'taken', by: 'channel' });
    send(hub, 'bert', 'lamp', 'on');
    expect(bodies(anna)).toEqual(['on']);
    hub.unsubscribe(anna, 'lamp');
    expect(hub.join(newcomer, { refuseChannels: true })).toEqual({ outcome: 'joined' });
  });

  it('is let in if it is known, as the channel is its inbox', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'lamp'), 'closed');
    join(hub, 'anna', ['lamp']);
    expect(hub.join(new MemorySession('lamp'), { refuseChannels: true })).toEqual({ outcome: 'joined' });
  });

  it('is let in by other wires, and the overlap is told with who subscribes', () => {
    const { hub } = buildHouse();
    const overlaps: unknown[] = [];
    hub.events.on('overlap', (...overlap) => overlaps.push(overlap));
    join(hub, 'anna', ['uno']);
    const board = join(hub, 'uno', [], 'serial');
    hub.leave(board, 'closed');
    join(hub, 'uno', [], 'serial');
    expect(overlaps).toEqual([['uno', 'serial', ['anna']]]);
  });
});

describe('a message to a private channel that nobody subscribes to yet', () => {
  it('is seen by nobody else, and kept for who writes the same password', () => {
    const { hub } = buildHouse();
    const watcher = join(hub, 'watcher', ['#']);
    const options = { passwords: true, retainMs: 60_000 };
    expect(send(hub, 'anna', 'safe:secret', 'psst', options).reason).toBe('no_recipient');
    expect(bodies(watcher)).toEqual([]);
    const bob = join(hub, 'bob', ['safe:wrong']);
    expect(bodies(bob)).toEqual([]);
    hub.leave(bob, 'left');
    expect(bodies(join(hub, 'carl', ['safe:secret']))).toEqual(['psst']);
  });

  it('is written down without the password, whether retained or scheduled, and comes when it is due', () => {
    const { hub, store, clock } = buildHouse();
    send(hub, 'anna', 'safe:secret', 'kept', { passwords: true, retainMs: 600_000 });
    send(hub, 'anna', 'safe:secret', 'due', { passwords: true, delayMs: 5000, retainMs: 600_000 });
    send(hub, 'anna', 'safe:secret', 'missed', { passwords: true, delayMs: 6000 });
    const written = JSON.stringify([...store.retained, ...store.scheduled]);
    expect(written).toContain('kept');
    expect(written).not.toContain('secret');
    const bob = join(hub, 'bob', ['safe:secret']);
    expect(bob.received.splice(0).map(({ to, text }) => [to, text])).toEqual([['safe:secret', 'kept']]);
    clock.advance(5000);
    expect(bob.received.splice(0).map(({ to, text }) => [to, text])).toEqual([['safe:secret', 'due']]);
    hub.unsubscribe(bob, 'safe:secret');
    clock.advance(1000);
    expect(JSON.stringify([...store.retained, ...store.scheduled])).not.toContain('secret');
    expect(bodies(join(hub, 'carl', ['safe:secret']))).toEqual(['due']);
  });

  it('is found again that an older gateway kept with its password, which is written down no longer', () => {
    const { hub, store, clock } = buildHouse();
    const message = { from: 'anna', to: 'safe:secret', kind: 'text', body: 'psst', timestampMs: 1 } as const;
    const record = { message, expiresMs: clock.monotonicMs() + 60_000 };
    store.putRetained('\0safe:secret', record);
    hub.restore({ clients: [], retained: [['\0safe:secret', record]], scheduled: [] });
    expect(JSON.stringify([...store.retained])).not.toContain('secret');
    expect(bodies(join(hub, 'bob', ['safe:secret']))).toEqual(['psst']);
  });

  it('may be to a client or a listened-to name with a colon', () => {
    const { hub } = buildHouse();
    hub.leave(join(hub, 'aa:bb', []), 'closed');
    const watcher = join(hub, 'watcher', ['#']);
    send(hub, 'anna', 'aa:bb', 'hi', { passwords: true });
    expect(bodies(watcher)).toEqual(['hi']);
  });

  it('may be to a plain name with a colon where the protocol has no passwords', () => {
    const { hub } = buildHouse();
    const watcher = join(hub, 'watcher', ['sensors/#']);
    send(hub, 'anna', 'sensors/aa:bb:cc', '21');
    expect(bodies(watcher)).toEqual(['21']);
  });
});
