import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Row, sayMark } from './paths/row.ts';
import { ROWS } from './paths/rows.ts';
import { carriedOut, type Ear, type Person, SECRET, Stage } from './paths/stage.ts';

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
  const mark = `${SECRET}-${++count}`;
  await (row.stir ?? beInSecret)(stage, mark);
  expect(await row.see(stage, may, mark)).toContain(mark);
  expect(await row.see(stage, mayNot, mark).catch(() => '')).not.toContain(mark);
}

/** Somebody is in a channel of the name `mark`. */
async function beInSecret(on: Stage, mark: string): Promise<void> {
  const boss = await on.oocsi(on.boss);
  boss.send(`subscribe ${mark}`);
  await carriedOut(boss);
}

async function speaks(row: Extract<Row, { speak: unknown }>, may: Person, mayNot: Person): Promise<void> {
  const [mark, forbidden] = [`mark-${++count}`, `mark-${++count}`];
  const ear = await stage.oocsiEar(stage.boss, 'subscribe left/#');
  await row.speak(stage, mayNot, forbidden).catch(() => {});
  await row.speak(stage, may, mark);
  await expect.poll(ear.text).toContain(mark);
  expect(ear.text()).not.toContain(forbidden);
}

it.each(ROWS)('lets nobody who may not go this path: $name', async (row) => {
  const { lena, rita } = stage;
  if ('hear' in row) await hears(row, lena, rita);
  else if ('see' in row) await sees(row, lena, rita);
  else await speaks(row, lena, rita);
});
