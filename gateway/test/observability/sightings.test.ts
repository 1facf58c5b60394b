import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import { watchSightings } from '../../src/observability/sightings.ts';
import { ClientTraffic } from '../../src/observability/traffic.ts';

it('knows a few seconds later at most when a client was heard of last', () => {
  const { hub, clock, metrics } = buildHouse();
  const end = watchSightings(hub, clock);
  const counts = new ClientTraffic(metrics, 'test');
  const session = Object.assign(new MemorySession('anna'), { counts });
  hub.join(session);
  const joinedMs = clock.now();
  const seenMs = () => hub.client('anna')?.lastSeenMs ?? 0;
  clock.advance(60_000);
  expect(seenMs()).toBe(joinedMs);
  counts.countReceived();
  clock.advance(5_000);
  expect(seenMs()).toBe(joinedMs + 65_000);
  counts.countSent();
  clock.advance(30_000);
  expect(seenMs()).toBe(joinedMs + 65_000);
  end();
});
