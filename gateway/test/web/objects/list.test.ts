import { describe, expect, it } from 'vitest';
import { put } from '../../objects/objects-house.ts';
import { buildWebObjects, type WebObjects } from './objects-server.ts';

interface Entry {
  key: string;
  url: string;
  [field: string]: unknown;
}

async function ask(
  house: WebObjects,
  query = '',
): Promise<{ status: number; objects: Entry[]; next?: string; error?: { code: string; message: string } }> {
  const answer = await fetch(`${house.url}/api/v1/objects${query}`);
  return { status: answer.status, ...((await answer.json()) as { objects: Entry[] }) };
}

describe('GET /api/v1/objects', () => {
  it('tells of each object what it is, who sent it to whom, when, and where it can be read', async () => {
    const house = await buildWebObjects();
    const { key } = await put(house.objects, 'hello', {
      from: 'cam',
      to: 'wall',
      name: 'My door.png',
      kind: 'image',
      contentType: 'image/png',
    });
    const { status, objects, next } = await ask(house);
    expect([status, next]).toEqual([200, undefined]);
    expect(objects).toEqual([
      {
        key,
        url: expect.stringMatching(/^http:.*\/objects\/cross_comm\/cam\/.*\.png\?expires=\d+&signature=/),
        fileName: 'My door.png',
        size: 5,
        kind: 'image',
        type: 'image/png',
        from: 'cam',
        to: 'wall',
        createdMs: house.clock.now(),
      },
    ]);
    expect(await (await fetch(objects[0]?.url ?? '')).text()).toBe('hello');
  });

  it('gives the newest first, so many a page, and says how to go on', async () => {
    const house = await buildWebObjects();
    const sent: string[] = [];
    for (let at = 0; at < 5; at++) sent.unshift((await put(house.objects, 'x', { name: `${at}.txt` })).key);
    const found: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page = await ask(house, `?limit=2${next === '' ? '' : `&before=${next}`}`);
      expect(page.objects.length).toBeLessThanOrEqual(2);
      found.push(...page.objects.map(({ key }) => key));
      next = page.next;
    }
    expect(found).toEqual(sent);
  });

  it('gives those of a sender, a recipient, a kind or a beginning of the key', async () => {
    const house = await buildWebObjects();
    const image = await put(house.objects, 'x', { from: 'cam', to: 'wall', kind: 'image', name: 'a.jpg' });
    const file = await put(house.objects, 'x', { from: 'log', name: 'b.csv' });
    const only = async (query: string) => (await ask(house, query)).objects.map(({ key }) => key);
    for (const query of [
      '?from=cam',
      '?to=wall',
      '?kind=image',
      '?prefix=cross_comm%2Fcam%2F',
      '?from=cam&kind=image',
    ]) {
      expect(await only(query)).toEqual([image.key]);
    }
    expect(await only('?kind=file')).toEqual([file.key]);
    expect(await only('?prefix=&from=log&to=&kind=&before=&limit=')).toEqual([file.key]);
    expect(await only('?from=log&kind=image')).toEqual([]);
    expect((await ask(house, '?from=log')).objects).toMatchObject([{ to: null, from: 'log' }]);
  });

  it('gives addresses by the name that it is asked by, where the configuration has none', async () => {
    const addressFor = async (objects: Record<string, number | string>): Promise<string> => {
      const house = await buildWebObjects({ objects });
      const { key } = await put(house.objects, 'x');
      const answer = await house.app.inject({ url: '/api/v1/objects', headers: { host: 'localhost:9898' } });
      const { url } = answer.json().objects[0];
      expect(url).toContain(key);
      return new URL(url).host;
    };
    expect(await addressFor({})).toBe('localhost:9898');
    expect(await addressFor({ publicUrl: 'http://pi.home:80/' })).toMatch(/^127\.0\.0\.1:/);
  });

  it('tells no password of a private channel', async () => {
    const house = await buildWebObjects();
    await put(house.objects, 'x', { from: 'cam', to: 'safe:secret', name: 'a.jpg' });
    const { objects } = await ask(house, '?to=safe');
    expect(objects).toMatchObject([{ to: 'safe' }]);
    expect(JSON.stringify(objects)).not.toContain('secret');
  });

  it.each([
    ['?form=cam', 'form'],
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=some', 'limit'],
    ['?limit=1e2', 'limit'],
    ['?limit=0x10', 'limit'],
    ['?limit=%201', 'limit'],
    ['?limit=%2B1', 'limit'],
    ['?limit=1.0', 'limit'],
    ['?kind=folder', 'kind'],
    ['?before=yesterday', 'before'],
    ['?from=a&from=b', 'twice'],
  ])('refuses %s, and says why', async (query, word) => {
    const house = await buildWebObjects();
    const { status, error } = await ask(house, query);
    expect([status, error?.code]).toEqual([400, 'PEER_MALFORMED']);
    expect(error?.message).toContain(word);
  });

  it('is read by pages that may act, and by no other', async () => {
    const house = await buildWebObjects();
    const allowed = async (origin: string) =>
      (await fetch(`${house.url}/api/v1/objects`, { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
    expect(await allowed('https://evil.example')).toBeNull();
  });
});
