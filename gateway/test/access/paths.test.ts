import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ELSEWHERE, HARMLESS } from './paths/harmless.ts';
import { beInChannel, type HearRow, type OperateRow, type Row, sayMark } from './paths/row.ts';
import { ROWS } from './paths/rows.ts';
import { carriedOut, type Ear, type Person, SECRET, Stage } from './paths/stage.ts';
import { everyWay } from './paths/ways.ts';

const JSON_BODY = { 'content-type': 'application/json' };

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.rest());
afterAll(() => stage.close());

/** Somebody who was refused hears nothing. */
const DEAF: Ear = { text: () => '', settle: async () => {} };

async function hears(row: Extract<Row, { hear: unknown }>, may: Person, mayNot: Person): Promise<void> {
  const mark = `mark-${++count}`;
  const stir = row.stir ?? sayMark;
  if (row.isBefore) await stir(stage, mark);
  const [one, other] = [await row.hear(stage, may), await row.hear(stage, mayNot).catch(() => DEAF)];
  if (!row.isBefore) await stir(stage, mark);
  await expect.poll(one.text).toContain(mark);
  await other.settle();
  expect(other.text()).not.toContain(mark);
}

async function sees(row: Extract<Row, { see: unknown }>, may: Person, mayNot: Person): Promise<void> {
  const mark = `left/seen-${++count}`;
  await (row.stir ?? beInChannel)(stage, mark);
  expect(await row.see(stage, may, mark)).toContain(mark);
  expect(await row.see(stage, mayNot, mark).catch(() => '')).not.toContain(mark);
}

async function speaks(row: Extract<Row, { speak: unknown }>, may: Person, mayNot: Person): Promise<void> {
  const [mark, forbidden] = [`mark-${++count}`, `mark-${++count}`];
  const ear = await stage.oocsiEar(stage.boss, 'subscribe left/#');
  await row.speak(stage, mayNot, forbidden).catch(() => {});
  if (row.isCall) await row.speak(stage, stage.nora, forbidden).catch(() => {});
  await row.speak(stage, may, mark);
  await expect.poll(ear.text).toContain(mark);
  expect(ear.text()).not.toContain(forbidden);
}

async function operates({ operate: { method, path } }: OperateRow): Promise<void> {
  const { boss, lena } = stage;
  const init = { method, ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}', headers: JSON_BODY }) };
  const statuses = [];
  for (const who of [boss, lena]) statuses.push((await stage.http(who, path, init)).status);
  expect(statuses).toEqual([expect.not.toSatisfy((status) => status === 401 || status === 403), 403]);
}

async function walk(row: Row, may: Person, mayNot: Person): Promise<void> {
  if ('hear' in row) await hears(row, may, mayNot);
  else if ('see' in row) await sees(row, may, mayNot);
  else if ('speak' in row) await speaks(row, may, mayNot);
  else await operates(row);
}

it.each(ROWS)('lets nobody who may not go this path: $name', async (row) => {
  await walk(row, stage.lena, stage.rita);
});

const LISTENING = ROWS.filter((row): row is Row & HearRow => 'hear' in row && !row.isBefore);

it.each(LISTENING)('lets hear at once who may now, and no more who may not: $name', async (row) => {
  const { lena, rita } = stage;
  const mark = `mark-${++count}`;
  const before = await row.hear(stage, lena);
  await stage.setRoles(lena, 'right');
  await stage.setRoles(rita, 'left');
  try {
    const after = await row.hear(stage, rita);
    await (row.stir ?? sayMark)(stage, mark);
    await expect.poll(after.text).toContain(mark);
    // Its connection may have been ended.
    await before.settle().catch(() => {});
    expect(before.text()).not.toContain(mark);
  } finally {
    await stage.setRoles(lena, 'left');
    await stage.setRoles(rita, 'right');
  }
});

it('lets speak at once who may now, and no more who may not, by connections that are open', async () => {
  const { lena } = stage;
  const ear = await stage.oocsiEar(stage.boss, 'subscribe left/#');
  const oocsi = await stage.oocsi(lena);
  const mqtt = await stage.mqtt(lena);
  const [crosscomm, device] = [await stage.crosscomm(lena), await stage.device(lena)];
  const sayAll = async (mark: string): Promise<void> => {
    oocsi.send(`sendraw ${SECRET} {"mark":"${mark}-oocsi"}`);
    crosscomm.send('dict', SECRET, { mark: `${mark}-crosscomm` });
    device.say({ type: 'message', to: SECRET, value: new Map([['mark', `${mark}-frames`]]) });
    await mqtt.publishAsync(SECRET, `{"mark":"${mark}-mqtt"}`, { qos: 1 });
    await Promise.all([carriedOut(oocsi), crosscomm.ear.settle(), device.ear.settle()]);
    await ear.settle();
  };
  const heard = (mark: string): string[] =>
    ['oocsi', 'crosscomm', 'frames', 'mqtt'].filter((protocol) => ear.text().includes(`${mark}-${protocol}"`));
  await stage.setRoles(lena, 'right');
  await sayAll('forbidden');
  await stage.setRoles(lena, 'left');
  await sayAll('allowed');
  expect([heard('forbidden'), heard('allowed')]).toEqual([[], ['oocsi', 'crosscomm', 'frames', 'mqtt']]);
});

it('has a row for every way in and out, or a reason for none', () => {
  const gone = new Set([...ROWS.flatMap(({ goes }) => goes), ...Object.keys(ELSEWHERE), ...Object.keys(HARMLESS)]);
  const ways = everyWay();
  expect(ways.filter((way) => !gone.has(way))).toEqual([]);
  // Nothing stays in the table that is no way any more.
  expect([...gone].filter((way) => !ways.includes(way))).toEqual([]);
});

it('has a row for every path of the API that the gateway describes', async () => {
  const gone = new Set([...ROWS.flatMap(({ goes }) => goes), ...Object.keys(ELSEWHERE), ...Object.keys(HARMLESS)]);
  const described = (await (await stage.http(stage.boss, '/api/v1/openapi.json')).json()) as { paths: object };
  const ways = Object.entries(described.paths).flatMap(([path, operations]) =>
    Object.keys(operations as object).map(
      (method) => `http ${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    ),
  );
  expect(ways).toContain('http GET /api/v1/events');
  expect(ways.filter((way) => !gone.has(way))).toEqual([]);
});

it('knows the tests of the ways that others walk', () => {
  const missing = Object.values(ELSEWHERE).filter((file) => !existsSync(new URL(`../${file}`, import.meta.url)));
  expect(missing).toEqual([]);
});
