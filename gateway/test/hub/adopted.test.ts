import { FakeEgress } from '@crosscomm/testing/fake-egress';
import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { RetainedRecord } from '../../src/hub/store.ts';

const MINUTE_MS = 60_000;

function record(body: string, more: Partial<RetainedRecord> = {}): RetainedRecord {
  const message = { from: 'anna', to: 'news', kind: 'text' as const, body, timestampMs: 5 };
  return { message, expiresMs: Number.POSITIVE_INFINITY, ...more };
}

describe('what another gateway retains', () => {
  it('is there for later subscribers, other matchers included, until it is taken back', () => {
    const { hub, store } = buildHouse();
    const mqtt = new FakeEgress();
    hub.attach(mqtt);
    expect(hub.adoptRetained('news', record('far'))).toBe(true);
    expect(bodies(join(hub, 'bob', ['news']))).toEqual(['far']);
    expect(mqtt.held).toEqual([['news', 'far']]);
    expect(store.retained.get('news')?.message).toMatchObject({ from: 'anna', body: 'far' });
    expect(hub.adoptRetained('news', undefined)).toBe(true);
    expect(bodies(join(hub, 'eve', ['news']))).toEqual([]);
    expect([mqtt.cleared, store.retained.size]).toEqual([['news'], 0]);
  });

  it('is ended by the next message here, but not by one of another gateway, which says so itself', () => {
    const { hub } = buildHouse();
    hub.adoptRetained('news', record('far'));
    send(hub, 'eve', 'news', 'passing', { gateway: 'hall' });
    expect(bodies(join(hub, 'bob', ['news']))).toEqual(['far']);
    send(hub, 'eve', 'news', 'new');
    expect(hub.retained('news')).toBeUndefined();
  });

  it('stays at the next message where its sender expects that, and after a restart', () => {
    const { hub, store, clock } = buildHouse();
    hub.adoptRetained('news', record('far', { stays: true, extra: Uint8Array.of(1) }));
    send(hub, 'eve', 'news', 'new');
    const again = buildHouse({ clock }).hub;
    again.restore({ clients: [], retained: store.retained, scheduled: [] });
    send(again, 'eve', 'news', 'new');
    expect(again.retainedRecord('news')).toMatchObject({
      stays: true,
      extra: Uint8Array.of(1),
      message: { body: 'far' },
    });
  });

  it('belongs to the account of its sender there', () => {
    const { hub } = buildHouse();
    hub.guard({ maySendNow: () => true, mayClear: () => false, mayHave: () => true });
    hub.adoptRetained('news', record('far', { account: 'garden' }));
    send(hub, 'eve', 'news', 'new', { account: 'kitchen' });
    expect(hub.retained('news')?.body).toBe('far');
    send(hub, 'zoe', 'news', 'new', { account: 'garden' });
    expect(hub.retained('news')).toBeUndefined();
  });

  it('is not kept without room for it, and neither is what it took the place of', () => {
    const { hub } = buildHouse({ maxRetainedBytes: 8000 });
    hub.adoptRetained('news', record('far'));
    expect(hub.adoptRetained('news', record('x'.repeat(9000)))).toBe(false);
    expect(hub.retained('news')).toBeUndefined();
  });
});

describe('a change of what a channel retains', () => {
  it('is told, but for those of other gateways, of private channels and of time', () => {
    const { hub, clock } = buildHouse();
    const mqtt = new FakeEgress();
    hub.attach(mqtt);
    const told: string[] = [];
    hub.events.on('retained', (channel) => told.push(`${channel} ${hub.retainedRecord(channel)?.message.body}`));
    send(hub, 'anna', 'news', 'a', { retainMs: MINUTE_MS });
    send(hub, 'anna', 'news', 'b');
    send(hub, 'anna', 'news', 'c');
    join(hub, 'bob', ['den:secret']);
    send(hub, 'bob', 'den:secret', 'd', { retainMs: MINUTE_MS, passwords: true });
    hub.adoptRetained('far', record('e'));
    send(hub, 'anna', 'short', 'f', { retainMs: 10 });
    clock.advance(MINUTE_MS);
    mqtt.retain(hub, 'lamp', { from: 'lamp', to: 'lamp', kind: 'text', body: 'g', timestampMs: 1 });
    mqtt.retain(hub, 'lamp');
    mqtt.retain(hub, 'lamp');
    hub.keepFields('anna', 'knobs', ['level']);
    expect(told).toEqual(['news a', 'news undefined', 'short f', 'lamp g', 'lamp undefined', 'knobs {}']);
  });
});
