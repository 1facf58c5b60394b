import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFile } from '../../../src/storage/list-file.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

interface Item {
  id: string;
  kind: string;
  channel?: string;
  label: string;
}
interface Board {
  id: string;
  name: string;
  version: number;
  changedBy?: string;
  items: Item[];
  mayChange: boolean;
}
type Headers = Record<string, string>;

const ITEM = { id: 'a', kind: 'switch', label: 'Lamp', size: 'small', channel: 'left/lamp', key: 'on' };
const LIMITS = { maxBodyBytes: 1024 * 1024 };

const boardsFile = (folder: string) => listFile(join(folder, 'boards.json'), 'boards');

let dataDir: string;
let house: WebHouse;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-boards-'));
  house = await buildWebHouse({ ...LIMITS, controlBoards: boardsFile(dataDir) });
});
afterEach(async () => {
  await house.app.close();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

async function ask(method: 'GET' | 'PUT' | 'DELETE', id: string, payload?: object, headers: Headers = {}) {
  const answer = await house.app.inject({ method, url: `/api/v1/boards${id}`, headers, ...(payload && { payload }) });
  return {
    status: answer.statusCode,
    text: answer.body,
    board: answer.body === '' ? undefined : (answer.json() as Board),
  };
}
const put = (id: string, version: number, items: object[] = [ITEM], headers: Headers = {}) =>
  ask('PUT', `/${id}`, { name: `Board ${id}`, items, version }, headers);

describe('a board of controls', () => {
  it('is made, listed, read, changed and deleted', async () => {
    expect((await put('home', 0)).board).toMatchObject({ id: 'home', name: 'Board home', version: 1, items: [ITEM] });
    expect((await put('home', 1, [])).board).toMatchObject({ version: 2, items: [] });
    const list = JSON.parse((await ask('GET', '')).text) as { boards: object[]; mayChange: boolean };
    expect(list).toMatchObject({ boards: [{ id: 'home', version: 2, itemCount: 0 }], mayChange: true });
    expect((await ask('GET', '/home')).board).toMatchObject({ name: 'Board home', items: [], mayChange: true });
    expect((await ask('DELETE', '/home?version=2')).status).toBe(204);
    expect((await ask('GET', '/home')).status).toBe(404);
    expect((await ask('DELETE', '/home')).status).toBe(404);
  });

  it('is on disk when it is answered, and there after a restart', async () => {
    await put('home', 0);
    await house.app.close();
    house = await buildWebHouse({ ...LIMITS, controlBoards: boardsFile(dataDir) });
    expect((await ask('GET', '/home')).board).toMatchObject({ version: 1, items: [ITEM] });
  });

  it('is not overwritten by somebody who has not seen the last change, of several at once either', async () => {
    await put('home', 0);
    const answers = await Promise.all([put('home', 1), put('home', 1), put('home', 0)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409]);
    expect(answers[1]?.text).toContain('PEER_OUTDATED');
    expect((await ask('DELETE', '/home?version=1')).status).toBe(409);
    expect((await put('other', 3)).status).toBe(409);
  });

  it.each([
    ['a kind that there is not', { ...ITEM, kind: 'lever' }, 'kind'],
    ['no channel', { ...ITEM, channel: undefined }, 'channel'],
    ['a range without a middle', { ...ITEM, kind: 'slider', min: 5, max: 5 }, 'max'],
    ['more than there may be', { ...ITEM, label: 'x'.repeat(81) }, 'label'],
    ['something else', { ...ITEM, script: 'alert(1)' }, 'script'],
  ])('is refused with %s', async (_, item, part) => {
    const { status, text } = await put('home', 0, [item]);
    expect([status, text]).toEqual([400, expect.stringContaining(part)]);
  });

  it('is refused under a name that is none, with two controls of one id, and where it is too large', async () => {
    expect((await put('No%20name', 0)).status).toBe(400);
    expect((await put('home', 0, [ITEM, ITEM])).status).toBe(400);
    const texts = Array.from({ length: 20 }, (_, index) => ({
      ...{ id: `${index}`, kind: 'text', label: '', size: 'full', text: 'x'.repeat(2000) },
    }));
    expect((await put('home', 0, texts)).status).toBe(413);
    expect((await ask('GET', '/home')).status).toBe(404);
  });

  it('is one of at most a hundred', async () => {
    for (let index = 0; index < 100; index++) expect((await put(`b${index}`, 0, [])).status).toBe(200);
    expect((await put('one-more', 0)).status).toBe(507);
    expect((await put('b5', 1)).status).toBe(200);
  });

  it.each([
    ['ENOSPC', /disk of the gateway is full: make room/],
    ['EROFS', /cannot be written \(EROFS\)/],
    ['EPERM', /may not write boards\.json in its data folder \(EPERM\): give/],
  ])('is refused with what to do about it where the disk cannot keep it: %s', async (code, sentence) => {
    await house.app.close();
    const save = () =>
      Promise.reject(
        new Error('not kept', { cause: Object.assign(new Error(code), { code, path: '/data/boards.json' }) }),
      );
    house = await buildWebHouse({ ...LIMITS, controlBoards: { ...boardsFile(dataDir), save } });
    const { status, text } = await put('home', 0);
    expect([status, JSON.parse(text).error.code]).toEqual([507, 'DATA_DIR_UNUSABLE']);
    expect(JSON.parse(text).error.message).toMatch(sentence);
    expect((await ask('GET', '/home')).status).toBe(404);
  });

  it('is put aside where its file is damaged, and the gateway goes on', async () => {
    await writeFile(join(dataDir, 'boards.json'), '{"version": 1, "boa');
    expect((await ask('GET', '')).status).toBe(200);
    expect((await put('home', 0)).status).toBe(200);
    expect(await readFile(join(dataDir, 'boards.json.damaged'), 'utf8')).toBe('{"version": 1, "boa');
  });
});

describe('who may do what with boards', () => {
  it('is: all may look, and those whose role may do "controls" may change', async () => {
    const tokens = await Promise.all(
      ['admin', 'member', 'device', 'viewer'].map((role) => addAccount(house, role, { role })),
    );
    const made = await Promise.all(tokens.map((token, index) => put(`b${index}`, 0, [ITEM], bearer(token))));
    expect(made.map(({ status }) => status)).toEqual([200, 200, 403, 403]);
    expect(made[1]?.board?.changedBy).toBe('member');
    const seen = await Promise.all(tokens.map((token) => ask('GET', '/b0', undefined, bearer(token))));
    expect(seen.map(({ status, board }) => [status, board?.mayChange])).toEqual([
      [200, true],
      [200, true],
      [200, false],
      [200, false],
    ]);
    expect((await ask('DELETE', '/b0', undefined, bearer(tokens[3] ?? ''))).status).toBe(403);
  });

  it('leaves controls of channels that somebody may not see hidden, and as they are', async () => {
    const topics = ['right/#'];
    addRole(house, 'right', [
      { effect: 'allow', actions: ['controls'] },
      { effect: 'allow', actions: ['send', 'subscribe', 'presence'], topics },
    ]);
    const [boss, rita] = [
      bearer(await addAccount(house, 'boss', { role: 'admin' })),
      bearer(await addAccount(house, 'rita', { role: 'right' })),
    ];
    const own = { ...ITEM, id: 'b', channel: 'right/lamp' };
    await put('home', 0, [ITEM, own], boss);
    const seen = (await ask('GET', '/home', undefined, rita)).board?.items ?? [];
    expect(seen).toEqual([{ id: 'a', kind: 'hidden', label: '', size: 'small' }, own]);
    const changed = await put('home', 1, [{ ...own, label: 'Mine' }, ...seen.slice(0, 1)], rita);
    expect(changed.board?.items.map(({ kind }) => kind)).toEqual(['switch', 'hidden']);
    const items = (await ask('GET', '/home', undefined, boss)).board?.items;
    expect(items).toEqual([{ ...own, label: 'Mine' }, ITEM]);
  });
});
