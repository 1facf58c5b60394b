import { createHash, randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { GatewayProcess } from '../support/gateway-process.ts';
import { OocsiClient } from '../support/oocsi-client.ts';
import { TestShell } from '../support/test-shell.ts';

interface UploadList {
  waiting: number;
  fault: string | null;
  uploads: { id: string; state: string }[];
}

/** The keys of a gateway's OSS door, as its operator makes them for another. */
async function createKeys(gateway: GatewayProcess): Promise<NodeJS.ProcessEnv> {
  const shell = new TestShell();
  await shell.run('oss-keys', 'create', 'near', '--data-dir', gateway.dataDir);
  const lines = shell.stdout.text.matchAll(/^export (OSS_[A-Z_]+)=(.*)$/gm);
  const { host, port } = gateway.ready.oss;
  return {
    ...Object.fromEntries([...lines].map(([, name, value]) => [name, value])),
    OSS_ENDPOINT: `http://${host}:${port}`,
  };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('a gateway that keeps its objects in another one, by OSS', () => {
  const far = new GatewayProcess();
  let near: GatewayProcess | undefined;
  const open: { close(): void }[] = [];
  afterAll(async () => {
    for (const client of open) client.close();
    await near?.dispose();
    await far.dispose();
  });

  it('takes uploads while that one is away, through a power cut of its own, and brings them there later', async () => {
    await far.start();
    const objects = { store: 'oss', addressing: 'path', partBytes: 102_400 };
    const gateway = new GatewayProcess({ objects }, await createKeys(far));
    near = gateway;
    await gateway.start();
    const url = `http://127.0.0.1:${gateway.ready.http.port}`;
    const put = async (content: Buffer): Promise<string> => {
      const answer = await fetch(`${url}/objects/a.bin?from=sender&to=screen`, {
        method: 'PUT',
        body: new Uint8Array(content),
      });
      expect(answer.status).toBe(201);
      return ((await answer.json()) as { key: string }).key;
    };
    const read = async (of: GatewayProcess, key: string): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${of.ready.http.port}/objects/${key}`);
      return sha256(new Uint8Array(await answer.arrayBuffer()));
    };
    const list = async (): Promise<UploadList> => (await (await fetch(`${url}/uploads`)).json()) as UploadList;
    const joinScreen = async (): Promise<OocsiClient> => {
      const client = await OocsiClient.connect(gateway.ready.oocsi.port, 'screen');
      open.push(client);
      return client;
    };

    const screen = await joinScreen();
    const first = randomBytes(350_000);
    const firstKey = await put(first);
    expect(await screen.take('screen')).toMatchObject({ object_key: firstKey, size: first.length });
    for (const each of [gateway, far]) expect(await read(each, firstKey)).toBe(sha256(first));

    await far.kill();
    const contents = [randomBytes(500_000), randomBytes(1000)];
    const keys: string[] = [];
    for (const content of contents) keys.push(await put(content));
    await vi.waitFor(async () => expect(await list()).toMatchObject({ waiting: 2, fault: expect.any(String) }));
    await gateway.kill();
    await gateway.start();
    for (const [index, key] of keys.entries()) expect(await read(gateway, key)).toBe(sha256(contents[index] as Buffer));
    expect(await list()).toMatchObject({ waiting: 2 });

    await far.start();
    const screenAgain = await joinScreen();
    const [waiting] = (await list()).uploads;
    const shell = new TestShell({ env: { CROSSCOMM_URL: url } });
    await shell.run('uploads', 'retry', waiting?.id ?? '');
    const heard = [await screenAgain.take('screen', 30_000), await screenAgain.take('screen', 30_000)];
    expect(heard.map((event) => event.object_key).toSorted()).toEqual(keys.toSorted());
    for (const [index, key] of keys.entries()) expect(await read(far, key)).toBe(sha256(contents[index] as Buffer));
    await vi.waitFor(async () => expect(await list()).toMatchObject({ waiting: 0, fault: null, uploads: [] }));
  }, 90_000);
});
