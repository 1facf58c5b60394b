import { inspect } from 'node:util';
import { decodeFrame, encodeFrame, type FrameInit } from '@crosscomm/protocol';
import { accountOf } from '@crosscomm/testing/accounts';
import type mqtt from 'mqtt';
import { expect, it } from 'vitest';
import {
  CLASS_MODES,
  CLASS_ROLE,
  classMode,
  classRules,
  joinCode,
  teamIds,
  teamName,
} from '../../src/access/class-role.ts';
import { carriedOut, type Ear, type Person, person, Stage } from './paths/stage.ts';

const TEAMS = 25;

/** What a client that has the kitchen open was told, and how it speaks there. */
interface Mate {
  readonly ear: Ear;
  say(mark: string): unknown;
}

type Join = (stage: Stage, team: Person) => Promise<Mate>;

/** One client by each way to come. They say `kitchen`, as every team does; and ask for everything, which is the team's own. */
const JOINS: Readonly<Record<string, Join>> = {
  async oocsi(stage, team) {
    const lamp = await stage.oocsi(team, `${team.account}/lamp`);
    for (const channel of ['kitchen', '#']) lamp.send(`subscribe ${channel}`);
    await carriedOut(lamp);
    const settle = async (): Promise<void> => {
      for (const list of ['clients', 'channels', 'channels kitchen']) lamp.send(list);
      await carriedOut(lamp);
    };
    const ear = { text: () => lamp.kept.join('\n'), settle };
    return { ear, say: (mark) => lamp.send(`sendraw kitchen {"mark":"${mark}"}`) };
  },
  mqtt: (stage, team) => joinMqtt(stage, team, { clientId: 'board', protocolVersion: 4 }),
  mqtt5: (stage, team) => joinMqtt(stage, team, { clientId: 'sensor', protocolVersion: 5 }),
  async crosscomm(stage, team) {
    const { ear, send } = await stage.crosscomm(team, 'page');
    send('dict', 'server', { subscribe: ['kitchen', '#'] });
    await ear.settle();
    return { ear, say: (mark) => send('dict', 'kitchen', { mark }) };
  },
  async frames(stage, team) {
    const { ear, say } = await stage.device(team);
    say(
      { type: 'alias', alias: 1, channel: 'kitchen', flags: 1 },
      { type: 'alias', alias: 2, channel: '#', flags: 1 },
      { type: 'sequenced', seq: 1, frame: { type: 'listClients', onlyOnline: true } },
    );
    await ear.settle();
    return { ear, say: (mark) => say({ type: 'message', to: 1, value: new Map([['mark', mark]]) }) };
  },
  /** A device of frames by an MQTT connection. */
  async framesByMqtt(stage, team) {
    let text = '';
    const board = await stage.mqtt(team, { clientId: 'arduino' }, (topic, payload) => {
      text += `${topic} ${inspect(decodeFrame(payload), { depth: 9 })}\n`;
    });
    await board.subscribeAsync('$frames/arduino/down');
    const say = (frame: FrameInit): Promise<unknown> =>
      board.publishAsync('$frames/arduino/up', Buffer.from(encodeFrame(frame)), { qos: 1 });
    await say({ type: 'hello', version: 1, deviceId: 'arduino', bootId: 7, maxFrame: 512 });
    await say({ type: 'alias', alias: 1, channel: 'kitchen', flags: 1 });
    await say({ type: 'alias', alias: 2, channel: '#', flags: 1 });
    const ear = { text: () => text, settle: async () => void (await say({ type: 'ping' })) };
    await expect.poll(ear.text).toContain("type: 'welcome'");
    return { ear, say: (mark) => say({ type: 'message', to: 1, value: new Map([['mark', mark]]) }) };
  },
  /** A page that reads a stream of events, and posts what it says. */
  async http(stage, team) {
    const ending = new AbortController();
    stage.ends(() => ending.abort());
    const { body } = await stage.http(team, '/subscribe/kitchen', { signal: ending.signal });
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk).toString();
    };
    read().catch(() => {});
    const settle = async (): Promise<void> => {
      text += await (await stage.http(team, '/channels')).text();
    };
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const say = (mark: string): Promise<unknown> =>
      stage.http(team, '/send/kitchen', { ...init, body: JSON.stringify({ sender: 'shell', mark }) });
    return { ear: { text: () => text, settle }, say };
  },
};

async function joinMqtt(stage: Stage, team: Person, options: mqtt.IClientOptions): Promise<Mate> {
  const board = await stage.mqttEarOf(team, options);
  await board.client.subscribeAsync(['#', 'kitchen', '$presence/#']);
  const settle = async (): Promise<void> => void (await board.client.publishAsync('settled', '', { qos: 1 }));
  const ear = { text: board.text, settle };
  return { ear, say: (mark) => board.client.publishAsync('kitchen', JSON.stringify({ mark }), { qos: 1 }) };
}

const WAYS = Object.keys(JOINS);

it(`keeps ${TEAMS} teams of four clients apart, by every protocol`, async () => {
  const teams = Array.from({ length: TEAMS }, (_, index) => person(teamName(index + 1)));
  const roles = { [CLASS_ROLE]: classRules('closed') };
  const stage = await Stage.open(
    teams.map(({ account, token }) =>
      accountOf(account, { token, roles: [CLASS_ROLE], ids: teamIds(account), namespace: account }),
    ),
    roles,
  );
  try {
    // Whoever had such an id would be told in place of all others.
    await expect(stage.mqtt(teams[0] as Person, { clientId: 'class/hall' })).rejects.toThrow();
    const rooms: Mate[][] = [];
    for (const [index, team] of teams.entries()) {
      const room: Mate[] = [];
      for (let at = 0; at < 4; at++) {
        const join = JOINS[WAYS[(index * 4 + at) % WAYS.length] as string] as Join;
        room.push(await join(stage, team));
      }
      rooms.push(room);
    }
    for (const [index, room] of rooms.entries()) {
      for (const [by, { say }] of room.entries()) await say(`<${teamName(index + 1)} ${by}>`);
    }
    for (const [index, room] of rooms.entries()) {
      const own = teamName(index + 1);
      for (const [at, { ear }] of room.entries()) {
        for (const by of [0, 1, 2, 3].filter((each) => each !== at))
          await expect.poll(ear.text).toContain(`<${own} ${by}>`);
        await ear.settle();
        const marks = [...ear.text().matchAll(/<([a-z]+\d*)(?: \d)?>/g)].map(([, who]) => who);
        expect(new Set(marks)).toEqual(new Set([own]));
        // Neither another team, nor its own name before what is its own.
        expect(ear.text()).not.toMatch(new RegExp(`\\bteam(?!${index + 1}\\b)\\d`));
        expect(ear.text()).not.toMatch(/team\d+(?:\/|%2F)/);
      }
    }
    // Whoever names another team's kitchen has one of its own that is called so.
    await stage.http(teams[0] as Person, '/send', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ sender: 'thief', channel: 'team2/kitchen', mark: '<intruder>' }),
    });
    for (const { ear } of rooms[1] as Mate[]) {
      await ear.settle();
      expect(ear.text()).not.toContain('<intruder>');
    }
  } finally {
    await stage.close();
  }
});

it('knows each mode by its rules, and none by others', () => {
  for (const mode of CLASS_MODES) expect(classMode(JSON.parse(JSON.stringify(classRules(mode))))).toBe(mode);
  expect(classMode([{ allow: ['send'] }])).toBeUndefined();
});

it('makes join codes of letters and digits that are not taken for one another', () => {
  let turn = 0;
  const code = joinCode((end) => (turn++ * 7) % end);
  expect(code).toMatch(/^[a-hjkmnp-z2-9]{10}$/);
});
