import { once } from 'node:events';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Message } from '../../src/hub/message.ts';
import type { Receipt } from '../../src/hub/receipt.ts';
import { CrossCommSession } from '../../src/protocols/crosscomm/session.ts';
import { frame } from '../protocols/crosscomm/frames.ts';
import { openWebHouse, type WebHouse } from './support.ts';

const MAX_QUEUE_BYTES = 256 * 1024;

let web: WebHouse;
afterEach(() => web.stop());

async function login(id: string): Promise<WebSocket> {
  const client = await web.open('/');
  client.send(frame({ from_client_id: id, to_client_id: 'server', msg_type: 'login', content: {} }));
  await once(client, 'message');
  return client;
}

function contents(client: WebSocket): string[] {
  const heard: string[] = [];
  client.on('message', (data: Buffer) => heard.push((JSON.parse(data.toString()) as { content: string }).content));
  return heard;
}

test('a CrossComm client that does not read misses whole messages only, the receipts say so, and others miss nothing', async () => {
  const house = buildHouse();
  web = await openWebHouse({
    outboxLimits: { maxQueueBytes: MAX_QUEUE_BYTES, fairShareBytes: 1024 },
    createCrossComm: (wire, credentials) =>
      new CrossCommSession(wire, house, { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1_048_576 }, credentials),
  });
  const [slow, fast] = [await login('slow'), await login('fast')];
  slow.pause();
  const [bySlow, byFast] = [contents(slow), contents(fast)];
  const filler = 'x'.repeat(10_000);
  let refused = 0;
  const count = 1500;
  for (let sent = 0; sent < count; sent++) {
    const body = `${sent} ${filler}`;
    const receipt: Receipt = house.hub.send(
      new Message({ from: 'dev', to: 'all', kind: 'text', body, timestampMs: house.clock.now() }),
    );
    refused += receipt.refused;
    expect(receipt.delivered + receipt.refused).toBe(2);
    if (receipt.refused > 0) expect(receipt.reason).toBe('queue_full');
    while (byFast.length <= sent) await once(fast, 'message');
  }
  expect(refused).toBeGreaterThan(0);
  expect(house.hub.counters.refusals.queue_full).toBe(refused);
  expect(web.budget.usedBytes).toBeLessThanOrEqual(MAX_QUEUE_BYTES);
  slow.resume();
  while (bySlow.length < count - refused) await once(slow, 'message');
  expect(bySlow.every((content) => content.endsWith(filler))).toBe(true);
  expect(byFast).toHaveLength(count);
});
