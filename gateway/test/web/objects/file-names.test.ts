import { describe, expect, it } from 'vitest';
import { body } from '../../objects/support.ts';
import { buildWebObjects, put } from './objects-server.ts';

async function dispositionOf(url: string): Promise<string | null> {
  return (await fetch(url)).headers.get('content-disposition');
}

describe('the name of a file that is downloaded', () => {
  it.each([
    ['log.csv', 'inline; filename="log.csv"'],
    ['Tür 1.jpg', 'inline; filename="T_r 1.jpg"; filename*=UTF-8\'\'T%C3%BCr%201.jpg'],
    ["it's (1).txt", 'inline; filename="it\'s (1).txt"'],
    ['50%25.txt', 'inline; filename="50_25.txt"; filename*=UTF-8\'\'50%2525.txt'],
    ['a"b;c=d.txt', 'inline; filename="a_b;c=d.txt"'],
    ['..\\..\\evil.exe', 'inline; filename="evil.exe"'],
  ])('is what it was put as, %s', async (name, disposition) => {
    const { url } = await buildWebObjects();
    const { body: object } = await put(`${url}/objects/${encodeURIComponent(name)}?from=cam`, 'x');
    expect(await dispositionOf(object.url)).toBe(disposition);
  });

  it('is that of the parameter "name", which may be all that says one', async () => {
    const { url } = await buildWebObjects();
    const named = await put(`${url}/objects/upload.bin?name=Fenster.jpg`, 'x');
    const alone = await put(`${url}/objects/?name=Fenster.jpg`, 'x');
    for (const { status, body: object } of [named, alone]) {
      expect([status, object.key]).toEqual([201, expect.stringMatching(/\.jpg$/)]);
      expect(await dispositionOf(object.url)).toBe('inline; filename="Fenster.jpg"');
    }
  });

  it('is the file name in a form', async () => {
    const { url } = await buildWebObjects();
    const form = new FormData();
    form.append('file', new Blob(['x']), 'Größe.txt');
    const answer = await fetch(`${url}/objects`, { method: 'POST', body: form });
    const { url: address } = (await answer.json()) as { url: string };
    expect(await dispositionOf(address)).toContain("filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt");
  });

  it('is the last part of its key where nobody said one, and no header can be made of it', async () => {
    const { url, objects } = await buildWebObjects();
    await objects.store.write('a/b "c".txt', body('x'));
    expect(await dispositionOf(`${url}/objects/a/b%20%22c%22.txt`)).toBe('inline; filename="b _c_.txt"');
    await objects.store.write('hostile', body('x'), { metadata: { name: 'a\r\nSet-Cookie: b=c\u202e.txt' } });
    const { headers } = await fetch(`${url}/objects/hostile`);
    expect(headers.get('content-disposition')).toBe('inline; filename="a__Set-Cookie_ b=c_.txt"');
    expect(headers.has('set-cookie')).toBe(false);
  });

  it('is listed for each file of a folder', async () => {
    const { url } = await buildWebObjects();
    const folder = '1700000000000_0123abcd_folder';
    await put(`${url}/objects/deep/note.txt?from=cam&folder=${folder}`, 'x');
    const { body: object } = await put(`${url}/objects/Trip?from=cam&kind=folder&folder=${folder}`, '');
    expect(await (await fetch(object.url)).json()).toMatchObject({
      objects: [{ key: `cross_comm/cam/${folder}/deep/note.txt`, fileName: 'note.txt' }],
    });
  });

  it('of an image in another format has the extension of that', async () => {
    const { url } = await buildWebObjects();
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const { body: object } = await put(`${url}/objects/dot.png`, Buffer.from(pixel, 'base64'));
    expect(await dispositionOf(`${object.url}&format=jpeg`)).toBe('inline; filename="dot.jpg"');
  });
});

describe('an object that a client wrote by OSS', () => {
  const key = 'cross_comm/ann/1_00000000.jpg';
  const message = {
    to: 'desk',
    kind: 'file' as const,
    from: 'ann',
    objectKey: key,
    text: '/home/ann/Bilder/Katze.jpg',
  };

  it('is called what the client tells its recipients, also after a restart of the gateway', async () => {
    const house = await buildWebObjects();
    await house.objects.store.write(key, body('x'));
    await house.objects.note(message);
    expect(await dispositionOf(`${house.url}/objects/${key}`)).toBe('inline; filename="Katze.jpg"');
    const again = await house.reopen();
    expect(await again.store.head(key)).toMatchObject({ fileName: 'Katze.jpg', metadata: {} });
    expect((await again.store.list({ limit: 1 })).objects).toMatchObject([{ fileName: 'Katze.jpg' }]);
  });

  it('keeps the name that it has, and takes none from another client', async () => {
    const { objects } = await buildWebObjects();
    await objects.store.write(key, body('x'));
    await objects.note({ ...message, from: 'eve', text: 'evil.exe' });
    expect((await objects.store.head(key))?.fileName).toBeUndefined();
    await objects.note(message);
    await objects.note({ ...message, text: 'other.jpg' });
    expect((await objects.store.head(key))?.fileName).toBe('Katze.jpg');
    await objects.note({ ...message, objectKey: 'cross_comm/ann/2_00000000.jpg' });
    expect(await objects.store.head('cross_comm/ann/2_00000000.jpg')).toBeUndefined();
  });
});
