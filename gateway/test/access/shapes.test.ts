import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Row, SpeakRow } from './paths/row.ts';
import { ROWS } from './paths/rows.ts';
import { SECRET, Stage } from './paths/stage.ts';

/** Of a file, the name is looked at. */
const SCHEMA = {
  anyOf: [
    { type: 'object', properties: { mark: { type: 'string', maxLength: 12 } }, required: ['mark'] },
    { type: 'string', maxLength: 16 },
  ],
};

let stage: Stage;
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-shapes-'));
  const enforce = join(folder, 'secret.json');
  await writeFile(enforce, JSON.stringify(SCHEMA));
  stage = await Stage.open([], {}, { shapes: [{ filter: SECRET, enforce }] });
});
afterEach(() => stage.rest());
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

async function incidents(): Promise<number> {
  const metrics = await (await stage.http(stage.boss, '/metrics')).text();
  const counts = metrics.matchAll(/crosscomm_incidents_total\{[^}]*PEER_BAD_SHAPE[^}]*\} (\d+)/g);
  return [...counts].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** What is sent to such a name is sent to that alone, and to nobody who listens to the channel that it has functions of. */
const OTHER = 'OOCSI: a message to a functional channel';
const SPEAKING = ROWS.filter((row): row is Row & SpeakRow => 'speak' in row && row.name !== OTHER);

it.each(SPEAKING)('refuses what does not fit, and takes what fits: $name', async (row) => {
  const [mark, misfit] = [`mark-${++count}`, `too-long-to-fit-${++count}`];
  const ear = await stage.oocsiEar(stage.boss, 'subscribe left/#');
  const before = await incidents();
  await row.speak(stage, stage.lena, misfit).catch(() => {});
  // A client of MQTT 5 may have been told so, and one of HTTP.
  await row.speak(stage, stage.lena, mark);
  await expect.poll(ear.text).toContain(mark);
  await expect.poll(incidents).toBeGreaterThan(before);
  expect(ear.text()).not.toContain(misfit);
});
