import { describe, expect, it } from 'vitest';
import { Recipient } from '../../objects/objects-house.ts';
import { buildWebObjects, put } from './objects-server.ts';

describe('a folder', () => {
  const folder = '1795476531059_6ad035a5_folder';

  it('has its files below one key, which whoever knows it can list', async () => {
    const { url } = await buildWebObjects();
    for (const path of ['a.txt', 'sub/b%20c.txt']) {
      const { status } = await put(`${url}/objects/${path}?from=desk&folder=${folder}`, path);
      expect(status).toBe(201);
    }
    const prefix = `cross_comm/desk/${folder}/`;
    const list = (await (await fetch(`${url}/objects?prefix=${prefix}`)).json()) as { objects: { key: string }[] };
    expect(list.objects.map(({ key }) => key)).toEqual([`${prefix}a.txt`, `${prefix}sub/b c.txt`]);
    expect(await (await fetch(`${url}/objects/${prefix}sub/b%20c.txt`)).text()).toBe('sub/b%20c.txt');
  });

  it.each([
    ['another form', '/objects/a?folder=x', 'PEER_MALFORMED'],
    ['a way out', `/objects/a?folder=${folder}%2F..`, 'PEER_MALFORMED'],
    ['a file that leads out of it', `/objects/..%2F..%2Fbert%2Fa?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a recipient', `/objects/a?to=bert&folder=${folder}`, 'PEER_MALFORMED'],
    ['a file at the root of a disk', `/objects//etc/passwd?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a file without a name', `/objects/a/?folder=${folder}`, 'PEER_BAD_NAME'],
    ['NUL in the name of a file', `/objects/a%00/b?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a path of 10 KB', `/objects/${'a/'.repeat(5000)}b?folder=${folder}`, 'PEER_BAD_NAME'],
    ['content of its own', `/objects/Fotos?kind=folder&folder=${folder}`, 'PEER_MALFORMED'],
    ['no name of its own', `/objects/?kind=folder&folder=${folder}`, 'PEER_BAD_NAME'],
    ['another client’s key', `/objects/Fotos?kind=folder&folder=..%2Fbert%2F${folder}`, 'PEER_MALFORMED'],
    ['no key', '/objects/Fotos?kind=folder', 'PEER_MALFORMED'],
  ])('is refused with %s, and nothing is kept', async (_what, path, code) => {
    const { url, objects } = await buildWebObjects();
    expect(await put(`${url}${path}`, 'x')).toMatchObject({ status: 400, body: { error: { code } } });
    expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
  });

  it('is told of once all of it is there, with an address that lists it, and in it those of its files', async () => {
    const { url, hub, access } = await buildWebObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    for (const path of ['a.txt', 'sub/b.txt']) await put(`${url}/objects/${path}?from=desk&folder=${folder}`, path);
    const address = `${url}/objects/Fotos%20vom%20Meer?from=desk&folder=${folder}&kind=folder&to=bert`;
    const answer = await fetch(address, { method: 'PUT' });
    const { key } = (await answer.json()) as { key: string };
    expect([answer.status, key]).toEqual([201, `cross_comm/desk/${folder}/`]);
    const message = await bert.next();
    expect(message).toMatchObject({ from: 'desk', kind: 'folder', body: 'Fotos vom Meer', objectKey: key });
    access.mayRead = () => false;
    expect((await fetch(`${url}/objects?prefix=${key}`)).status).toBe(403);
    expect((await fetch(String(message.objectUrl).replace('_folder%2F', '_folder%2Fsub%2F'))).status).toBe(403);
    const list = (await (await fetch(String(message.objectUrl))).json()) as { objects: { url: string }[] };
    const contents = list.objects.map(async (object) => (await fetch(object.url)).text());
    expect(await Promise.all(contents)).toEqual(['a.txt', 'sub/b.txt']);
  });

  it.each(['', 'cross_comm/', 'cross_comm/desk/', '../'])('is all that can be listed, not %j', async (prefix) => {
    const { url } = await buildWebObjects();
    expect((await fetch(`${url}/objects?prefix=${prefix}`)).status).toBe(400);
  });
});

describe('an upload to a folder, by the name of another upload', () => {
  it.each([
    ['for another folder', 'a.txt', '1795476531059_6ad035a6_folder'],
    ['another file of the same name', 'deep/a.txt', '1795476531059_6ad035a5_folder'],
    ['for no folder', 'a.txt', ''],
  ])('is another upload where it is %s', async (_what, path, folder) => {
    const { url } = await buildWebObjects();
    const first = await put(`${url}/objects/a.txt?upload=u1&folder=1795476531059_6ad035a5_folder`, 'same');
    const other = await put(`${url}/objects/${path}?upload=u1&folder=${folder}`, 'same');
    expect([first.status, other.status]).toEqual([201, 201]);
    expect(other.body.key).not.toBe(first.body.key);
    expect(await (await fetch(other.body.url)).text()).toBe('same');
  });
});
