import { FakeClock } from '@crosscomm/testing/fake-clock';
import { describe, expect, it } from 'vitest';
import type { ClientInfo } from '../../../src/hub/client.ts';
import { OUTCOMES, type Outcome, type TraceReason } from '../../../src/hub/tracer.ts';
import { partsOf, sentenceOf } from '../../../src/observability/trace/sentence.ts';
import type { Surroundings } from '../../../src/observability/trace/surroundings.ts';
import { TraceBook } from '../../../src/observability/trace/trace-book.ts';

const NOBODY: Surroundings = {
  client: () => undefined,
  subscribers: () => [],
  away: () => [],
  near: () => undefined,
};
const clock = new FakeClock();

interface Told {
  to?: string;
  got?: readonly [id: string, outcome: Outcome][];
  reason?: TraceReason;
  why?: string;
}

function tell({ to = 'lamp', got = [], reason, why }: Told, around: Partial<Surroundings> = {}): string {
  const book = new TraceBook({ hub: { session: () => undefined, client: () => undefined }, clock });
  const entry = book.open({ from: 'knob', to });
  for (const [id, outcome] of got) entry.add(id, outcome);
  entry.end(0, reason, why);
  return sentenceOf(partsOf(entry, { ...NOBODY, ...around }));
}

function client(more: Partial<ClientInfo>): ClientInfo {
  return { id: 'lamp', protocol: 'oocsi', online: true, lastSeenMs: 0, joinedMs: 0, subscriptions: [], ...more };
}

describe('the sentence about a message', () => {
  it.each([
    ['one', 1, 'Delivered to c1.'],
    ['two', 2, 'Delivered to c1 and c2.'],
    ['three', 3, 'Delivered to c1, c2 and c3.'],
    ['four', 4, 'Delivered to c1, c2, c3 and 1 other.'],
    ['twenty', 20, 'Delivered to c1, c2, c3 and 17 others.'],
  ])('names three of %s who got it', (_, count, sentence) => {
    expect(tell({ got: Array.from({ length: count }, (_, index) => [`c${index + 1}`, 'delivered']) })).toBe(sentence);
  });

  it('says something of every outcome', () => {
    for (const outcome of OUTCOMES) {
      const sentence = tell({ got: [['lamp', outcome]] });
      expect(sentence, outcome).toMatch(/^[A-Za-z].{10,}\.$/);
      expect(
        tell({
          got: [
            ['a', outcome],
            ['b', outcome],
          ],
        }),
        outcome,
      ).not.toContain('undefined');
    }
  });

  it.each<[TraceReason, string | undefined, string]>([
    ['rule', 'it may not', 'Refused: it may not.'],
    ['quota', 'it may send 5 messages a second', 'Refused: it may send 5 messages a second.'],
    ['not_allowed', undefined, 'Refused: lamp is a private channel, and knob did not give its password.'],
    ['bad_name', undefined, 'Refused: no channel or client can have the name lamp.'],
  ])('says of %s why it was refused', (reason, why, sentence) => {
    expect(tell({ reason, ...(why !== undefined && { why }) })).toBe(sentence);
  });

  it('says of a client that it is away, or came only later', () => {
    const away = client({ online: false });
    expect(tell({}, { client: () => away })).toBe('lamp is away, and nothing keeps messages for it.');
    const later = client({ joinedMs: clock.now() + 3000 });
    expect(tell({}, { client: () => later })).toBe('lamp was not connected; it came 3 s later.');
  });

  it('cuts names that are long', () => {
    expect(tell({ to: 'x'.repeat(1000) }).length).toBeLessThan(150);
  });
});
