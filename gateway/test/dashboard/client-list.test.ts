import { expect, it } from 'vitest';
import type { ClientView } from '../../dashboard/src/api/types.ts';
import { ClientList } from '../../dashboard/src/pages/clients/client-list.ts';

function lamp(received: number): ClientView {
  return {
    ...{ id: 'lamp', protocol: 'mqtt', online: true, proof: 'none', sinceMs: 0, lastSeenMs: 0 },
    ...{ received, sent: 0, waitingBytes: 0, lost: 0, subscriptionCount: 0 },
  };
}

it('takes how much a client says from two answers, unless one message more or less would count for too much between them', () => {
  const list = new ClientList();
  const rateAfter = (received: number, atMs: number): number | undefined => {
    list.load([lamp(received)], atMs);
    return list.rows[0]?.receivedPerS;
  };
  expect(rateAfter(100, 0)).toBe(0);
  expect(rateAfter(101, 500)).toBe(0);
  expect(rateAfter(106, 5500)).toBe(1);
  expect(rateAfter(108, 6000)).toBe(1);
});
