import { FakeEgress } from '@crosscomm/testing/fake-egress';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';
import { EventReader } from './event-reader.ts';

interface Graph {
  clients: { id: string; protocol: string; hears: string[] }[];
  sends: { from: string; to: string; isDirect: boolean; recipients: number }[];
  leftOut: { clients: number; subscriptions: number };
}

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

async function graph(headers: Record<string, string> = {}): Promise<Graph> {
  return (await house.app.inject({ url: '/api/v1/graph', headers })).json() as Graph;
}

function join(id: string, ...hears: string[]): void {
  const session = new MemorySession(id, 'mqtt');
  house.hub.join(session);
  for (const address of hears) house.hub.subscribe(session, address);
}

function say(from: string, to: string): void {
  house.hub.send(new Message({ from, to, kind: 'text', body: 'hello', timestampMs: 5 }), { passwords: true });
}

describe('GET /api/v1/graph', () => {
  it('tells who listens to what, of other matchers as well, and who sent where', async () => {
    join('lamp', 'kitchen/light', 'diary:secret', 'presence(knob)');
    join('knob');
    const egress = new FakeEgress();
    egress.members['lights/#'] = ['lamp'];
    house.hub.attach(egress);
    say('knob', 'kitchen/light');
    say('knob', 'kitchen/light');
    say('knob', 'lamp');
    say('knob', 'diary:secret');
    expect(await graph()).toMatchObject({
      clients: [
        { id: 'knob', protocol: 'mqtt', hears: [] },
        { id: 'lamp', protocol: 'mqtt', hears: ['kitchen/light', 'lights/#'] },
      ],
      sends: [
        { from: 'knob', to: 'kitchen/light', isDirect: false, lastMs: 5, recipients: 1 },
        { from: 'knob', to: 'lamp', isDirect: true, lastMs: 5, recipients: 1 },
      ],
      leftOut: { clients: 0, subscriptions: 0 },
    });
  });

  it('is bounded, and says what it leaves out', async () => {
    join('many');
    const egress = new FakeEgress();
    for (let index = 0; index < 150; index++) egress.members[`channel/${index}`] = ['many'];
    house.hub.attach(egress);
    for (let index = 0; index < 2010; index++) join(`zz${index}`);
    const { clients, leftOut } = await graph();
    expect([clients.length, clients[0]?.hears.length, leftOut]).toEqual([
      2000,
      100,
      { clients: 11, subscriptions: 50 },
    ]);
  });

  it('tells nobody of what it may not see or read', async () => {
    const topics = ['left/#', 'lena'];
    addRole(house, 'left', [{ effect: 'allow', actions: ['subscribe', 'presence'], topics }]);
    const lena = await addAccount(house, 'lena', { role: 'left' });
    join('left/one', 'left/a', 'right/a');
    join('right/one', 'left/a');
    for (const to of ['left/a', 'right/a', 'right/one', 'lena']) say('left/one', to);
    const { clients, sends } = await graph(bearer(lena));
    expect(clients).toEqual([{ id: 'left/one', protocol: 'mqtt', hears: ['left/a'] }]);
    expect(sends.map(({ to }) => to)).toEqual(['left/a', 'lena']);
  });
});

it('the live feed tells how much flows from whom to where, and that it ends', async () => {
  const origin = await house.app.listen({ host: '127.0.0.1', port: 0 });
  const page = await EventReader.open(`${origin}/api/v1/events?show=flows`);
  join('lamp', 'kitchen/light');
  for (let second = 0; second < 4; second++) {
    for (let index = 0; index < 5; index++) say('knob', 'kitchen/light');
    say('desk', 'lamp');
    for (let step = 0; step < 10; step++) house.clock.advance(100);
  }
  const flows: { from: string; to: string; perS: number }[] = [];
  const seen = (from: string) => flows.filter((flow) => flow.from === from);
  const take = async (): Promise<void> => {
    flows.push(...(await page.next<{ flows: typeof flows }>('flows')).flows);
  };
  while (seen('knob').length < 4) await take();
  expect(seen('knob').at(-1)).toEqual({
    ...{ from: 'knob', to: 'kitchen/light', isDirect: false, recipients: 1, perS: expect.closeTo(5, -0.3) },
  });
  expect(seen('desk')[0]).toMatchObject({ to: 'lamp', isDirect: true });
  for (let step = 0; step < 300; step++) house.clock.advance(100);
  while (seen('knob').at(-1)?.perS !== 0) await take();
  page.close();
});
