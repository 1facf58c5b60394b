import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

function say(to: string, body: string): void {
  house.hub.send(new Message({ from: 'lamp', to, kind: 'text', body, timestampMs: house.clock.now() }));
  house.clock.advance(1000);
}

async function ask(name: string, query: string, headers: Record<string, string> = {}): Promise<unknown> {
  const url = `/api/v1/channels/${encodeURIComponent(name)}/history?${query}`;
  const answer = await house.app.inject({ url, headers });
  const { messages } = answer.json() as { messages?: { body: string }[] };
  return messages?.map(({ body }) => body) ?? [answer.statusCode, answer.body];
}

describe('GET /api/v1/channels/NAME/history', () => {
  it('tells what was said since somebody first asked: the last messages, and those of a time', async () => {
    expect(await ask('house/news', 'limit=5')).toEqual([]);
    const long = 'x'.repeat(10_000);
    for (const body of ['1', '2', long]) say('house/news', body);
    expect(await ask('house/news', 'limit=2')).toEqual(['2', long]);
    expect(await ask('house/news', 'since=2500ms')).toEqual(['2', long]);
    expect(await ask('house/news', 'since=1h&limit=1')).toEqual([long]);
    expect(await ask('other', 'limit=5')).toEqual([]);
  });

  it('tells of no private channel, of nothing that was for one client, and of none that are many', async () => {
    const session = new MemorySession('anna');
    house.hub.join(session);
    house.hub.subscribe(session, 'club:secret');
    for (const name of ['club', 'anna', '#']) await ask(name, 'limit=5');
    say('club:secret', 'for us');
    say('anna', 'for you');
    for (const name of ['club', 'club:secret', 'anna', '#']) expect(await ask(name, 'limit=5')).toEqual([]);
  });

  it('tells nothing to who may not read the channel', async () => {
    addRole(house, 'kitchen', [{ effect: 'allow', actions: ['subscribe', 'presence'], topics: ['kitchen/#'] }]);
    const token = await addAccount(house, 'cook', { role: 'kitchen' });
    for (const name of ['kitchen/oven', 'office']) {
      await ask(name, 'limit=5');
      say(name, 'hot');
    }
    expect(await ask('kitchen/oven', 'limit=5', bearer(token))).toEqual(['hot']);
    expect(await ask('office', 'limit=5', bearer(token))).toEqual([]);
  });

  it.each([
    ['since=ten', 'since'],
    ['limit=0', 'limit'],
    ['since=10', 'since'],
  ])('refuses %s, and says what is wrong', async (query, named) => {
    expect(await ask('news', query)).toEqual([400, expect.stringContaining(named)]);
  });
});
