import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, type Fault, FaultyProxy, type Operation } from '@crosscomm/testing/faulty-proxy';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects, sha256 } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { TestShell } from '@crosscomm/testing/test-shell';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Each fault is met by many requests, and some take a second until they are given up.
vi.setConfig({ testTimeout: 180_000 });

const SMALL = 3000;
const LARGE = 250_000;
const OPERATIONS: Operation[] = ['head', 'put', 'initiate', 'part', 'complete'];

describe('a gateway whose objects are in another one, beyond a bad line', () => {
  const farObjects: { maxBytes?: number } = {};
  const far = new GatewayProcess({ objects: farObjects });
  const there = new HttpObjects(far);
  const objects = { store: 'oss', addressing: 'path', partBytes: 102_400, timeoutMs: 1000 };
  const keys: NodeJS.ProcessEnv = {};
  const near = new GatewayProcess({ objects }, keys);
  const here = new HttpObjects(near);
  let proxy: FaultyProxy;
  let desk: MqttClient;
  let screen: OocsiClient;
  /** The digests of what was acknowledged, and how often its recipient heard of it. */
  const acknowledged = new Map<string, string>();
  const heard = new Map<string, number>();

  const hear = (key: unknown): void => void heard.set(String(key), (heard.get(String(key)) ?? 0) + 1);
  const joinScreen = async (): Promise<void> => {
    screen = await OocsiClient.connect(near.ready.oocsi.port, 'screen');
    const listen = async (): Promise<void> => {
      for (;;) hear((await screen.take('screen', 600_000)).object_key);
    };
    // It ends with the connection.
    listen().catch(() => {});
  };
  const upload = async (bytes: number): Promise<string> => {
    const content = randomBytes(bytes);
    const to = acknowledged.size % 2 === 0 ? 'screen' : 'desk';
    const key = await here.put(content, `from=sender&to=${to}`);
    acknowledged.set(key, sha256(content));
    return key;
  };
  /** Everything that was acknowledged is there, whole and once, and nothing else is left. */
  const checkAll = async (): Promise<void> => {
    await here.settle();
    for (const [key, digest] of acknowledged) {
      expect(await there.read(key)).toBe(digest);
      expect(await here.read(key)).toBe(digest);
    }
    const once = [...acknowledged.keys()].map((key) => [key, 1]).toSorted();
    // The last ones may still be on their way to who hears them, and their files on their way out.
    await expect.poll(() => [...heard].toSorted()).toEqual(once);
    await expect.poll(() => readdirSync(join(near.dataDir, 'spool'), { recursive: true })).toEqual(['failed']);
    await expect.poll(() => readdirSync(join(far.dataDir, 'oss-multipart'))).toEqual([]);
  };

  beforeAll(async () => {
    await far.start();
    proxy = await FaultyProxy.open(far.ready.oss);
    Object.assign(keys, await createOssKeys(far, 'near'), { OSS_ENDPOINT: proxy.url });
    await near.start();
    await joinScreen();
    const url = `mqtt://127.0.0.1:${near.ready.mqtt.port}`;
    desk = await connectAsync(url, { clientId: 'desk', reconnectPeriod: 50 });
    desk.on('message', (_topic, payload) => hear(JSON.parse(payload.toString()).object_key));
    await desk.subscribeAsync('$direct/desk/#', { qos: 1 });
  });
  afterAll(async () => {
    desk?.end(true);
    screen?.close();
    await near.dispose();
    await far.dispose();
    proxy?.close();
  });

  it('brings everything there whole and once, whatever its requests meet, and through a power cut', async () => {
    /** Uploads until every fault was met. */
    const meet = async (faults: readonly Fault[]): Promise<void> => {
      for (const operation of OPERATIONS) proxy.plan(operation, ...faults);
      while (proxy.planned.length > 0) {
        const { waiting } = await here.retry();
        if (waiting < 3) await upload(acknowledged.size % 3 === 0 ? SMALL : LARGE);
      }
      await checkAll();
    };
    await meet(FAULTS.filter((_fault, index) => index % 2 === 0));
    proxy.plan('part', 'silence');
    await upload(LARGE);
    await proxy.silencing(1);
    screen.close();
    await near.kill();
    await near.start();
    await joinScreen();
    await meet(FAULTS.filter((_fault, index) => index % 2 === 1));
  });

  it('never gives out a part of an object as all of it', async () => {
    const key = await upload(LARGE);
    await here.settle();
    for (const [operation, fault] of [
      ...FAULTS.filter((each) => each !== 'slow').map((each): [Operation, Fault] => ['head', each]),
      ...FAULTS.filter((each) => each !== 'slow').map((each): [Operation, Fault] => ['get', each]),
      ['get', 'stall'],
      ['get', 'flip'],
    ] as const) {
      proxy.plan(operation, fault);
      const answer = await here.get(key);
      if (answer.ok) await expect(answer.arrayBuffer(), `${operation} ${fault}`).rejects.toThrow();
      else expect(answer.status, `${operation} ${fault}`).toBeGreaterThanOrEqual(500);
    }
    for (const fault of ['cut-in-body', 'swallow'] as const) {
      proxy.plan('get', fault);
      const answer = await here.get(key, { range: 'bytes=1000-200999' });
      if (answer.ok) await expect(answer.arrayBuffer(), fault).rejects.toThrow();
    }
    proxy.plan('get', 'slow');
    const part = await here.get(key, { range: 'bytes=1000-200999' });
    expect(part.status).toBe(206);
    expect((await part.arrayBuffer()).byteLength).toBe(200_000);
    expect(await here.read(key)).toBe(acknowledged.get(key));
  });

  it('waits while a clock is wrong, and says so wherever an operator looks', async () => {
    proxy.standing = 'skew';
    await upload(SMALL);
    await upload(LARGE);
    await here.stuck(/clock of this machine and that of OSS are too far apart/);
    const status = (await (await fetch(`${here.url}/status`)).json()) as { uploads: { fault: string } };
    expect(status.uploads.fault).toMatch(/clock/);
    expect(await near.program.errorLine(/(clock of this machine and that of OSS)/)).not.toBe('');
    const shell = new TestShell({ env: { CROSSCOMM_URL: here.url } });
    await shell.run('uploads', 'list');
    expect(shell.stdout.text).toMatch(/The object store cannot be used now: The clock of this machine/);
    proxy.standing = undefined;
    await checkAll();
  });

  it('waits while its keys are wrong, and goes on when it is started with the right ones', async () => {
    const right = { ...keys };
    screen.close();
    expect(await near.stop()).toBe(0);
    Object.assign(keys, { OSS_ACCESS_KEY_SECRET: 'wrong' });
    await near.start();
    await upload(SMALL);
    await upload(LARGE);
    await here.stuck(/^OSS refuses \(SignatureDoesNotMatch\): check the bucket, the access keys and the clock/);
    expect(await near.stop()).toBe(0);
    Object.assign(keys, right);
    await near.start();
    await joinScreen();
    await checkAll();
  });

  it('waits while the other has no room, and goes on when it has', async () => {
    await far.stop();
    farObjects.maxBytes = 1_048_576;
    await far.start();
    while ((await here.list()).fault === null) await upload(LARGE);
    await here.stuck(/^OSS does not take it \(InsufficientStorage\)/);
    await upload(SMALL);
    await far.stop();
    delete farObjects.maxBytes;
    await far.start();
    await checkAll();
  });
});
