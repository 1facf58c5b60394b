import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildWebHouse, type WebHouse } from '../support.ts';

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, object> }> }>>;
}

let house: WebHouse;
let operations: { method: string; path: string; isStream: boolean }[];

beforeEach(async () => {
  house = await buildWebHouse({ maxBodyBytes: 1024 * 1024 });
  const { paths } = (await house.app.inject('/api/v1/openapi.json')).json() as Document;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{\w+\}/g, 'nobody'),
      isStream: Object.keys(responses['200']?.content ?? {}).some((type) => type !== 'application/json'),
    })),
  );
});
afterEach(() => house.app.close());

it('whatever can be read can be asked about by HEAD', async () => {
  const readable = operations.filter(({ method, isStream }) => method === 'GET' && !isStream);
  expect(readable.length).toBeGreaterThan(10);
  for (const { path } of readable) {
    const [got, asked] = [await house.app.inject(path), await house.app.inject({ method: 'HEAD', url: path })];
    expect([path, asked.statusCode, asked.headers['content-type'], asked.body]).toEqual([
      ...[path, got.statusCode, got.headers['content-type'], ''],
    ]);
  }
});

it('what no route knows behind the ? is refused, and not passed over', async () => {
  for (const { method, path } of operations) {
    const given = method === 'GET' || method === 'DELETE' ? {} : { payload: {} };
    const answer = await house.app.inject({ method: method as 'GET', url: `${path}?nonsense=1`, ...given });
    expect([method, path, answer.statusCode < 400]).toEqual([method, path, false]);
    expect(answer.json().error.message).toMatch(/\w.*\.$/);
  }
});

it('no browser takes an answer for anything but what it is', async () => {
  for (const url of [
    '/',
    '/examples/',
    '/client.js',
    '/status',
    '/channels',
    '/metrics',
    '/nothing',
    '/%zz',
    '/pair',
  ]) {
    const { headers } = await house.app.inject(url);
    expect([url, headers['x-content-type-options']]).toEqual([url, 'nosniff']);
  }
  for (const { path, isStream } of operations) {
    if (isStream) continue;
    const { headers } = await house.app.inject(path);
    expect([path, headers['x-content-type-options']]).toEqual([path, 'nosniff']);
  }
});
