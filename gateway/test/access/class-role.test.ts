import { accountOf } from '@crosscomm/testing/accounts';
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

/** The four clients of a team, one by each protocol, all of which listen to the team's kitchen. */
async function joinAll(stage: Stage, team: Person): Promise<{ ears: Ear[]; say: ((mark: string) => unknown)[] }> {
  const kitchen = `${team.account}/kitchen`;
  const oocsi = await stage.oocsi(team, `${team.account}/lamp`);
  const board = await stage.mqttEarOf(team, { clientId: `${team.account}/board` });
  const page = await stage.crosscomm(team, `${team.account}/page`);
  const device = await stage.device(team);
  oocsi.send(`subscribe ${kitchen}`);
  // What is not the team's is asked for, too.
  oocsi.send('subscribe #');
  await carriedOut(oocsi);
  await board.client.subscribeAsync(['#', kitchen]);
  page.send('dict', 'server', { subscribe: [kitchen, '#'] });
  await page.ear.settle();
  device.say(
    { type: 'alias', alias: 1, channel: kitchen, flags: 1 },
    { type: 'alias', alias: 2, channel: '#', flags: 1 },
  );
  await device.ear.settle();
  const settle = async (): Promise<void> => {
    oocsi.send('clients');
    oocsi.send('channels');
    await carriedOut(oocsi);
  };
  return {
    ears: [{ text: () => oocsi.kept.join('\n'), settle }, board, page.ear, device.ear],
    say: [
      (mark) => oocsi.send(`sendraw ${kitchen} {"mark":"${mark}"}`),
      (mark) => board.client.publishAsync(kitchen, JSON.stringify({ mark }), { qos: 1 }),
      (mark) => page.send('dict', kitchen, { mark }),
      (mark) => device.say({ type: 'message', to: kitchen, value: new Map([['mark', mark]]) }),
    ],
  };
}

it(`keeps ${TEAMS} teams of four protocols apart`, async () => {
  const teams = Array.from({ length: TEAMS }, (_, index) => person(teamName(index + 1)));
  const roles = { [CLASS_ROLE]: classRules('closed') };
  const stage = await Stage.open(
    teams.map(({ account, token }) => accountOf(account, { token, roles: [CLASS_ROLE], ids: teamIds(account) })),
    roles,
  );
  try {
    // Whoever had such an id would be told in place of all others.
    await expect(stage.mqtt(teams[0] as Person, { clientId: 'class/hall' })).rejects.toThrow();
    const rooms: Awaited<ReturnType<typeof joinAll>>[] = [];
    for (const team of teams) rooms.push(await joinAll(stage, team));
    for (const [index, { say }] of rooms.entries()) {
      for (const [by, speak] of say.entries()) await speak(`<${teamName(index + 1)} ${by}>`);
      // Another team's kitchen takes nothing of it.
      const other = teamName(((index + 1) % TEAMS) + 1);
      await stage.oocsiSays(teams[index] as Person, `sendraw ${other}/kitchen {"mark":"<intruder>"}`);
    }
    for (const [index, { ears }] of rooms.entries()) {
      const own = teamName(index + 1);
      for (const [at, ear] of ears.entries()) {
        for (const by of [0, 1, 2, 3].filter((each) => each !== at))
          await expect.poll(ear.text).toContain(`<${own} ${by}>`);
        await ear.settle();
        const marks = [...ear.text().matchAll(/<([a-z]+\d*)(?: \d)?>/g)].map(([, who]) => who);
        expect(new Set(marks)).toEqual(new Set([own]));
        expect(ear.text()).not.toMatch(new RegExp(`\\bteam(?!${index + 1}\\b)\\d`));
      }
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
