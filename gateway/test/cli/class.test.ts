import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place, type Ran } from '@crosscomm/testing/place';
import { TestShell } from '@crosscomm/testing/test-shell';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let place: Place;

function run(...argv: string[]): Promise<Ran> {
  return place.run(['class', ...argv]);
}

interface Team {
  team: string;
  code: string;
}

async function start(teams: number): Promise<Team[]> {
  const { code, out } = await run('start', '--teams', String(teams), '--minutes', '90', '--json');
  expect(code).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Team);
}

describe('crosscomm class, where no gateway runs', () => {
  beforeAll(() => {
    place = new Place();
  });
  afterAll(() => place.dispose());

  it('makes the teams, shows them and removes them', async () => {
    const { code, out } = await run('start', '--teams', '3', '--minutes', '90');
    expect(code).toBe(0);
    expect(out).toMatch(/^The class has 3 teams, until 20.*\nTEAM +JOIN CODE\nteam1 +[a-z2-9]{10}\n/);
    const status = await run('status', '--json');
    expect(JSON.parse(status.out)).toMatchObject({ mode: 'closed', teams: [{ team: 'team1' }, {}, { team: 'team3' }] });
    expect((await run('status')).out).toMatch(/^Teams talk among themselves;.*\nTEAM +UNTIL\nteam1 +20/);
    const shown = await place.run(['account', 'show', 'team2', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ roles: ['class'], ids: ['team2/*'], hasPassword: true, tokens: [] });
    expect((await run('open')).out).toContain('The shared space is open');
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({ mode: 'open' });
    expect((await run('end')).out).toBe('The class is over: removed team1, team2, team3.\n');
    expect((await place.run(['account', 'list', '--json'])).out).toBe('');
    expect((await place.run(['role', 'list'])).out).not.toContain('class');
    expect((await run('status')).out).toMatch(/There is no class; .*class start/);
  });

  it('says what is wrong, and changes nothing', async () => {
    expect(await run('start', '--teams', '0', '--minutes', '90')).toMatchObject({ code: 2 });
    expect((await run('start', '--teams', '4', '--minutes', 'long')).err).toContain('--minutes is a whole number');
    expect((await run('end')).err).toContain('There is no class');
    await place.run(['account', 'add', 'team2']);
    expect((await run('start', '--teams', '3', '--minutes', '90')).err).toMatch(/teams would be called: team2\./);
    await place.run(['account', 'remove', 'team2']);
    await place.run(['role', 'set', 'class', '--allow', 'send']);
    expect((await run('start', '--teams', '3', '--minutes', '90')).err).toContain('There is a role class of yours');
    await place.run(['role', 'remove', 'class']);
    await start(2);
    expect((await run('start', '--teams', '3', '--minutes', '90')).err).toMatch(/There is a class with 2 teams/);
    await run('end');
  });
});

describe('crosscomm class, where a gateway runs', () => {
  beforeAll(async () => {
    place = new Place();
    await place.start();
  });
  afterAll(() => place.dispose());

  it('lets teams in by their codes, opens, freezes, and disconnects them at the end', async () => {
    const [one, two] = await start(3);
    const { oocsi, mqtt: broker } = place.listeners;
    const lamp = await OocsiClient.open(oocsi.port, `team1/lamp:${one?.code}`);
    expect(await lamp.takeLine(() => true)).toContain('welcome');
    const sensor = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      ...{ clientId: 'team2/sensor', username: 'team2', password: two?.code ?? '', reconnectPeriod: 0 },
    });
    const closed = new Promise<void>((resolve) => sensor.once('close', () => resolve()));
    lamp.send('subscribe class/hall');
    lamp.send('subscribe team1/lights');
    await lamp.settle();

    const hall = (mark: string) => sensor.publishAsync('class/hall', `{"mark":"${mark}"}`, { qos: 1 });
    await hall('too early');
    await run('open');
    await hall('open');
    expect(await lamp.take('class/hall')).toMatchObject({ mark: 'open' });
    await run('freeze');
    await hall('frozen');
    await run('close');
    await hall('shut');
    await run('open');
    await hall('again');
    expect(await lamp.take('class/hall')).toMatchObject({ mark: 'again' });

    await sensor.publishAsync('lamp', 'on', { qos: 1, retain: true });
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({
      mode: 'open',
      teams: [
        { team: 'team1', clients: ['team1/lamp'], sharedIds: [] },
        { team: 'team2', clients: ['team2/sensor'], lastMessageMs: expect.any(Number) },
        { team: 'team3', clients: [], lastMessageMs: null },
      ],
    });
    const table = (await run('status')).out;
    expect(table).toMatch(/TEAM +UNTIL +CLIENTS +LAST MESSAGE.*\n.*\nteam2 .* 1 +now *\nteam3 .* 0 +none yet/);
    expect((await run('clear')).out).toBe('Cleared team2/lamp.\n');
    expect((await run('clear')).out).toBe('Nothing was retained.\n');
    await sensor.publishAsync('lamp', 'off', { qos: 1, retain: true });
    await run('end');
    await closed;
    const channels = await fetch(`http://127.0.0.1:${place.listeners.http.port}/api/v1/channels`);
    expect(await channels.text()).not.toContain('"retained":true');
    const late = await OocsiClient.open(oocsi.port, `team1/lamp:${one?.code}`);
    expect(await late.takeLine(() => true)).not.toContain('welcome');
    late.close();
    lamp.close();
  });
});

describe('crosscomm class, where other machines reach the gateway', () => {
  beforeAll(async () => {
    place = new Place();
    await place.start({ http: { host: '0.0.0.0', port: 0 }, auth: { anonymous: 'allow' }, discovery: { mdns: false } });
  });
  afterAll(() => place.dispose());

  it('shows a picture of the page for teams on a terminal', async () => {
    const shell = new TestShell({ terminal: true });
    expect(await shell.run('class', 'start', '--teams', '1', '--minutes', '5', '--data-dir', place.dataDir)).toBe(0);
    expect(shell.stdout.text).toContain('█');
    const { port } = place.listeners.http;
    expect(shell.stdout.text).toMatch(new RegExp(`The page for teams, .*: http://[0-9a-z.:]+:${port}\\n`));
  });
});
