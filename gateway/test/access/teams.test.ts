import { accountOf } from '@crosscomm/testing/accounts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { beInChannel, type Row, sayMark } from './paths/row.ts';
import { ROWS } from './paths/rows.ts';
import { type Ear, person, Stage } from './paths/stage.ts';

/** Two who may do everything that there is, each in a namespace of its own: `left` and `right`. */
const [lena, rita] = [person('lina'), person('rob')];
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await Stage.open([
    accountOf('lina', { token: lena.token, namespace: 'left' }),
    accountOf('rob', { token: rita.token, namespace: 'right' }),
  ]);
  stage.uploader = 'left/files';
});
afterEach(() => stage.rest());
afterAll(() => stage.close());

const DEAF: Ear = { text: () => '', settle: async () => {} };

/** What its clients call things is told by these without the namespace; the API and the pages have the names of all. */
const NAMING = /^(?:OOCSI|CrossComm|MQTT|MQTT 5|frames|HTTP: (?:a channel|all channels|the list of channels)).*/;

/** The keys of files are the same for everybody. */
const OF_A_KEY = /cross_comm\/left%(?:25)?2F/g;

/** They repeat what was written in full. */
const REPEATING = /: (?:a device that said hello|kept values)$/;

function expectOwnNames({ name }: Row, text: string): void {
  if (NAMING.test(name) && !REPEATING.test(name)) expect(text.replaceAll(OF_A_KEY, '')).not.toMatch(/left(?:\/|%2F)/);
}

async function walk(row: Row): Promise<void> {
  if ('hear' in row) {
    const mark = `mark-${++count}-`;
    const stir = row.stir ?? sayMark;
    if (row.isBefore) await stir(stage, mark);
    const [one, other] = [await row.hear(stage, lena), await row.hear(stage, rita).catch(() => DEAF)];
    if (!row.isBefore) await stir(stage, mark);
    await expect.poll(one.text).toContain(mark);
    await other.settle();
    expect(other.text()).not.toContain(mark);
    expectOwnNames(row, one.text());
  } else if ('see' in row) {
    const name = `seen-${++count}-`;
    await (row.stir ?? beInChannel)(stage, `left/${name}`);
    const seen = await row.see(stage, lena, `left/${name}`);
    expect(seen).toContain(name);
    expectOwnNames(row, seen);
    const asked = await row.see(stage, rita, `left/${name}`).catch(() => '');
    expect(asked).not.toContain(name);
  } else if ('speak' in row) {
    const [mark, forbidden] = [`mark-${++count}-`, `mark-${++count}-`];
    const ear = await stage.oocsiEar(stage.boss, 'subscribe left/#');
    await row.speak(stage, rita, forbidden).catch(() => {});
    await row.speak(stage, lena, mark);
    await expect.poll(ear.text).toContain(mark);
    expect(ear.text()).not.toContain(forbidden);
  } else {
    const { method, path } = row.operate;
    const headers = { 'content-type': 'application/json' };
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}', headers };
    expect((await stage.http(lena, path, { method, ...body })).status).toBe(403);
  }
}

/** A topic filter that begins with a wildcard stays within the namespace: it is one level deeper there. */
const WITHIN = ROWS.filter(
  ({ name }) => !/: (?:one level|what was said before on topics that a filter matches)$/.test(name),
);

it.each(WITHIN)('keeps a namespace to its own clients on this path: $name', walk);
