import { randomBytes } from 'node:crypto';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects, sha256 } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, describe, expect, it, vi } from 'vitest';

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
    const gateway = new GatewayProcess({ objects }, await createOssKeys(far, 'near'));
    near = gateway;
    await gateway.start();
    const there = new HttpObjects(far);
    const here = new HttpObjects(gateway);
    const joinScreen = async (): Promise<OocsiClient> => {
      const client = await OocsiClient.connect(gateway.ready.oocsi.port, 'screen');
      open.push(client);
      return client;
    };

    const screen = await joinScreen();
    const first = randomBytes(350_000);
    const firstKey = await here.put(first, 'from=sender&to=screen');
    expect(await screen.take('screen')).toMatchObject({ object_key: firstKey, size: first.length });
    for (const each of [here, there]) expect(await each.read(firstKey)).toBe(sha256(first));

    await far.kill();
    const contents = [randomBytes(500_000), randomBytes(1000)];
    const keys: string[] = [];
    for (const content of contents) keys.push(await here.put(content, 'from=sender&to=screen'));
    await vi.waitFor(async () => expect(await here.list()).toMatchObject({ waiting: 2, fault: expect.any(String) }));
    await gateway.kill();
    await gateway.start();
    for (const [index, key] of keys.entries()) expect(await here.read(key)).toBe(sha256(contents[index] as Buffer));
    expect(await here.list()).toMatchObject({ waiting: 2 });
    expect(await here.newest('to=screen')).toEqual([...keys.toReversed(), firstKey]);

    await far.start();
    const screenAgain = await joinScreen();
    const [waiting] = (await here.list()).uploads;
    const shell = new TestShell({ env: { CROSSCOMM_URL: here.url } });
    await shell.run('uploads', 'retry', waiting?.id ?? '');
    const heard = [await screenAgain.take('screen', 30_000), await screenAgain.take('screen', 30_000)];
    expect(heard.map((event) => event.object_key).toSorted()).toEqual(keys.toSorted());
    for (const [index, key] of keys.entries()) expect(await there.read(key)).toBe(sha256(contents[index] as Buffer));
    await vi.waitFor(async () => expect(await here.list()).toMatchObject({ waiting: 0, fault: null, uploads: [] }));
    expect(await here.newest('to=screen')).toEqual([...keys.toReversed(), firstKey]);
  }, 90_000);
});
