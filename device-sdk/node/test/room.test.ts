import { Room } from '@crosscomm/client';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { TestGateway } from './support/gateway.ts';

const gateway = new TestGateway();

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(() => gateway.dispose());

/** A client of that id that is online, with its room. */
async function enter(id: string) {
  const { service } = await gateway.login(id);
  return { service, room: new Room(service) };
}

/** A member that speaks OOCSI and hears a channel. */
async function oocsiMember(id: string, channel: string): Promise<OocsiClient> {
  const member = await OocsiClient.connect(gateway.oocsi.port, id);
  onTestFinished(() => {
    member.socket.destroy();
  });
  member.send(`subscribe ${channel}`);
  member.send(`sendraw ${channel} {"here": true}`);
  member.send('sendraw echo {"subscribed": true}');
  await member.takeLine((line) => line.includes('"subscribed"'));
  return member;
}

test('a table of who is there has the state of everyone, also after a reconnect', async () => {
  const ann = await enter('aware-ann');
  const ben = await enter('aware-ben');
  const table = ann.room.awareness<{ mood: number }>('kitchen');
  await expect.poll(() => table.isTold).toBe(true);
  await ben.service.send('kitchen', { mood: 3 });
  await expect.poll(() => table.members.get('aware-ben')).toEqual({ mood: 3 });
  await ann.service.logout();
  await ann.service.login();
  await expect.poll(() => table.isTold).toBe(true);
  await ben.service.send('kitchen', { mood: 4 });
  await expect.poll(() => table.members.get('aware-ben')).toEqual({ mood: 4 });
});

test('who gathers has the value of each client, and one that is asked for by an OOCSI member says it again', async () => {
  const ann = await enter('gather-ann');
  const table = ann.room.gather<number>('house', 'warmth');
  await table.set(21.5);
  await expect.poll(() => table.members.get('gather-ann')).toBe(21.5);
  const java = await oocsiMember('gather-java', 'house_warmth_gather');
  java.send('sendraw house_warmth_gather {"call": ""}');
  expect(await java.take('house_warmth_gather')).toMatchObject({ sender: 'gather-ann', vote: 21.5 });
});

test('the next one leads when the leader does not want it any more', async () => {
  const ann = await enter('lead-ann');
  const ben = await enter('lead-ben');
  const first = ann.room.leader('stage', { stand: true });
  await expect.poll(() => first.isMe).toBe(true);
  const second = ben.room.leader('stage', { stand: true });
  await expect.poll(() => second.name).toBe('lead-ann');
  first.stand(false);
  await expect.poll(() => second.isMe).toBe(true);
  await expect.poll(() => first.name).toBe('lead-ben');
});

test('all who have the beat are called at the same pulses, and one of them can change its time', async () => {
  const ann = await enter('beat-ann');
  const ben = await enter('beat-ben');
  const beats = [ann.room.beat('drums', { periodMs: 60 }), ben.room.beat('drums')];
  const heard: number[][] = [[], []];
  for (const [index, beat] of beats.entries()) beat.onPulse((number) => heard[index]?.push(number));
  await expect.poll(() => Math.min(...heard.map(({ length }) => length))).toBeGreaterThan(5);
  for (const numbers of heard) expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  beats[1]?.setPeriod(80);
  await expect.poll(() => beats[0]?.periodMs).toBe(80);
  expect(beats[0]?.phase).toBeLessThan(1);
});

test('a handler that throws ends no beat', async () => {
  const { room } = await enter('throw-ann');
  const beat = room.beat('bells', { periodMs: 50 });
  let pulses = 0;
  beat.onPulse(() => {
    pulses++;
    if (pulses === 1) throw new Error('on purpose');
  });
  await expect.poll(() => pulses).toBeGreaterThan(2);
  beat.stop();
});

test('a poll is open for all, and all are told its result', async () => {
  const ann = await enter('poll-ann');
  const ben = await enter('poll-ben');
  const [asks, votes] = [ann.room.poll('lunch'), ben.room.poll('lunch')];
  asks.open('Which?', { options: ['soup', 'salad'], count: 'ranked', timeoutMs: 600_000 });
  await expect.poll(() => votes.question).toBe('Which?');
  expect(votes.choices).toEqual(['soup', 'salad']);
  votes.vote(['salad', 'soup']);
  await expect.poll(() => asks.votes).toBe(1);
  asks.close();
  await expect.poll(() => asks.result).toEqual({ question: 'Which?', result: 'salad', votes: 1 });
  votes.vote('soup');
  await expect.poll(() => votes.error).toContain('there is no poll to vote in');
});

test('who votes answers the call of an OOCSI member, and learns what was agreed on', async () => {
  const ann = await enter('agree-ann');
  const consensus = ann.room.consensus<string>('house', 'colour');
  const java = await oocsiMember('agree-java', 'house_colour_consensus');
  await consensus.vote('red');
  expect(await java.take('house_colour_consensus')).toMatchObject({ vote: 'red' });
  java.send('sendraw house_colour_consensus {"call": ""}');
  expect(await java.take('house_colour_consensus')).toMatchObject({ sender: 'agree-ann', vote: 'red' });
  java.send('sendraw house_colour_consensus {"consensus": "blue"}');
  await expect.poll(() => consensus.value).toBe('blue');
});

test('roles are dealt out, and dealt again when one leaves', async () => {
  const ann = await enter('role-ann');
  const ben = await enter('role-ben');
  const [first, second] = [ann.room.spread('stage', 'voice', { take: true }), ben.room.spread('stage', 'voice')];
  await expect.poll(() => first.mine).toBe(1);
  await expect.poll(() => second.members.size).toBe(1);
  expect(second.mine).toBeUndefined();
  const third = new Room(ben.service).spread('stage', 'voice', { take: true });
  await expect.poll(() => third.mine).toBe(2);
  first.stop();
  await expect.poll(() => third.mine).toBe(1);
});

test('who has said where it is knows its neighbours, and the way to who is farther away', async () => {
  const [ann, ben, cid] = await Promise.all(['place-ann', 'place-ben', 'place-cid'].map(enter));
  const places = [ann, ben, cid].map((member) => member?.room.spatial('lab', 'place', { reach: 1.5 }));
  await Promise.all(places.map((place, index) => place?.set([index, 0])));
  const [own] = places;
  await expect.poll(() => own?.members.size).toBe(3);
  expect(own?.neighbours).toEqual(['place-ben']);
  const routes: object[] = [];
  own?.onRoute((route) => routes.push(route));
  own?.findRoute('place-cid');
  await expect.poll(() => routes).toEqual([{ to: 'place-cid', hop: 'place-ben', distance: 2 }]);
});
