import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { createWebServer } from '../../src/web/server.ts';
import { begin, buildObjects, FlakyStore, put } from '../objects/objects-house.ts';

/** A gateway's uploads, of which one has failed. */
async function withFailed() {
  const store = new FlakyStore();
  store.fault = new ObjectError('too_large', 'It is too large.');
  const house = await buildObjects({ openStore: store.open });
  const app = await createWebServer({
    context: house,
    serviceTimeoutMs: 1800,
    maxBodyBytes: 4096,
    objects: { objects: house.objects, stallMs: 1000 },
  });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  await put(house.objects, 'hello', { to: 'bert', name: 'a.txt' });
  await vi.waitFor(() => expect(house.objects.counts().failed).toBe(1));
  const [record] = house.objects.uploads.inState('failed');
  const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const shell = new TestShell({ env: { CROSSCOMM_URL: `ws://127.0.0.1:${port}` } });
    const code = await shell.run('uploads', ...argv);
    return { code, out: shell.stdout.text, err: shell.stderr.text };
  };
  return { ...house, store, id: record?.id ?? '', run };
}

describe('crosscomm uploads', () => {
  it('lists what does not get on, with the reason', async () => {
    const { id, run } = await withFailed();
    const { code, out } = await run('list');
    expect(code).toBe(0);
    const [head, line] = out.split('\n');
    expect(head).toMatch(/^ID +STATE +BYTES +FROM +TO +NAME$/);
    expect(line).toBe(`${id}  failed  5      anna  bert  a.txt (It is too large.)`);
    expect(JSON.parse((await run('list', '--json')).out)).toMatchObject({ id, state: 'failed', received: 5 });
  });

  it('lists a folder that waits for its files, and says so', async () => {
    const { run, objects } = await withFailed();
    const key = 'cross_comm/anna/1795476531059_6ad035a5_folder/';
    await begin(objects, { name: 'b.txt', key: `${key}b.txt` });
    await put(objects, '', { kind: 'folder', name: 'Fotos', key, to: 'bert' });
    const { out } = await run('list');
    expect(out).toMatch(/ accepted +- +anna +bert +Fotos\/ \(Not in the store yet: 1 of its files\.\)\n/);
  });

  it('tries again', async () => {
    const { id, run, store, objects } = await withFailed();
    store.fault = undefined;
    expect(await run('retry', id)).toEqual({ code: 0, out: `${id} is tried again.\n`, err: '' });
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ failed: 0, waiting: 0 }));
  });

  it('drops', async () => {
    const { id, run, objects } = await withFailed();
    expect(await run('drop', id)).toEqual({ code: 0, out: `${id} is gone.\n`, err: '' });
    expect(objects.counts()).toMatchObject({ failed: 0, bytes: 0 });
    expect((await run('list')).out).toBe('Nothing is on its way.\n');
  });

  it('says what is wrong with an id, and where there is no gateway', async () => {
    const { run } = await withFailed();
    expect(await run('drop', '../x')).toMatchObject({ code: 1, err: expect.stringContaining('[PEER_NOT_FOUND]') });
    const shell = new TestShell({ env: { CROSSCOMM_URL: 'ws://127.0.0.1:1' } });
    expect(await shell.run('uploads', 'list')).toBe(2);
    expect(shell.stderr.text).toContain('[GATEWAY_UNREACHABLE]');
  });
});
