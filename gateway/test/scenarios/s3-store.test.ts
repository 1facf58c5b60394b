import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaultyProxy } from '@crosscomm/testing/faulty-proxy';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects, sha256 } from '@crosscomm/testing/http-objects';
import { type S3Bucket, S3Server } from '@crosscomm/testing/s3-server';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MIB = 1024 * 1024;

describe('a gateway whose objects are in a store that speaks S3', () => {
  const objects = { store: 's3', endpoint: '', bucket: '', timeoutMs: 2000 };
  const keys: NodeJS.ProcessEnv = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  const gateway = new GatewayProcess({ objects }, keys);
  const here = new HttpObjects(gateway);
  let server: S3Server;
  let bucket: S3Bucket;
  let proxy: FaultyProxy;

  beforeAll(async () => {
    server = await S3Server.start();
    bucket = await server.createBucket();
    proxy = await FaultyProxy.open({ host: '127.0.0.1', port: server.port });
    Object.assign(objects, { endpoint: proxy.url, bucket: bucket.name });
    await gateway.start();
  });
  afterAll(async () => {
    await gateway.dispose();
    proxy?.close();
    await server?.stop();
  });

  it('brings files there, goes on with a large one after a power cut, and gives all of them out', async () => {
    const small = randomBytes(3000);
    const large = randomBytes(12 * MIB);
    const first = await here.put(small, 'from=sender&name=Gr%C3%BC%C3%9Fe.txt');
    await here.settle();
    proxy.plan('part', 'slow', 'slow', 'silence');
    const second = await here.put(large);
    await proxy.silencing(1);
    await gateway.kill();
    await gateway.start();
    expect(await here.read(second)).toBe(sha256(large));
    await here.settle();
    expect((await bucket.read(second))?.equals(large)).toBe(true);
    expect((await bucket.read(first))?.equals(small)).toBe(true);
    expect(await bucket.unfinished()).toEqual([]);
    const spooled = (): string[] =>
      readdirSync(join(gateway.dataDir, 'spool')).filter((name) => name.endsWith('.data'));
    await expect.poll(spooled).toEqual([]);
    expect(await here.read(first)).toBe(sha256(small));
    expect(await here.read(second)).toBe(sha256(large));
    const part = await here.get(second, { range: `bytes=${MIB}-${2 * MIB}` });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(large.subarray(MIB, 2 * MIB + 1))).toBe(true);
    expect(await here.newest('from=sender')).toEqual([second, first]);
  });

  it('says in doctor that the store answers, and that a bucket is missing', async () => {
    const examined = async (): Promise<unknown> => {
      const { findings } = (await (await fetch(`${here.url}/api/v1/diagnosis`)).json()) as {
        findings: { code: string; level: string; sentence: string }[];
      };
      return findings.find(({ code }) => code === 'object_store');
    };
    expect(await examined()).toMatchObject({ level: 'ok' });
    await gateway.stop();
    objects.bucket = 'nobody-made-this-bucket';
    await gateway.start();
    expect(await examined()).toMatchObject({
      level: 'fault',
      sentence: expect.stringMatching(/S3 refuses \(NoSuchBucket\): check the bucket/),
    });
    await here.put(randomBytes(10));
    await here.stuck(/^S3 refuses \(NoSuchBucket\)/);
    const shell = new TestShell({ env: { CROSSCOMM_URL: here.url } });
    await shell.run('uploads', 'list');
    expect(shell.stdout.text).toMatch(/The object store cannot be used now: S3 refuses \(NoSuchBucket\)/);
  });

  it('does not start without keys, and says which', async () => {
    await gateway.stop();
    const bare = new GatewayProcess({ objects }, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    await expect(bare.start()).rejects.toThrow(/AWS_ACCESS_KEY_ID.*AWS_SECRET_ACCESS_KEY/);
    await bare.dispose();
  });
});
