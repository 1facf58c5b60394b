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

function say(to: string, body: object): void {
  const message = { from: 'lamp', to, kind: 'dict', body: JSON.stringify(body), timestampMs: 0 } as const;
  house.hub.send(new Message(message));
  house.clock.advance(1000);
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await house.app.inject({ url, headers });
  return answer.statusCode === 200 ? answer.json() : answer.statusCode;
}

async function channelsTold(headers: Record<string, string> = {}, query = ''): Promise<string[]> {
  const { shapes } = (await ask(`/api/v1/shapes${query}`, headers)) as { shapes: { channel: string }[] };
  return shapes.map(({ channel }) => channel);
}

describe('what channels carry', () => {
  it('is told of one channel, and of all', async () => {
    say('lab/room1', { temperature: 21.5 });
    say('lab/room1', { temperature: 22, open: true });
    say('attic', { wind: 3 });
    const shape = {
      channel: 'lab/room1',
      messages: 2,
      everyMs: 1000,
      fields: [
        { name: 'temperature', types: ['number'], isOptional: false, min: 21.5, max: 22 },
        { name: 'open', types: ['boolean'], isOptional: true },
      ],
      hasMore: false,
    };
    expect(await ask('/api/v1/channels/lab%2Froom1/shape')).toEqual(shape);
    expect(await channelsTold()).toEqual(['attic', 'lab/room1']);
    expect(await ask('/api/v1/shapes?prefix=lab/')).toEqual({ shapes: [shape] });
    expect(await channelsTold({}, '?limit=1&after=attic')).toEqual(['lab/room1']);
    expect(await ask('/api/v1/channels/cellar/shape')).toBe(404);
  });

  it('is told of no private channel, nor of what was for one client', async () => {
    const session = new MemorySession('anna');
    house.hub.join(session);
    house.hub.subscribe(session, 'club:secret');
    say('club:secret', { word: 1 });
    say('anna', { word: 1 });
    expect(await channelsTold()).toEqual([]);
    for (const name of ['club', 'club:secret', 'anna']) expect(await ask(`/api/v1/channels/${name}/shape`)).toBe(404);
  });

  it('is told to those alone who may hear the channel', async () => {
    addRole(house, 'kitchen', [{ effect: 'allow', actions: ['subscribe', 'presence'], topics: ['kitchen/#'] }]);
    const token = await addAccount(house, 'cook', { role: 'kitchen' });
    for (const name of ['kitchen/oven', 'office']) say(name, { hot: true });
    expect(await channelsTold(bearer(token))).toEqual(['kitchen/oven']);
    expect(await ask('/api/v1/channels/office/shape', bearer(token))).toBe(404);
  });
});
