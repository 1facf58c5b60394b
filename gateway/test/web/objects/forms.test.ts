import { describe, expect, it } from 'vitest';
import { buildWebObjects, sha256, type WebObjects } from './objects-server.ts';

/** A part of a form as browsers write it; with a file name it is a file. */
function part(name: string, content: string, file?: string): string {
  const type = file === undefined ? '' : '\r\nContent-Type: application/octet-stream';
  const filename = file === undefined ? '' : `; filename="${file}"`;
  return `--x\r\nContent-Disposition: form-data; name="${name}"${filename}${type}\r\n\r\n${content}\r\n`;
}

async function post({ url }: WebObjects, ...parts: string[]): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const answer = await fetch(`${url}/objects`, { method: 'POST', headers, body: `${parts.join('')}--x--\r\n` });
  return { status: answer.status, body: await answer.json() };
}

const GOOD = part('one', 'hello', 'a.txt');
const EMPTY = part('two', '', '');

describe('a form', () => {
  it.each([
    ['after a file', [GOOD, EMPTY]],
    ['before a file', [EMPTY, GOOD]],
    ['on both sides', [EMPTY, GOOD, EMPTY, part('submit', 'Send')]],
  ])('may have file inputs that were left empty: %s', async (_where, parts) => {
    const house = await buildWebObjects();
    expect(await post(house, ...parts)).toMatchObject({ status: 201, body: { sha256: sha256('hello') } });
    expect(house.objects.counts().receiving).toBe(0);
  });

  it.each([
    ['nothing but empty inputs', [EMPTY, EMPTY], 'no file'],
    ['content without a name', [part('f', 'x', '')], 'no name'],
    ['a recipient after a file', [GOOD, part('to', 'bert')], '"to" of the form comes after a file'],
    ['a kind between files', [GOOD, part('kind', 'image'), GOOD], '"kind" of the form comes after a file'],
    ['two recipients', [part('to', 'a'), part('to', 'b'), GOOD], 'more than once'],
    ['21 fields', [...Array.from({ length: 21 }, (_, index) => part(`f${index}`, 'x')), GOOD], '20 fields'],
    [
      '21 fields, after a file',
      [GOOD, ...Array.from({ length: 21 }, (_, index) => part(`f${index}`, 'x'))],
      '20 fields',
    ],
    ['a recipient that is too long', [part('to', 'x'.repeat(5000)), GOOD], '4096 bytes'],
  ])('with %s is refused, says why, and leaves nothing', async (_what, parts, reason) => {
    const house = await buildWebObjects();
    const { status, body } = await post(house, ...parts);
    expect([status, body]).toMatchObject([400, { error: { message: expect.stringContaining(reason) } }]);
    expect(house.objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
    expect(await house.objects.store.list({ limit: 1 })).toMatchObject({ objects: [] });
  });

  it('may say again after its files what it said before them, and anything that is not for the gateway', async () => {
    const house = await buildWebObjects();
    const said = part('from', 'page');
    expect(await post(house, said, GOOD, said, part('csrf', 'x'))).toMatchObject({ status: 201 });
  });
});
