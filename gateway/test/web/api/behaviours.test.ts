import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Behaviours } from '../../../src/behaviours/behaviours.ts';
import { Message } from '../../../src/hub/message.ts';
import type { BehaviourDesk, BehavioursAnswer } from '../../../src/web/api/behaviours.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;
let behaviours: Behaviours;

beforeEach(async () => {
  const desk: BehaviourDesk = { list: () => behaviours.list() };
  house = await buildWebHouse({ behaviours: desk });
  const mayAll = () => true;
  behaviours = new Behaviours({
    ...house,
    ...{ maxBytes: 2 ** 20, mayHear: mayAll, maySend: mayAll, report: () => {} },
  });
});
afterEach(async () => {
  behaviours.stop();
  await house.app.close();
});

function say(from: string, to: string, body: object): void {
  const { hub, clock } = house;
  if (hub.session(from) === undefined) hub.join(new MemorySession(from));
  hub.send(new Message({ from, to, kind: 'dict', body: JSON.stringify(body), timestampMs: clock.now() }));
}

async function listed(headers: Record<string, string> = {}): Promise<BehavioursAnswer> {
  const answer = await house.app.inject({ url: '/api/v1/behaviours', headers });
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

it('says what clients have asked for, and how it stands with each', async () => {
  say('anna', 'behaviours', { awareness: 'kitchen' });
  say('ben', 'behaviours', { leader: 'stage', stand: true });
  say('anna', 'behaviours', { leader: 'stage' });
  say('ben', 'behaviours', { gather: 'kitchen', key: 'warmth' });
  say('cid', 'kitchen', { mood: 3 });
  const one = { key: null, clientCount: 1, memberCount: null };
  const gather = { kind: 'gather', channel: 'kitchen', key: 'warmth', clients: ['ben'], state: { members: {} } };
  expect(await listed()).toEqual({
    behaviours: [
      {
        ...{ ...one, kind: 'awareness', channel: 'kitchen', clients: ['anna'] },
        ...{ state: { members: { cid: { mood: 3 } } }, memberCount: 1 },
      },
      { ...one, kind: 'leader', channel: 'stage', clients: ['ben', 'anna'], clientCount: 2, state: { name: 'ben' } },
      { ...one, ...gather, memberCount: 0 },
    ],
    hasMore: false,
  });
  say('anna', 'behaviours', { awareness: 'kitchen', stop: true });
  expect((await listed()).behaviours.map(({ kind }) => kind)).toEqual(['leader', 'gather']);
});

it('has the first fifty members of a table, and says how many there are', async () => {
  say('anna', 'behaviours', { awareness: 'kitchen' });
  for (let each = 0; each < 120; each++) say(`client-${each}`, 'kitchen', { mood: each });
  const [told] = (await listed()).behaviours;
  expect([Object.keys(told?.state.members as object).length, told?.memberCount]).toEqual([50, 120]);
});

it('does not change what clients are told of a beat when somebody looks', async () => {
  const anna = new MemorySession('anna');
  house.hub.join(anna);
  say('anna', 'behaviours', { sync: 'stage', periodMs: 500 });
  for (let beat = 0; beat < 3; beat++) {
    house.clock.advance(500);
    await listed();
  }
  const beats = anna.received.map((message) => (JSON.parse(message.text) as { beat: number }).beat);
  expect(beats.slice(-3)).toEqual([1, 2, 3]);
});

it('tells nobody of a channel that it may not hear', async () => {
  addRole(house, 'pupil', [{ effect: 'allow', actions: ['subscribe', 'presence'], topics: ['class/#'] }]);
  const token = await addAccount(house, 'pupil', { role: 'pupil' });
  say('anna', 'behaviours', { leader: 'class/a', stand: true });
  say('anna', 'behaviours', { leader: 'staff/a', stand: true });
  say('anna', 'behaviours', { gather: 'staff/a', key: 'warmth' });
  const { behaviours: told } = await listed(bearer(token));
  // Nor who has asked, where it may not see that client.
  expect(told.map(({ channel, clients, clientCount }) => [channel, clients, clientCount])).toEqual([
    ['class/a', [], 1],
  ]);
});
